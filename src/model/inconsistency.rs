//! Inconsistencies: values of a record that do not fit together, or do not fit the records that it refers to. Import refuses
//! those that cannot be, and warns of the others.

use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, IdenStatic};

use super::{AttributeKind, Description, Record, attribute::table_of};

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
    /// A date lies before a date of the record which a reference leads to: a position in an organization that was not founded yet.
    Before {
        /// The date.
        own: DateColumns,
        /// The column of the reference, and the table that it leads to.
        reference: (&'static str, &'static str),
        /// The date there.
        theirs: DateColumns,
    },
    /// The period lasted longer than such things do: a visit of a year.
    Long {
        /// How many days are plausible.
        most: u32,
        /// The column that says that a record is something else, which may last longer: a series of events.
        unless: Option<&'static str>,
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
    /// Fewer records than it takes refer to the record, and it lists none itself: an agreement with one party.
    Few {
        /// The table of those records, and their column of the reference.
        table: &'static str,
        /// See `table`.
        reference: &'static str,
        /// How many it takes.
        least: u32,
    },
    /// Another record of the type has the same name, and nothing tells the two apart.
    Alike(Alike),
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

impl Inconsistency {
    /// Whether it cannot be: a code is given once, and a city lies in one country. What was in another country at the time of a
    /// visit is a place of its own, with its successor.
    #[must_use]
    pub fn is_impossible(&self) -> bool {
        matches!(self, Self::Differs { .. } | Self::Same { .. })
    }

    /// Whether it is one of dates.
    #[must_use]
    pub fn is_of_dates(&self) -> bool {
        match self {
            Self::After { .. }
            | Self::Before { .. }
            | Self::Long { .. }
            | Self::NotYet { .. }
            | Self::Future { .. } => true,
            Self::Differs { .. } | Self::Same { .. } | Self::Few { .. } | Self::Alike(_) | Self::Twice { .. } => false,
        }
    }
}

/// In which columns records do not differ that may be one.
#[derive(Clone, Copy, Debug)]
pub struct Alike {
    /// The columns of the name, as written and folded.
    pub name: [&'static str; 2],
    /// The columns in which they have the same values.
    pub same: &'static [&'static str],
    /// The columns of the coordinates: places that lie apart are not the same.
    pub coordinates: Option<[&'static str; 2]>,
}

/// The columns of a date: as written, its earliest and its latest day.
pub type DateColumns = [&'static str; 3];

impl<E: Record> Description<'_, E> {
    /// Says that a column has the same value as one of the record that a reference leads to: a visit to a city is a visit to
    /// its country.
    pub fn agrees<T: EntityTrait>(&mut self, own: E::Column, reference: E::Column, theirs: T::Column) {
        let reference = (reference.as_str(), T::default().table_name());
        let inconsistency = Inconsistency::Differs { own: own.as_str(), reference, theirs: theirs.as_str() };
        self.record.inconsistencies.push(inconsistency);
    }

    /// Says that a date does not lie after one of the record that a reference leads to: nobody is a member of an organization
    /// that was dissolved.
    pub fn not_after<T: EntityTrait>(&mut self, own: [E::Column; 3], reference: E::Column, theirs: [T::Column; 3]) {
        let reference = (reference.as_str(), T::default().table_name());
        let (own, theirs) = (own.map(|column| column.as_str()), theirs.map(|column| column.as_str()));
        self.record.inconsistencies.push(Inconsistency::After { own, reference, theirs });
    }

    /// Says that a date does not lie before one of the record that a reference leads to: nobody is a member of an organization
    /// that was not founded yet.
    pub fn not_before<T: EntityTrait>(&mut self, own: [E::Column; 3], reference: E::Column, theirs: [T::Column; 3]) {
        let reference = (reference.as_str(), T::default().table_name());
        let (own, theirs) = (own.map(|column| column.as_str()), theirs.map(|column| column.as_str()));
        self.record.inconsistencies.push(Inconsistency::Before { own, reference, theirs });
    }

    /// Says how many days the period lasts at most, as far as that is plausible; `unless` is a column that says that a record is
    /// something else.
    ///
    /// # Panics
    /// If there is no period.
    pub fn lasts_at_most(&mut self, most: u32, unless: Option<E::Column>) {
        assert!(self.record.period.is_some(), "{}: there is no period", E::NAME);
        let unless = unless.map(|column| column.as_str());
        self.record.inconsistencies.push(Inconsistency::Long { most, unless });
    }

    /// Says that a date is not known as long as a word has a value: what is active has not ended.
    pub fn not_yet<V: ActiveEnum<Value = String>>(&mut self, word: E::Column, value: &V, date: [E::Column; 3]) {
        let (date, value) = (date.map(|column| column.as_str()), written(value));
        self.record.inconsistencies.push(Inconsistency::NotYet { word: word.as_str(), value, date });
    }

    /// Says that a date does not lie in the future if a word has a value: what took place has begun.
    pub fn not_in_future<V: ActiveEnum<Value = String>>(&mut self, word: E::Column, value: &V, date: [E::Column; 3]) {
        let (date, value) = (date.map(|column| column.as_str()), written(value));
        self.record.inconsistencies.push(Inconsistency::Future { word: word.as_str(), value, date });
    }

    /// Says that so many records of another type refer to the record, unless it lists its members itself: an agreement has two
    /// parties.
    pub fn joins_at_least<C: ColumnTrait>(&mut self, least: u32, reference: C) {
        let inconsistency = Inconsistency::Few { table: table_of::<C>(), reference: reference.as_str(), least };
        self.record.inconsistencies.push(inconsistency);
    }

    /// Says that records of the same name that do not differ in some columns may be one, unless they have different identifiers
    /// of one scheme, or lie apart.
    ///
    /// # Panics
    /// If no name is described before.
    pub fn alike<const N: usize>(&mut self, same: [E::Column; N], coordinates: Option<[E::Column; 2]>) {
        let name = self.record.attributes.iter().find_map(|attribute| match &attribute.kind {
            AttributeKind::Name { name, folded, .. } => Some([name.name, folded.name]),
            _ => None,
        });
        let name = name.unwrap_or_else(|| panic!("{}: no name is described before", E::NAME));
        // Descriptions live as long as the model, which is never dropped.
        let same = Vec::from(same.map(|column| column.as_str())).leak();
        let coordinates = coordinates.map(|columns| columns.map(|column| column.as_str()));
        self.record.inconsistencies.push(Inconsistency::Alike(Alike { name, same, coordinates }));
    }

    /// Says that no two records of a kind join the same records, unless one has ended.
    pub fn once<L: ColumnTrait>(&mut self, own: L, ends: [L; 2], kind: E::Column, end: E::Column) {
        let links = (table_of::<L>(), own.as_str(), ends.map(|column| column.as_str()));
        let (kind, end) = (kind.as_str(), end.as_str());
        self.record.inconsistencies.push(Inconsistency::Twice { links, kind, end });
    }
}

/// How the database writes a word. Descriptions live as long as the model, which is never dropped.
fn written<V: ActiveEnum<Value = String>>(word: &V) -> &'static str {
    word.to_value().leak()
}
