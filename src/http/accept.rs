//! Content negotiation (RFC 9110, section 12.5.1) between the media types of an answer.

use axum::http::{HeaderMap, HeaderValue, header};

/// A media type of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: 200, whatever became of a well-formed request.
    Json,
    /// `application/graphql-response+json`: the status says what became of the request.
    GraphqlResponse,
    /// `text/event-stream`: an event for each answer.
    Events,
}

impl Media {
    /// In the order of preference, where a client has none.
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Json, "application", "json"),
        (Self::GraphqlResponse, "application", "graphql-response+json"),
        (Self::Events, "text", "event-stream"),
    ];

    /// The media type that a client wants most, of those that there are. JSON, if it does not say.
    pub(super) fn wanted(headers: &HeaderMap) -> Option<Self> {
        let mut accepts = headers.get_all(header::ACCEPT).iter().peekable();
        if accepts.peek().is_none() {
            return Some(Self::Json);
        }
        let ranges: Vec<_> = accepts.filter_map(|value| value.to_str().ok()).flat_map(ranges).collect();
        let quality = |main: &str, sub: &str| {
            // The most special range decides.
            let fitting = ranges.iter().filter(|range| range.fits(main, sub));
            fitting.max_by_key(|range| (range.main != "*", range.sub != "*")).map_or(0, |range| range.quality)
        };
        let wanted = Self::ALL.map(|(media, main, sub)| (media, quality(main, sub)));
        let mut best = None;
        for (media, quality) in wanted {
            if quality > 0 && best.is_none_or(|(_, known)| quality > known) {
                best = Some((media, quality));
            }
        }
        best.map(|(media, _)| media)
    }

    /// The value of `Content-Type`.
    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        })
    }
}

/// A range of media types, with its quality in thousandths.
struct Range<'a> {
    main: &'a str,
    sub: &'a str,
    quality: u16,
}

impl Range<'_> {
    fn fits(&self, main: &str, sub: &str) -> bool {
        let fits = |range: &str, ty: &str| range == "*" || range.eq_ignore_ascii_case(ty);
        fits(self.main, main) && fits(self.sub, sub)
    }
}

fn ranges(header: &str) -> impl Iterator<Item = Range<'_>> {
    header.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (main, sub) = parts.next()?.split_once('/')?;
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = quality.map_or(Some(1.0), |q| q.parse::<f32>().ok()).filter(|q| (0.0..=1.0).contains(q))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        let quality = (quality * 1000.0) as u16;
        Some(Range { main, sub, quality })
    })
}

/// Whether a body is JSON in UTF-8, as its `Content-Type` says. Pages of other origins can send such a body only if the
/// browser asks us first.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next().and_then(|value| value.to_str().ok()), values.next()) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| part.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("charset")));
    media.eq_ignore_ascii_case("application/json")
        && charset.is_none_or(|(_, charset)| is_utf_8(charset.trim_matches('"')))
}

/// Whether it is a name of UTF-8: the registered one, or the other one that is in use.
fn is_utf_8(charset: &str) -> bool {
    ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: Option<&str>) -> Option<Media> {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).expect("a header"));
        }
        Media::wanted(&headers)
    }

    #[test]
    fn the_most_wanted_media_type_is_found() {
        for (accept, media) in [
            (None, Some(Media::Json)),
            (Some("*/*"), Some(Media::Json)),
            (Some("application/*"), Some(Media::Json)),
            (Some("application/json"), Some(Media::Json)),
            (Some("Application/JSON; charset=utf-8"), Some(Media::Json)),
            (Some("application/graphql-response+json"), Some(Media::GraphqlResponse)),
            (Some("application/graphql-response+json, application/json;q=0.9"), Some(Media::GraphqlResponse)),
            (Some("application/json;q=0.5, application/graphql-response+json;q=0.4"), Some(Media::Json)),
            (Some("application/json;q=0, */*"), Some(Media::GraphqlResponse)),
            (Some("text/event-stream"), Some(Media::Events)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some("nonsense"), None),
            (Some(""), None),
        ] {
            assert_eq!(wanted(accept), media, "{accept:?}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        for (content_type, json) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("APPLICATION/JSON;Charset=\"UTF-8\"", true),
            ("application/json; charset=utf8", true),
            ("application/json; charset=iso-8859-1", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=application/json", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
            assert_eq!(is_json(&headers), json, "{content_type}");
        }
        assert!(!is_json(&HeaderMap::new()));
        let [json, text] =
            ["application/json", "text/plain"].map(|ty| (header::CONTENT_TYPE, HeaderValue::from_static(ty)));
        let mut two = HeaderMap::from_iter([json]);
        two.append(text.0, text.1);
        assert!(!is_json(&two), "which of them it is, nobody knows");
    }
}
