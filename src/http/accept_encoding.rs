//! The compression that clients accept (RFC 9110, section 12.5.3).

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
};

/// Whether a client accepts Brotli.
pub(super) fn accepts_brotli(headers: &HeaderMap) -> bool {
    codings(headers).any(|coding| is_named(coding, "br") && !is_refused(coding))
}

/// Lets responses be sent uncompressed. Clients can forbid that, but what cannot be compressed as they wish is better than
/// the refusal of the compression layer; the section allows both.
pub(super) async fn allow_uncompressed(mut request: Request) -> Request {
    let forbids = |coding: &str| (is_named(coding, "identity") || is_named(coding, "*")) && is_refused(coding);
    if codings(request.headers()).any(forbids) {
        let others: Vec<_> = codings(request.headers()).filter(|coding| !forbids(coding)).collect();
        let others = HeaderValue::from_str(&others.join(",")).ok().filter(|others| !others.is_empty());
        let headers = request.headers_mut();
        headers.remove(header::ACCEPT_ENCODING);
        headers.extend(others.map(|others| (header::ACCEPT_ENCODING, others)));
    }
    request
}

/// The items of the header, with their parameters.
fn codings(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(','))
}

fn is_named(coding: &str, name: &str) -> bool {
    coding.split(';').next().is_some_and(|named| named.trim().eq_ignore_ascii_case(name))
}

/// Whether its quality is zero.
fn is_refused(coding: &str) -> bool {
    let quality = |parameter: &str| parameter.trim().strip_prefix(['q', 'Q'])?.strip_prefix('=')?.parse::<f32>().ok();
    coding.split(';').skip(1).any(|parameter| quality(parameter) == Some(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_used_if_it_is_accepted() {
        for (accepted, takes) in [
            ("br", true),
            ("gzip, deflate, BR;q=0.5", true),
            ("gzip", false),
            ("br;q=0", false),
            ("br; q=0.000, gzip", false),
            ("", false),
            ("*", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assert_eq!(accepts_brotli(&headers), takes, "{accepted}");
        }
        assert!(!accepts_brotli(&HeaderMap::new()));
    }
}
