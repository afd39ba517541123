//! Inconsistencies: values of a record that do not fit together, or do not fit the records that it refers to. Import warns of
//! them and refuses nothing: a city may have belonged to another country at the time of a visit.

/// Values that do not fit together. Columns and tables are given by their names.
#[derive(Clone, Copy, Debug)]
pub enum Inconsistency {
    /// A column has another value than that of the record which a reference leads to: a visit to a city of another country.
    Differs {
        /// The column.
        own: &'static str,
        /// The column of the reference, and the table that it leads to.
        reference: (&'static str, &'static str),
        /// The column there.
        theirs: &'static str,
    },
    /// A date lies after a date of the record which a reference leads to: a position in an organization that was dissolved.
    After {
        /// The date.
        own: DateColumns,
        /// The column of the reference, and the table that it leads to.
        reference: (&'static str, &'static str),
        /// The date there.
        theirs: DateColumns,
    },
    /// A date is known, although a word says that it has not come yet: the end of a partnership that is active.
    NotYet {
        /// The column of the word.
        word: &'static str,
        /// The word.
        value: &'static str,
        /// The date.
        date: DateColumns,
    },
    /// A date lies in the future, although a word says that it has passed: the start of a visit that took place.
    Future {
        /// The column of the word.
        word: &'static str,
        /// The word.
        value: &'static str,
        /// The date.
        date: DateColumns,
    },
    /// Another record of the type has the same code.
    Same {
        /// The column.
        column: &'static str,
    },
    /// Fewer records than it takes refer to the record: an agreement with one party.
    Few {
        /// The table of those records, and their column of the reference.
        table: &'static str,
        /// See `table`.
        reference: &'static str,
        /// How many it takes.
        least: u32,
    },
    /// Another record of the type joins the same records, is of the same kind, and neither has ended.
    Twice {
        /// The table of links, its column of the record, and the columns of the records that it joins.
        links: (&'static str, &'static str, [&'static str; 2]),
        /// The column of the kind.
        kind: &'static str,
        /// The column of the end.
        end: &'static str,
    },
}

/// The columns of a date: as written, its earliest and its latest day.
pub type DateColumns = [&'static str; 3];
