//! Content negotiation (RFC 9110, section 12.5.1), and the media type of request bodies.

use axum::http::{HeaderMap, HeaderValue, header};
use mediatype::{
    MediaType, MediaTypeList, Name, ReadParams,
    names::{_STAR, APPLICATION, CHARSET, EVENT_STREAM, HTML, JSON, Q, TEXT},
};

const APPLICATION_JSON: MediaType<'static> = MediaType::new(APPLICATION, JSON);
const GRAPHQL_RESPONSE_JSON: MediaType<'static> =
    MediaType::from_parts(APPLICATION, Name::new_unchecked("graphql-response"), Some(JSON), &[]);
const TEXT_EVENT_STREAM: MediaType<'static> = MediaType::new(TEXT, EVENT_STREAM);

/// The media types of responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseMediaType {
    /// `application/json`: the status is 200 for every well-formed request, even if it failed.
    Json,
    /// `application/graphql-response+json`: the status depends on the outcome.
    GraphqlResponse,
    /// `text/event-stream`: one event for each result.
    EventStream,
}

impl ResponseMediaType {
    /// In order of preference, for clients without a preference of their own.
    const ALL: [(Self, MediaType<'static>); 3] = [
        (Self::Json, APPLICATION_JSON),
        (Self::GraphqlResponse, GRAPHQL_RESPONSE_JSON),
        (Self::EventStream, TEXT_EVENT_STREAM),
    ];

    /// The available media type that the client prefers: JSON if there is no `Accept` header, `None` if it accepts none of
    /// them.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        preferred(headers, &Self::ALL)
    }

    /// The value of `Content-Type`.
    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        })
    }
}

/// The media types in which a record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordMediaType {
    /// `text/html`: a page for people.
    Html,
    /// `application/ld+json`: JSON-LD in the vocabulary of schema.org.
    JsonLd,
    /// `application/json`: as GraphQL answers it.
    Json,
}

impl RecordMediaType {
    /// In order of preference, for clients without a preference of their own; with the extensions of their file names.
    pub(super) const ALL: [(Self, &'static str, MediaType<'static>); 3] = [
        (Self::Html, "html", MediaType::new(TEXT, HTML)),
        (Self::JsonLd, "jsonld", MediaType::from_parts(APPLICATION, Name::new_unchecked("ld"), Some(JSON), &[])),
        (Self::Json, "json", APPLICATION_JSON),
    ];

    /// The media type that the client prefers: a page if there is no `Accept` header, `None` if it accepts none of them.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        preferred(headers, &Self::ALL.map(|(media_type, _, ty)| (media_type, ty)))
    }

    /// The value of `Content-Type`.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::JsonLd => "application/ld+json",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// The one of the available media types that the client prefers; the first if there is no `Accept` header, `None` if it accepts
/// none of them.
fn preferred<T: Copy>(headers: &HeaderMap, available: &[(T, MediaType<'_>)]) -> Option<T> {
    if !headers.contains_key(header::ACCEPT) {
        return available.first().map(|(first, _)| *first);
    }
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<_> = accept.flat_map(MediaTypeList::new).filter_map(Result::ok).collect();
    let mut best = None;
    for (candidate, ty) in available {
        // The most specific range applies.
        let matching = ranges.iter().filter_map(|range| Some((specificity(range, ty)?, quality(range)?)));
        let quality = matching.max_by_key(|(specificity, _)| *specificity).map_or(0, |(_, quality)| quality);
        if quality > 0 && best.is_none_or(|(_, known)| quality > known) {
            best = Some((*candidate, quality));
        }
    }
    best.map(|(media_type, _)| media_type)
}

/// Whether a client asks for a page: a browser that opens an address does.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accept.flat_map(MediaTypeList::new).flatten().any(|range| range.essence() == MediaType::new(TEXT, HTML))
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

/// Whether the `Content-Type` of a body is JSON encoded as UTF-8. Browsers send such bodies to other origins only after a
/// preflight request.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next().and_then(|value| value.to_str().ok()), values.next()) else {
        return false;
    };
    let Ok(ty) = MediaType::parse(value) else { return false };
    let charset = ty.get_param(CHARSET);
    ty.essence() == APPLICATION_JSON && charset.is_none_or(|charset| is_utf_8(&charset.unquoted_str()))
}

/// Whether a charset is UTF-8, by its registered name or the common alias.
fn is_utf_8(charset: &str) -> bool {
    ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiate(accept: Option<&str>) -> Option<ResponseMediaType> {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).expect("a header"));
        }
        ResponseMediaType::negotiate(&headers)
    }

    #[test]
    fn the_preferred_media_type_is_chosen() {
        for (accept, media_type) in [
            (None, Some(ResponseMediaType::Json)),
            (Some("*/*"), Some(ResponseMediaType::Json)),
            (Some("application/*"), Some(ResponseMediaType::Json)),
            (Some("application/json"), Some(ResponseMediaType::Json)),
            (Some("Application/JSON; charset=utf-8"), Some(ResponseMediaType::Json)),
            (Some("application/graphql-response+json"), Some(ResponseMediaType::GraphqlResponse)),
            (
                Some("application/graphql-response+json, application/json;q=0.9"),
                Some(ResponseMediaType::GraphqlResponse),
            ),
            (Some("application/json;q=0.5, application/graphql-response+json;q=0.4"), Some(ResponseMediaType::Json)),
            (Some("application/json;q=0, */*"), Some(ResponseMediaType::GraphqlResponse)),
            (Some("text/event-stream, */*;q=0.1"), Some(ResponseMediaType::EventStream)),
            (Some("application/json; Q=0.1, application/*;q=0.2, */*;q=0.3"), Some(ResponseMediaType::EventStream)),
            (Some("text/html; a=\"b, application/json\", text/*"), Some(ResponseMediaType::EventStream)),
            (Some("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"), Some(ResponseMediaType::Json)),
            (Some("nonsense, application/json;q=2, text/event-stream;q=0.001"), Some(ResponseMediaType::EventStream)),
            (Some("application/json+xml, application/graphql-response"), None),
            (Some("text/event-stream"), Some(ResponseMediaType::EventStream)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some("nonsense"), None),
            (Some(""), None),
        ] {
            assert_eq!(negotiate(accept), media_type, "{accept:?}");
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
        assert!(!is_json(&two), "ambiguous");
    }
}
