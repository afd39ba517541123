//! The address by which a client reached the server, also behind proxies.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header, uri::Authority};

use crate::web_origin::{default_port, is_valid, scheme_and_host};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The scheme and the host by which a client reached the server.
pub(super) struct PublicAddress {
    /// `https`, if the client used it; otherwise `http`.
    pub scheme: &'static str,
    /// The host, and the port if there is one.
    pub authority: Option<Authority>,
}

impl PublicAddress {
    /// Reads the headers of a request. Those that proxies set are only read if they are trusted.
    pub fn of(headers: &HeaderMap, trust_proxy: bool) -> Self {
        let forwarded = |name: &HeaderName| if trust_proxy { last(headers, name) } else { None };
        let is_https = forwarded(&FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        let host = forwarded(&FORWARDED_HOST).or_else(|| last(headers, &header::HOST));
        Self {
            scheme: if is_https { "https" } else { "http" },
            authority: host.and_then(|host| host.parse().ok()).filter(is_valid),
        }
    }

    /// Whether a page of `origin` was loaded from the same host. Host names have no case, and a port that is the default of
    /// the origin's scheme may be missing. The schemes are not compared: a proxy in front may have ended TLS.
    pub fn is_origin(&self, origin: &str) -> bool {
        let (Some(own), Some((scheme, host))) = (&self.authority, scheme_and_host(origin)) else { return false };
        let port = |authority: &Authority| authority.port_u16().or_else(|| default_port(&scheme));
        own.host().eq_ignore_ascii_case(host.host()) && port(own) == port(&host)
    }
}

/// The address in an entry of `X-Forwarded-For`. Some proxies add the port.
pub(super) fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse().map(|address: SocketAddr| address.ip());
    entry.trim_matches(['[', ']']).parse().or_else(|_| with_port()).ok()
}

/// The last value of a header that may be a list: that of the proxy in front, as with `X-Forwarded-For`. Others could come from
/// the client.
fn last<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    Some(headers.get_all(name).iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn an_address_may_have_a_port() {
        for (entry, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:50", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:70", Some("2001:db8::1")),
            ("unknown", None),
            ("192.0.2.1:port", None),
            ("", None),
        ] {
            assert_eq!(address(entry), expected.map(|text| text.parse().expect("an address")), "{entry}");
        }
    }

    fn public(headers: &[(&'static str, &'static str)], trust_proxy: bool) -> PublicAddress {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        PublicAddress::of(&headers.collect(), trust_proxy)
    }

    #[test]
    fn an_origin_is_the_own_one_in_each_spelling() {
        for (host, origin, is_own) in [
            ("api.example.org", "https://api.example.org", true),
            ("api.example.org:443", "https://api.example.org", true),
            ("API.example.org", "https://api.example.org", true),
            ("api.example.org", "https://api.example.org:443", true),
            ("localhost:8000", "http://localhost:8000", true),
            ("[::1]:8000", "http://[::1]:8000", true),
            ("api.example.org:80", "https://api.example.org", false),
            ("localhost:8000", "http://localhost:8001", false),
            ("localhost:8000", "http://localhost", false),
            ("api.example.org", "https://evil.example.org", false),
            ("api.example.org", "https://api.example.org.evil.org", false),
            ("api.example.org", "https://user@api.example.org", false),
            ("api.example.org", "null", false),
            ("x", "moz-extension://x", false),
            ("x:99999", "http://x", false),
            ("", "https://api.example.org", false),
        ] {
            assert_eq!(public(&[("host", host)], false).is_origin(origin), is_own, "{host}, {origin}");
        }
    }

    #[test]
    fn a_trusted_proxy_says_how_the_client_came() {
        let headers = [
            ("host", "backend:8000"),
            ("x-forwarded-host", "spoofed.example.org, api.example.org"),
            ("x-forwarded-proto", "https"),
        ];
        let trusted = public(&headers, true);
        assert!(trusted.is_origin("https://api.example.org") && trusted.scheme == "https");
        let not_trusted = public(&headers, false);
        assert!(!not_trusted.is_origin("https://api.example.org") && not_trusted.scheme == "http");
    }
}
