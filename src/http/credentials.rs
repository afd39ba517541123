//! What clients send to show who they are.

use apollo_compiler::response::{JsonMap, JsonValue};
use axum::http::{HeaderMap, header};

use crate::engine::Credentials;

const MALFORMED: &str = "the header Authorization is not understood: send an API key as Authorization: Bearer KEY";
const MALFORMED_PAYLOAD: &str =
    "the payload of connection_init has an Authorization that is not understood: send an API key as \"Bearer KEY\"";

/// The credentials in the headers of a request (RFC 6750, section 2.1).
pub(super) fn of_headers(headers: &HeaderMap) -> Credentials {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Credentials::None,
        (Some(value), None) => value.to_str().ok().and_then(bearer).unwrap_or(Credentials::Malformed(MALFORMED)),
        // Proxies and servers would differ in which one they believe.
        (Some(_), Some(_)) => Credentials::Malformed(MALFORMED),
    }
}

/// The credentials in the payload of `connection_init`: browsers cannot add headers to a `WebSocket`.
pub(super) fn of_payload(payload: Option<&JsonMap>) -> Credentials {
    let is_authorization = |name: &str| name.eq_ignore_ascii_case("authorization");
    let mut values = payload.into_iter().flatten().filter(|(name, _)| is_authorization(name.as_str()));
    match (values.next(), values.next()) {
        (None | Some((_, JsonValue::Null)), None) => Credentials::None,
        (Some((_, JsonValue::String(value))), None) => {
            bearer(value.as_str()).unwrap_or(Credentials::Malformed(MALFORMED_PAYLOAD))
        }
        _ => Credentials::Malformed(MALFORMED_PAYLOAD),
    }
}

/// The scheme is not case-sensitive (RFC 9110, section 11.1).
fn bearer(value: &str) -> Option<Credentials> {
    let (scheme, key) = value.trim().split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then(|| Credentials::Key(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn key(key: &str) -> Credentials {
        Credentials::Key(key.to_owned())
    }

    #[test]
    fn a_key_is_a_bearer_token() {
        let of = |values: &[&'static str]| {
            of_headers(&values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value))).collect())
        };
        assert_eq!(of(&[]), Credentials::None);
        assert_eq!(of(&["Bearer abc"]), key("abc"));
        assert_eq!(of(&["bearer  abc "]), key("abc"));
        for wrong in [&["abc"][..], &["Basic abc"], &["Bearer "], &["Bearer"], &[""], &["Bearer a", "Bearer b"]] {
            assert_eq!(of(wrong), Credentials::Malformed(MALFORMED), "{wrong:?}");
        }
    }

    #[test]
    fn browsers_send_it_in_a_message() {
        let of = |payload: serde_json::Value| of_payload(serde_json::from_value(payload).ok().as_ref());
        assert_eq!(of(json!(null)), Credentials::None);
        assert_eq!(of(json!({"locale": "fi", "authorization": null})), Credentials::None);
        assert_eq!(of(json!({"Authorization": "Bearer abc"})), key("abc"));
        assert_eq!(of(json!({"authorization": "Bearer abc"})), key("abc"));
        for wrong in [
            json!({"authorization": "abc"}),
            json!({"authorization": 1}),
            json!({"authorization": "Bearer a", "Authorization": "Bearer b"}),
        ] {
            assert_eq!(of(wrong.clone()), Credentials::Malformed(MALFORMED_PAYLOAD), "{wrong}");
        }
    }
}
