//! Content negotiation (RFC 9110, section 12.5.1) between the media types of an answer.

use axum::http::{HeaderMap, HeaderValue, header};
use mediatype::{
    MediaType, MediaTypeList, Name, ReadParams,
    names::{_STAR, APPLICATION, CHARSET, EVENT_STREAM, JSON, Q, TEXT},
};

const APPLICATION_JSON: MediaType<'static> = MediaType::new(APPLICATION, JSON);
const GRAPHQL_RESPONSE_JSON: MediaType<'static> =
    MediaType::from_parts(APPLICATION, Name::new_unchecked("graphql-response"), Some(JSON), &[]);
const TEXT_EVENT_STREAM: MediaType<'static> = MediaType::new(TEXT, EVENT_STREAM);

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
    const ALL: [(Self, MediaType<'static>); 3] = [
        (Self::Json, APPLICATION_JSON),
        (Self::GraphqlResponse, GRAPHQL_RESPONSE_JSON),
        (Self::Events, TEXT_EVENT_STREAM),
    ];

    /// The media type that a client wants most, of those that there are. JSON, if it does not say.
    pub(super) fn wanted(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(header::ACCEPT) {
            return Some(Self::Json);
        }
        let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<_> = accept.flat_map(MediaTypeList::new).filter_map(Result::ok).collect();
        let mut best = None;
        for (media, ty) in Self::ALL {
            // The most specific range decides.
            let matching = ranges.iter().filter_map(|range| Some((specificity(range, &ty)?, quality(range)?)));
            let quality = matching.max_by_key(|(specificity, _)| *specificity).map_or(0, |(_, quality)| quality);
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

/// How specific a media range is that matches a media type; `None` if it does not match.
fn specificity(range: &MediaType<'_>, ty: &MediaType<'_>) -> Option<u8> {
    if range.essence() == *ty {
        Some(2)
    } else if range.subty == _STAR && range.ty == ty.ty {
        Some(1)
    } else if range.subty == _STAR && range.ty == _STAR {
        Some(0)
    } else {
        None
    }
}

/// The quality of a media range in thousandths; `None` if it is malformed.
fn quality(range: &MediaType<'_>) -> Option<u16> {
    let Some(quality) = range.get_param(Q) else { return Some(1000) };
    let quality = quality.as_str().parse::<f32>().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
    Some((quality * 1000.0) as u16)
}

/// Whether a body is JSON in UTF-8, as its `Content-Type` says. Pages of other origins can send such a body only if the
/// browser asks us first.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next().and_then(|value| value.to_str().ok()), values.next()) else {
        return false;
    };
    let Ok(ty) = MediaType::parse(value) else { return false };
    let charset = ty.get_param(CHARSET);
    ty.essence() == APPLICATION_JSON && charset.is_none_or(|charset| is_utf_8(&charset.unquoted_str()))
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
            (Some("text/event-stream, */*;q=0.1"), Some(Media::Events)),
            (Some("application/json; Q=0.1, application/*;q=0.2, */*;q=0.3"), Some(Media::Events)),
            (Some("text/html; a=\"b, application/json\", text/*"), Some(Media::Events)),
            (Some("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"), Some(Media::Json)),
            (Some("nonsense, application/json;q=2, text/event-stream;q=0.001"), Some(Media::Events)),
            (Some("application/json+xml, application/graphql-response"), None),
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
            ("application/json;", true),
            ("application/json; profile=\"a;charset=latin1\"", true),
            ("application/json, text/plain", false),
            ("application/graphql-response+json", false),
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
