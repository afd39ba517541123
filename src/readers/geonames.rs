//! Dumps of GeoNames, `allCountries.txt` and `citiesNNNN.txt`: read line by line, so that only what is wanted takes memory.

use std::{
    collections::HashSet,
    io::{BufRead, Read},
};

use super::table::{Cell, Rows, Table, problem, whole};
use crate::import_export::{Place, Problem};

/// The columns of a dump.
const COLUMNS: [&str; 19] = [
    "geonameid",
    "name",
    "asciiname",
    "alternatenames",
    "latitude",
    "longitude",
    "feature class",
    "feature code",
    "country code",
    "cc2",
    "admin1 code",
    "admin2 code",
    "admin3 code",
    "admin4 code",
    "population",
    "elevation",
    "dem",
    "timezone",
    "modification date",
];

/// What the mapping of the format names: the others take no memory.
const WANTED: [usize; 7] = [0, 1, 4, 5, 7, 8, 14];

/// The longest line, with its alternate names.
const MAX_LINE: u64 = 64 << 10;

/// Settlements that are no more, or that are parts of a farm.
const LEFT_OUT: [&str; 4] = ["PPLH", "PPLQ", "PPLW", "PPLCH"];

/// Which places are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The smallest population.
    pub min_population: u64,
    /// Whether only those that the database has.
    pub existing_only: bool,
}

/// Reads the places of a dump that are wanted: cities, towns and villages. `existing` are the IDs that the database has, if
/// only those are.
pub(super) fn table(
    label: &str,
    mut lines: impl BufRead,
    min_population: u64,
    existing: Option<&HashSet<String>>,
) -> Result<Table, Problem> {
    let mut rows = Rows::new(label);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let at = |message: String| problem(&Place { file: label.into(), row: number, column: "".into() }, "", message);
        let read = lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        if read.map_err(|cause| at(format!("it cannot be read: {cause}")))? == 0 {
            break;
        }
        let text =
            std::str::from_utf8(&line).map_err(|_| at("it is not UTF-8, as the dumps of GeoNames are".to_owned()))?;
        let cells: Vec<&str> = text.trim_end_matches(['\n', '\r']).split('\t').collect();
        if cells.len() != COLUMNS.len() {
            let message = format!(
                "the line has {} cells, separated by tabs: a dump of GeoNames has {}",
                cells.len(),
                COLUMNS.len()
            );
            return Err(at(message));
        }
        let is_large = cells[14].parse().unwrap_or(0) >= min_population;
        let is_wanted = existing.is_none_or(|existing| existing.contains(cells[0]));
        if cells[6] == "P" && !LEFT_OUT.contains(&cells[7]) && is_large && is_wanted {
            for column in WANTED {
                rows.add(number, column, Cell::of(cells[column]))?;
            }
        }
    }
    let rows = rows.into_rows();
    if rows.is_empty() {
        return Err(whole(label, "no place in it is wanted: check --min-population and --existing-only"));
    }
    Ok(Table::of_columns(label, &COLUMNS, rows))
}
