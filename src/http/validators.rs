//! What tells clients whether a file has changed (RFC 9110, section 8.8): `ETag` and `Last-Modified`.

use std::time::{Duration, SystemTime};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::domain::dataset::DatasetVersion;

/// The validators of a file. They follow from the version of the data set and from the request, so the file need not be made to
/// know that it has not changed.
pub(super) struct Validators {
    /// Weak: compression changes the bytes.
    etag: String,
    last_modified: Option<SystemTime>,
}

impl Validators {
    /// The validators of what a version of the data set has at `request`: everything that the file depends on. `now` is the moment of
    /// the answer.
    pub(super) fn new(version: DatasetVersion, request: &[&str], now: i64) -> Self {
        let changed = version.changed_at.map(|moment| moment.0).unwrap_or_default();
        let mut hash = Sha256::new();
        // The form of files can change with the program.
        for part in [env!("CARGO_PKG_VERSION")].iter().chain(request) {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        // An older version can have been restored, and its successor has the same number.
        hash.update(changed.to_le_bytes());
        let digest = hash.finalize();
        let digits = digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
        // In the same second, there can be another change, which a date would not tell apart (RFC 9110, section 8.8.2.2).
        let is_past = changed.div_euclid(1_000) < now.div_euclid(1_000);
        let last_modified = u64::try_from(changed).ok().filter(|changed| *changed > 0 && is_past);
        Self {
            etag: format!("W/\"{}-{digits:016x}\"", version.version),
            last_modified: last_modified.map(|changed| SystemTime::UNIX_EPOCH + Duration::from_millis(changed)),
        }
    }

    /// The answer to a client that has the file already.
    pub(super) fn not_modified(&self) -> Response {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        self.add_to(response.headers_mut());
        response
    }

    /// Adds the headers that the file has, however it is answered.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        headers.extend(HeaderValue::from_str(&self.etag).map(|etag| (header::ETAG, etag)));
        let date = self.last_modified().and_then(|date| HeaderValue::from_str(&date).ok());
        headers.extend(date.map(|date| (header::LAST_MODIFIED, date)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // Where the compression is decided, a response without a body is not seen to vary.
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding, authorization"));
    }

    fn last_modified(&self) -> Option<String> {
        self.last_modified.map(httpdate::fmt_http_date)
    }

    /// Whether the client has what has this tag.
    pub(super) fn tag_is_known(&self, headers: &HeaderMap) -> bool {
        let own = self.etag.trim_start_matches("W/");
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut known = known.flat_map(|value| value.split(','));
        // Any version is meant by `*` (RFC 9110, section 13.1.2).
        known.any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == own)
    }

    /// Whether the client has what was last modified at this moment: exactly then, since a later one was never told, and an
    /// older version of the data may have been restored. Tags come first.
    pub(super) fn date_is_known(&self, headers: &HeaderMap) -> bool {
        let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
        let since = since.and_then(|since| httpdate::parse_http_date(since).ok()).map(httpdate::fmt_http_date);
        since.is_some() && since == self.last_modified() && !headers.contains_key(header::IF_NONE_MATCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Moment;

    fn validators(version: i64, changed: i64, request: &str) -> Validators {
        Validators::new(DatasetVersion { version, changed_at: Some(Moment(changed)) }, &[request], changed + 1_000)
    }

    #[test]
    fn another_version_or_request_has_another_tag() {
        let one = validators(3, 1_000, "/a").etag;
        for other in [validators(4, 1_000, "/a"), validators(3, 1_001, "/a"), validators(3, 1_000, "/b")] {
            assert_ne!(one, other.etag);
        }
        assert_eq!(one, validators(3, 1_000, "/a").etag);
    }

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        let of = validators(3, 784_111_777_500, "/a");
        let strong = of.etag.trim_start_matches("W/").to_owned();
        for (name, value, is_known) in [
            (header::IF_NONE_MATCH, of.etag.clone(), true),
            (header::IF_NONE_MATCH, format!("\"x\", {strong}"), true),
            (header::IF_NONE_MATCH, "*".to_owned(), true),
            (header::IF_NONE_MATCH, "\"x\"".to_owned(), false),
            (header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(), true),
            (header::IF_MODIFIED_SINCE, "Sunday, 06-Nov-94 08:49:37 GMT".to_owned(), true),
            (header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT".to_owned(), false),
            // It was never told, or by a server whose data were restored since.
            (header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:38 GMT".to_owned(), false),
            (header::IF_MODIFIED_SINCE, "Sat, 06 Nov 2094 08:49:37 GMT".to_owned(), false),
            (header::IF_MODIFIED_SINCE, "yesterday".to_owned(), false),
        ] {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(&value).unwrap())]);
            assert_eq!(of.tag_is_known(&headers) || of.date_is_known(&headers), is_known, "{value}");
        }
        let mut both = HeaderMap::new();
        both.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"x\""));
        both.insert(header::IF_MODIFIED_SINCE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(!of.tag_is_known(&both) && !of.date_is_known(&both), "the tag decides");
        let version = DatasetVersion { version: 3, changed_at: Some(Moment(784_111_777_500)) };
        assert_eq!(
            Validators::new(version, &["/a"], 784_111_777_900).last_modified(),
            None,
            "it can change in that second"
        );
        let unknown = validators(0, 0, "/a");
        assert!(!unknown.date_is_known(&HeaderMap::new()), "nobody has said when");
    }
}
