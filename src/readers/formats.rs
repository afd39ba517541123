//! Formats whose columns are known, each with its mapping in `formats/`.

use std::{collections::HashSet, fs::File, io::BufReader, path::Path};

use super::{
    bytes_of,
    geonames::{self, Wanted},
    icalendar,
    json::{self, ResultKind},
    mapping::Mapping,
    name_of,
    table::{Table, whole},
    text, while_unchanged,
};
use crate::import_export::Problem;

/// A format of a foreign file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Events of a calendar (RFC 5545).
    Icalendar,
    /// Persons, organizations and memberships (popoloproject.com).
    Popolo,
    /// The result of a SPARQL query about twinned places or office holders, as JSON.
    Wikidata,
    /// Cities of a dump such as `cities5000.txt`.
    Geonames,
}

/// Reads a file of a format: the mapping and its tables.
pub(super) fn read(
    format: Format,
    file: &Path,
    wanted: &Wanted,
    existing: Option<&HashSet<String>>,
    notes: &mut Vec<String>,
) -> Result<(Mapping, Vec<Table>), Problem> {
    let name = name_of(file);
    let (mapping, tables) = match format {
        Format::Icalendar => {
            let (text, note) = text::decode(&name, &bytes_of(file)?, None)?;
            notes.extend(note);
            (include_str!("formats/icalendar.toml"), vec![icalendar::table(&name, &text, notes)?])
        }
        Format::Popolo => (include_str!("formats/popolo.toml"), json::popolo(&name, &bytes_of(file)?, notes)?),
        Format::Wikidata => {
            let (kind, table) = json::wikidata(&name, &bytes_of(file)?)?;
            let mapping = match kind {
                ResultKind::TwinnedPlaces => include_str!("formats/twinned-places.toml"),
                ResultKind::OfficeHolders => include_str!("formats/office-holders.toml"),
            };
            (mapping, vec![table])
        }
        Format::Geonames => {
            let unreadable = |cause: &dyn std::fmt::Display| whole(&name, format!("it cannot be read: {cause}"));
            if !file.metadata().map_err(|cause| unreadable(&cause))?.is_file() {
                return Err(unreadable(&"it is not a regular file"));
            }
            let lines = BufReader::new(File::open(file).map_err(|cause| unreadable(&cause))?);
            let table = while_unchanged(file, || geonames::table(&name, lines, wanted.min_population, existing))?;
            (include_str!("formats/geonames.toml"), vec![table])
        }
    };
    Ok((Mapping::read("the mapping of the format", mapping)?, tables))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mappings_of_formats_are_well_formed() {
        for text in [
            include_str!("formats/icalendar.toml"),
            include_str!("formats/popolo.toml"),
            include_str!("formats/twinned-places.toml"),
            include_str!("formats/office-holders.toml"),
            include_str!("formats/geonames.toml"),
        ] {
            Mapping::read("x.toml", text).unwrap();
        }
    }
}
