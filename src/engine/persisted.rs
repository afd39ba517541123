//! Documents that clients name instead of sending them.
//!
//! - Automatic persisted queries, as Apollo's clients have them: `extensions.persistedQuery.sha256Hash` names a document
//!   that some client sent before along with its hash.
//! - Trusted documents: a list that the operator gives, in the form that the compilers of Relay (`{hash: text}`) or Apollo
//!   (`apollo-persisted-query-manifest`) write, or as a directory of files. Clients name them by `documentId`, or by hash.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use apollo_compiler::response::JsonValue;
use async_graphql::ServerError;
use quick_cache::{Weighter, sync::Cache};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Request;
use crate::{
    document::hex,
    error::{Code, request_error},
};

/// How many bytes of automatically persisted documents are kept.
const KEPT: u64 = 16 << 20;

/// The documents that clients can name.
pub(super) struct Persisted {
    automatic: Cache<String, Arc<str>, ByLength>,
    trusted: Option<HashMap<String, Arc<str>>>,
    /// Whether nothing but trusted documents is run.
    only_trusted: bool,
}

#[derive(Clone)]
struct ByLength;

impl Weighter<String, Arc<str>> for ByLength {
    fn weight(&self, key: &String, text: &Arc<str>) -> u64 {
        (key.len() + text.len() + 64) as u64
    }
}

/// The manifest of Apollo's compilers.
#[derive(Deserialize)]
struct Manifest {
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

impl Persisted {
    pub(super) fn new(trusted: Option<&Path>, only_trusted: bool) -> Result<Self, String> {
        let trusted = trusted.map(read).transpose()?;
        Ok(Self {
            automatic: Cache::with_weighter(1024, KEPT, ByLength),
            only_trusted: only_trusted && trusted.is_some(),
            trusted,
        })
    }

    /// The text of a request's document.
    pub(super) fn text(&self, request: &mut Request) -> Result<Arc<str>, ServerError> {
        let hash = automatic_hash(request)?;
        let query = request.query.take();
        let named = request.document_id.as_deref().map(|id| ("documentId", id));
        for (name, id) in named.into_iter().chain(hash.as_deref().map(|hash| ("sha256Hash", hash))) {
            match (self.trusted(id), &query) {
                (Some(text), Some(query)) if **query != *text => {
                    let message = format!("`{name}` names another document than the one in `query`: send one of them");
                    return Err(request_error(Code::PersistedQueryInvalid, message));
                }
                (Some(text), _) => return Ok(text),
                (None, _) => {}
            }
        }
        if let (Some(id), Some(_)) = (request.document_id.as_deref(), &query)
            && !self.only_trusted
        {
            return Err(unknown(id));
        }
        if self.only_trusted {
            let known = query.and_then(|text| self.trusted(&hex(&Sha256::digest(&text))));
            return known.ok_or_else(|| {
                request_error(
                    Code::DocumentNotTrusted,
                    "only documents of the server's list are run: name one by its id",
                )
            });
        }
        match (query, hash) {
            (Some(text), Some(hash)) => {
                if hex(&Sha256::digest(&text)) != hash {
                    let message = "provided sha does not match query: `sha256Hash` is the SHA-256 of the document's text, in lower-case hexadecimal";
                    return Err(request_error(Code::PersistedQueryInvalid, message));
                }
                let text: Arc<str> = text.into();
                self.automatic.insert(hash, text.clone());
                Ok(text)
            }
            (Some(text), None) => Ok(text.into()),
            // Clients know this message, and send the document again with its text.
            (None, Some(hash)) => self
                .automatic
                .get(&hash)
                .ok_or_else(|| request_error(Code::PersistedQueryNotFound, "PersistedQueryNotFound")),
            (None, None) => Err(unknown(request.document_id.as_deref().unwrap_or_default())),
        }
    }

    fn trusted(&self, id: &str) -> Option<Arc<str>> {
        self.trusted.as_ref()?.get(id.strip_prefix("sha256:").unwrap_or(id)).cloned()
    }
}

fn unknown(id: &str) -> ServerError {
    request_error(Code::PersistedQueryNotFound, format!("no document is known by the id {id:?}"))
}

fn automatic_hash(request: &Request) -> Result<Option<String>, ServerError> {
    let Some(persisted) = request.extensions.get("persistedQuery") else { return Ok(None) };
    let version = persisted.get("version").and_then(JsonValue::as_u64);
    let hash = persisted.get("sha256Hash").and_then(JsonValue::as_str);
    if let (Some(1), Some(hash)) = (version, hash) {
        return Ok(Some(hash.to_ascii_lowercase()));
    }
    let message = "`extensions.persistedQuery` must be {\"version\": 1, \"sha256Hash\": \"…\"}";
    Err(request_error(Code::PersistedQueryInvalid, message))
}

/// Reads a list of trusted documents; the error is for the operator. Each is known by its id and by its SHA-256.
fn read(path: &Path) -> Result<HashMap<String, Arc<str>>, String> {
    let wrong = |path: &Path, cause: &dyn std::fmt::Display| format!("trusted documents, {}: {cause}", path.display());
    let text = |path: &Path| fs::read_to_string(path).map_err(|cause| wrong(path, &cause));
    let mut documents = HashMap::new();
    let mut add = |id: Option<String>, text: String| {
        let text: Arc<str> = text.into();
        documents.insert(hex(&Sha256::digest(&*text)), text.clone());
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
            for Operation { id, body } in operations {
                add(Some(id), body);
            }
        } else {
            let relay: HashMap<String, String> = serde_json::from_str(&manifest)
                .map_err(|_| wrong(path, &"it is neither Apollo's manifest nor Relay's map of ids to documents"))?;
            for (id, text) in relay {
                add(Some(id), text);
            }
        }
    }
    if documents.is_empty() { Err(wrong(path, &"there are none")) } else { Ok(documents) }
}
