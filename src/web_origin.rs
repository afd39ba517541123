//! Web origins: what browsers send in the header `Origin` (RFC 6454).

use axum::http::{Uri, uri::Authority};

/// An origin as browsers send it (RFC 6454, section 6.2): in lower case, and without a port that is the default. `None` if
/// the text is not a scheme and a host.
#[must_use]
pub fn normalized(text: &str) -> Option<String> {
    let (scheme, authority) = scheme_and_host(text)?;
    let host = authority.host().to_ascii_lowercase();
    let port = authority.port_u16().filter(|port| default_port(&scheme) != Some(*port));
    let is_whole = text.len() == scheme.len() + "://".len() + authority.as_str().len();
    is_whole.then(|| port.map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}")))
}

/// The scheme and the authority of an origin or a URL: only of HTTP.
pub(crate) fn scheme_and_host(origin: &str) -> Option<(String, Authority)> {
    let parts = origin.parse::<Uri>().ok()?.into_parts();
    let scheme = parts.scheme?.as_str().to_ascii_lowercase();
    let authority = parts.authority.filter(is_valid)?;
    matches!(&*scheme, "http" | "https").then_some((scheme, authority))
}

/// Whether an authority is a host and, if it says one, a port that there can be. The parser drops ports that are none.
pub(crate) fn is_valid(authority: &Authority) -> bool {
    let port = authority.port_u16().map_or_else(String::new, |port| format!(":{port}"));
    authority.as_str() == format!("{}{port}", authority.host()) && !authority.host().contains('*')
}

/// The port that a URL of the scheme has if it does not say another.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn origins_are_written_as_browsers_send_them() {
        for (text, expected) in [
            ("https://Example.org", Some("https://example.org")),
            ("HTTPS://example.org:443", Some("https://example.org")),
            ("http://localhost:5173", Some("http://localhost:5173")),
            ("https://example.org:80", Some("https://example.org:80")),
            ("https://example.org/", None),
            ("https://example.org/path", None),
            ("https://user@example.org", None),
            ("example.org", None),
            ("https://example.org:99999", None),
            ("https://example.org:", None),
            ("https://*.example.org", None),
            ("ws://example.org", None),
            ("moz-extension://x", None),
            ("", None),
        ] {
            assert_eq!(normalized(text).as_deref(), expected, "{text}");
        }
    }
}
