//! Persisted documents: clients send an ID or a hash instead of the text.
//!
//! - Automatic persisted queries, the protocol of Apollo's clients: `extensions.persistedQuery.sha256Hash` identifies a
//!   document that a client has sent before, with its hash.
//! - Trusted documents: a list from the operator, as a manifest of Relay's compiler (`{hash: text}`), a manifest of Apollo's
//!   (`apollo-persisted-query-manifest`), or a directory of files. Clients send the `documentId` or the hash.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use apollo_compiler::response::JsonValue;
use async_graphql::ServerError;
use quick_cache::{Weighter, sync::Cache};
use serde::Deserialize;

use super::Request;
use crate::{
    document::sha256,
    error::{Code, request_error},
    quoted::Quoted,
};

/// The size of the cache for automatic persisted queries, in bytes.
const CACHE_BYTES: u64 = 16 << 20;
/// The largest size of all files with trusted documents together, in bytes. Those of a large application have a few megabytes.
const MAX_TRUSTED_BYTES: u64 = 64 << 20;

/// The documents that clients can identify by ID or hash.
pub(super) struct PersistedDocuments {
    automatic: Cache<String, Arc<str>, TextWeighter>,
    trusted: Option<HashMap<String, Arc<str>>>,
    /// The size of the largest document.
    max_bytes: usize,
    /// Whether all other documents are rejected.
    only_trusted: bool,
}

#[derive(Clone)]
struct TextWeighter;

impl Weighter<String, Arc<str>> for TextWeighter {
    fn weight(&self, key: &String, text: &Arc<str>) -> u64 {
        (key.len() + text.len() + 64) as u64
    }
}

/// The manifest of `apollo-persisted-query-manifest`.
#[derive(Deserialize)]
struct Manifest {
    operations: Vec<ManifestOperation>,
}

#[derive(Deserialize)]
struct ManifestOperation {
    id: String,
    body: String,
}

impl PersistedDocuments {
    pub(super) fn new(trusted: Option<&Path>, only_trusted: bool, max_bytes: usize) -> Result<Self, String> {
        let trusted = trusted.map(read).transpose()?;
        Ok(Self {
            automatic: Cache::with_weighter(1024, CACHE_BYTES, TextWeighter),
            max_bytes,
            only_trusted: only_trusted && trusted.is_some(),
            trusted,
        })
    }

    /// The text of a request's document. Takes `query` out of the request.
    pub(super) fn resolve(&self, request: &mut Request) -> Result<Arc<str>, ServerError> {
        let hash = persisted_query_hash(request)?;
        let query = request.query.take();
        let document_id = request.document_id.as_deref().map(|id| ("documentId", id));
        for (name, id) in document_id.into_iter().chain(hash.as_deref().map(|hash| ("sha256Hash", hash))) {
            match (self.trusted(id), &query) {
                (Some(text), Some(query)) if **query != *text => {
                    let message = format!("`{name}` identifies another document than `query`: send only one of them");
                    return Err(request_error(Code::PersistedQueryInvalid, message));
                }
                (Some(text), _) => return Ok(text),
                (None, _) => {}
            }
        }
        if let (Some(id), Some(_)) = (request.document_id.as_deref(), &query)
            && !self.only_trusted
        {
            return Err(not_found(id));
        }
        if self.only_trusted {
            let trusted = query.and_then(|text| self.trusted(&sha256(&text)));
            return trusted.ok_or_else(|| {
                request_error(
                    Code::DocumentNotTrusted,
                    "this server only runs trusted documents: send the `documentId` of one",
                )
            });
        }
        match (query, hash) {
            (Some(text), Some(hash)) => {
                if sha256(&text) != hash {
                    let message = "provided sha does not match query: `sha256Hash` is the SHA-256 of the document's text, in lower-case hexadecimal";
                    return Err(request_error(Code::PersistedQueryInvalid, message));
                }
                let text: Arc<str> = text.into();
                // One that is too large is refused later.
                if text.len() <= self.max_bytes {
                    self.automatic.insert(hash, text.clone());
                }
                Ok(text)
            }
            (Some(text), None) => Ok(text.into()),
            // Apollo's clients recognize this message, and send the request again with `query`.
            (None, Some(hash)) => self
                .automatic
                .get(&hash)
                .ok_or_else(|| request_error(Code::PersistedQueryNotFound, "PersistedQueryNotFound")),
            (None, None) => Err(not_found(request.document_id.as_deref().unwrap_or_default())),
        }
    }

    fn trusted(&self, id: &str) -> Option<Arc<str>> {
        self.trusted.as_ref()?.get(id.strip_prefix("sha256:").unwrap_or(id)).cloned()
    }
}

fn not_found(id: &str) -> ServerError {
    request_error(Code::PersistedQueryNotFound, format!("there is no trusted document with the id {}", Quoted(id)))
}

fn persisted_query_hash(request: &Request) -> Result<Option<String>, ServerError> {
    let Some(persisted) = request.extensions.get("persistedQuery") else { return Ok(None) };
    let version = persisted.get("version").and_then(JsonValue::as_u64);
    let hash = persisted.get("sha256Hash").and_then(JsonValue::as_str);
    if let (Some(1), Some(hash)) = (version, hash) {
        return Ok(Some(hash.to_ascii_lowercase()));
    }
    let message = "`extensions.persistedQuery` must be {\"version\": 1, \"sha256Hash\": \"…\"}";
    Err(request_error(Code::PersistedQueryInvalid, message))
}

/// Reads the list of trusted documents, which are identified by ID and by SHA-256. The error is for the operator.
fn read(path: &Path) -> Result<HashMap<String, Arc<str>>, String> {
    let wrong = |path: &Path, cause: &dyn std::fmt::Display| format!("trusted documents, {}: {cause}", path.display());
    let mut left = MAX_TRUSTED_BYTES;
    let mut text = |path: &Path| read_text(path, &mut left).map_err(|cause| wrong(path, &cause));
    let mut documents = HashMap::new();
    let mut add = |id: Option<String>, text: String| {
        let text: Arc<str> = text.into();
        documents.insert(sha256(&text), text.clone());
        documents.extend(id.map(|id| (id, text)));
    };
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(|cause| wrong(path, &cause))? {
            let file = entry.map_err(|cause| wrong(path, &cause))?.path();
            if file.extension().is_some_and(|e| e == "graphql" || e == "gql") {
                let name = file.file_stem().map(|name| name.to_string_lossy().into_owned());
                add(name, text(&file)?);
            }
        }
    } else {
        let manifest = text(path)?;
        if let Ok(Manifest { operations }) = serde_json::from_str(&manifest) {
            for ManifestOperation { id, body } in operations {
                add(Some(id), body);
            }
        } else {
            let relay: HashMap<String, String> = serde_json::from_str(&manifest)
                .map_err(|_| wrong(path, &"expected a manifest of Apollo's or Relay's compiler"))?;
            for (id, text) in relay {
                add(Some(id), text);
            }
        }
    }
    if documents.is_empty() { Err(wrong(path, &"there are no documents in it")) } else { Ok(documents) }
}

/// Reads a file, of which `left` bytes may be left to read. Others than regular files may never end.
fn read_text(path: &Path, left: &mut u64) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(*left + 1).read_to_end(&mut bytes)?;
    *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
        io::Error::other(format!("trusted documents must not be larger than {} MiB", MAX_TRUSTED_BYTES >> 20))
    })?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}
