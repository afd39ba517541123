//! The lists of one record type as CSV, JSON Lines and GeoJSON.

use apollo_compiler::response::{JsonMap, JsonValue, serde_json_bytes::ByteString};

use super::{
    ListRequest, Listing, Writer,
    cells::{Cell, cells, headers_of_rows, value},
    selection::{Detail, attributes, list_document, list_field},
    write_json,
};
use crate::{
    error::{Error, Result},
    model::{Model, RecordType},
};

/// A format of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Rows in the form that import reads (RFC 4180).
    Csv,
    /// A line of JSON for each record, as GraphQL answers it.
    JsonLines,
    /// A feature for each record (RFC 7946).
    GeoJson,
}

impl TableFormat {
    /// All of them, by their file name extensions.
    pub const ALL: [(&'static str, Self); 3] =
        [("csv", Self::Csv), ("jsonl", Self::JsonLines), ("geojson", Self::GeoJson)];

    /// Whether the records of a type can be written in this format: on a map, only what has a place can be shown.
    #[must_use]
    pub fn has(self, record: &RecordType) -> bool {
        self != Self::GeoJson || record.coordinates.is_some() || record.place.is_some()
    }
}

/// The records of one type. `is_exact` says that cells of CSV which spreadsheet programs would run as formulas are left as they
/// are.
#[must_use]
pub fn table(model: &'static Model, record: &'static RecordType, format: TableFormat, is_exact: bool) -> Listing {
    let detail = if format == TableFormat::JsonLines { Detail::Full } else { Detail::Cells };
    let document = list_document(&list_field(record), record.name, &attributes(model, record, detail));
    let (media_type, extension, writer): (_, _, Box<dyn Writer>) = match format {
        TableFormat::Csv => {
            ("text/csv; charset=utf-8; header=present", "csv", Box::new(Csv { model, record, is_exact }))
        }
        TableFormat::JsonLines => ("application/jsonl; charset=utf-8", "jsonl", Box::new(JsonLines)),
        TableFormat::GeoJson => {
            let headers = headers_of_rows(record).into_iter().map(ByteString::from).collect();
            ("application/geo+json", "geojson", Box::new(GeoJson { model, record, headers, has_features: false }))
        }
    };
    let file_name = format!("{}.{extension}", record.plural);
    Listing { media_type, file_name, lists: vec![ListRequest::of(document)], writer }
}

/// What spreadsheet programs take for the beginning of a formula, which can run programs; some of them read signs that are as
/// wide as Chinese characters, or what comes after an empty line.
const FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

struct Csv {
    model: &'static Model,
    record: &'static RecordType,
    is_exact: bool,
}

impl Csv {
    fn write(out: &mut Vec<u8>, rows: impl Iterator<Item = Result<Vec<String>>>) -> Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        for row in rows {
            writer.write_record(row?).map_err(Error::internal)?;
        }
        writer.flush().map_err(Error::internal)
    }

    fn row(&self, node: &JsonMap) -> Result<Vec<String>> {
        let text = |cell: Cell<'_>| {
            let text = text(&cell.value);
            let is_formula = cell.is_free && text.starts_with(FORMULAS);
            if is_formula && !self.is_exact { format!("'{text}") } else { text }
        };
        Ok(cells(self.model, self.record, node)?.into_iter().map(text).collect())
    }
}

impl Writer for Csv {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<()> {
        Self::write(out, std::iter::once(Ok(headers_of_rows(self.record))))
    }

    fn records(&mut self, _: usize, records: &[JsonMap], out: &mut Vec<u8>) -> Result<()> {
        Self::write(out, records.iter().map(|record| self.row(record)))
    }
}

/// A value as the text of a cell.
fn text(value: &JsonValue) -> String {
    match value {
        JsonValue::String(text) => text.as_str().to_owned(),
        JsonValue::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        JsonValue::Number(number) => number.to_string(),
        JsonValue::Bool(is_true) => is_true.to_string(),
        _ => String::new(),
    }
}

struct JsonLines;

impl Writer for JsonLines {
    fn records(&mut self, _: usize, records: &[JsonMap], out: &mut Vec<u8>) -> Result<()> {
        for record in records {
            write_json(record, out);
            out.push(b'\n');
        }
        Ok(())
    }
}

struct GeoJson {
    model: &'static Model,
    record: &'static RecordType,
    headers: Vec<ByteString>,
    has_features: bool,
}

/// The property with the key of the record whose coordinates a feature has.
const COORDINATES_OF: &str = "coordinates_of";

impl GeoJson {
    fn feature(&self, node: &JsonMap) -> Result<JsonMap> {
        let cells = cells(self.model, self.record, node)?;
        let mut properties = JsonMap::new();
        for (header, cell) in self.headers.iter().zip(cells) {
            properties.insert(header.clone(), cell.value.into_owned());
        }
        let own = self.record.coordinates.as_ref().and_then(|_| point(node)).map(|point| (point, node.get("key")));
        let place = || {
            let place = node.get(self.record.place.as_deref()?)?.as_object()?;
            Some((point(place)?, place.get("key")))
        };
        let (geometry, of) = own.or_else(place).unwrap_or((JsonValue::Null, None));
        properties.insert(COORDINATES_OF, of.cloned().unwrap_or(JsonValue::Null));
        let mut feature = JsonMap::new();
        feature.insert("type", "Feature".into());
        feature.insert("id", value(node, &["id"]).clone());
        feature.insert("geometry", geometry);
        feature.insert("properties", properties.into());
        Ok(feature)
    }
}

/// The point of an object with a latitude and a longitude.
fn point(object: &JsonMap) -> Option<JsonValue> {
    let [longitude, latitude] =
        ["longitude", "latitude"].map(|name| object.get(name).filter(|value| value.is_number()));
    let mut point = JsonMap::new();
    point.insert("type", "Point".into());
    point.insert("coordinates", vec![longitude?.clone(), latitude?.clone()].into());
    Some(point.into())
}

impl Writer for GeoJson {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"features\":[\n");
        Ok(())
    }

    fn records(&mut self, _: usize, records: &[JsonMap], out: &mut Vec<u8>) -> Result<()> {
        for record in records {
            if self.has_features {
                out.extend_from_slice(b",\n");
            }
            self.has_features = true;
            write_json(&self.feature(record)?, out);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(b"\n]}\n");
        Ok(())
    }
}
