//! Formats that partners already read: CSV, JSON Lines, GeoJSON, iCalendar, Popolo, JSON-LD, and a page for people.
//!
//! They are clients of the GraphQL API: a format says which documents it needs, and writes what they answer. So the same
//! filters, visibility, prices and limits hold as for any other client, and nothing here reads the database. Lists are read
//! page by page and written as they come ([`Listing`]); a single record is one document, and its lists go on in others
//! ([`record`]).
//!
//! To add a format of lists, write a [`Writer`] and a function that makes its [`Listing`], as in `tables.rs`, and a route in
//! `http/exports.rs`. What a record type is in schema.org and on a map is said in its slice (`schema_org`, `located_in`).

mod calendar;
mod cells;
mod content_line;
mod html;
mod json_ld;
mod popolo;
mod record;
mod selection;
mod tables;

use apollo_compiler::response::JsonMap;
use serde::{Deserialize, Serialize};

pub use self::{
    calendar::{Places, calendar},
    html::{error_page, record_page},
    json_ld::json_ld,
    popolo::{POPOLO_FILTERS, popolo},
    record::{Extent, add_page, record_document, rest_document, unfinished},
    tables::{TableFormat, table},
};
use crate::error::Result;

/// How many records a page of a list has.
const PAGE: usize = 100;

/// A file that is written from lists of records, while they are read page by page.
pub struct Listing {
    /// Its media type.
    pub media_type: &'static str,
    /// The name under which it is saved.
    pub file_name: String,
    /// The lists, one after the other.
    pub lists: Vec<ListRequest>,
    /// Writes the file.
    pub writer: Box<dyn Writer>,
}

/// What is asked for a list of records.
pub struct ListRequest {
    /// A document whose only field is a connection. It has the variables `first`, `after`, `filter` and `orderBy`.
    pub document: String,
    /// The values of the variables.
    pub variables: JsonMap,
}

impl ListRequest {
    /// The whole list, in the order of creation, by which no record can be read twice while the data change.
    fn of(document: String) -> Self {
        let mut variables = JsonMap::new();
        variables.insert("first", PAGE.into());
        variables.insert("orderBy", "CREATED_ASC".into());
        Self { document, variables }
    }
}

/// Writes a file.
pub trait Writer: Send {
    /// Writes what comes before all records.
    fn begin(&mut self, _out: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    /// Writes records of a list, which is told by its position. Lists come in their order, and each is there at least once.
    fn records(&mut self, list: usize, records: &[JsonMap], out: &mut Vec<u8>) -> Result<()>;

    /// Writes what comes after all records.
    fn end(&mut self, _out: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}

/// A page of a list: the answer to the document of a [`ListRequest`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPage {
    /// The records.
    pub nodes: Vec<JsonMap>,
    /// Where the page is in its list.
    pub page_info: PageInfo,
}

/// Where a page is in its list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    /// Whether there are records after the page.
    pub has_next_page: bool,
    /// The cursor of its last record.
    pub end_cursor: Option<String>,
}

/// Appends JSON. Writing plain data into memory cannot fail.
fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "plain data is JSON");
}
