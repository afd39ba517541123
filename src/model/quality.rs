//! Data quality: what makes a record doubtful, so that an editor should look at it.

use sea_orm::{ActiveEnum, ColumnTrait, IdenStatic};

use super::{AttributeKind, Description, Inconsistency, Period, Record, RecordType, attribute::table_of};

/// An issue of data quality that records of a type can have.
#[derive(Debug)]
pub struct Issue {
    /// Its word in the database form of the vocabulary of issues.
    pub kind: String,
    /// A record has the issue for any of these.
    pub doubts: Vec<Doubt>,
    /// Records with one of these words do not have it.
    pub unless: Option<Words>,
}

/// What makes a record doubtful. Columns and tables are given by their names.
#[derive(Clone, Debug)]
pub enum Doubt {
    /// No source supports the record.
    Unsupported,
    /// A source contradicts the record; in this field, if one is given.
    Contradicted(Option<&'static str>),
    /// Its dates do not fit together, or do not fit those of the records that it refers to: see [`RecordType::in_order`] and
    /// [`RecordType::inconsistencies`].
    Dates,
    /// None of these columns says anything. A reference to a record that a viewer may not see says nothing.
    Missing(Vec<&'static str>),
    /// It has one of these words.
    Word(Words),
    /// A record that refers to it has one of these words: its table, its column of the reference, and the words.
    Related(&'static str, &'static str, Words),
    /// Another record excludes it.
    Overlap(Overlap),
}

/// Words, and the column that may have them.
#[derive(Clone, Debug)]
pub struct Words {
    /// The column.
    pub column: &'static str,
    /// The words in their database form.
    pub values: Vec<String>,
}

/// Two records of one subject that exclude each other, because they certainly were at the same time in two places.
#[derive(Clone, Copy, Debug)]
pub struct Overlap {
    /// The column of the subject.
    pub subject: &'static str,
    /// When a record was.
    pub period: Period,
    /// The column of the place, its table, and the column there of the place that it is part of.
    pub place: (&'static str, &'static str, &'static str),
    /// The column of a reference, and its table: two records that refer to the same record there do not exclude each other.
    pub within: (&'static str, &'static str),
}

impl Words {
    fn of<C: ColumnTrait, V: ActiveEnum<Value = String>>(column: C, words: impl IntoIterator<Item = V>) -> Self {
        Self { column: column.as_str(), values: words.into_iter().map(|word| word.to_value()).collect() }
    }
}

impl Doubt {
    /// None of these columns says anything.
    pub fn missing<C: ColumnTrait>(columns: impl IntoIterator<Item = C>) -> Self {
        Self::Missing(columns.into_iter().map(|column| column.as_str()).collect())
    }

    /// A column has one of these words.
    pub fn word<C: ColumnTrait, V: ActiveEnum<Value = String>>(column: C, words: impl IntoIterator<Item = V>) -> Self {
        Self::Word(Words::of(column, words))
    }

    /// A record whose `reference` leads to the record has one of these words.
    pub fn related<C: ColumnTrait, V: ActiveEnum<Value = String>>(
        reference: C,
        column: C,
        words: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::Related(table_of::<C>(), reference.as_str(), Words::of(column, words))
    }
}

impl Issue {
    /// Says that records with one of these words do not have the issue.
    pub fn unless<C: ColumnTrait, V: ActiveEnum<Value = String>>(
        &mut self,
        column: C,
        words: impl IntoIterator<Item = V>,
    ) {
        self.unless = Some(Words::of(column, words));
    }
}

impl RecordType {
    /// Says that a record has an issue for any of these doubts.
    pub fn doubtful<V: ActiveEnum<Value = String>>(
        &mut self,
        kind: V,
        doubts: impl IntoIterator<Item = Doubt>,
    ) -> &mut Issue {
        let issue = Issue { kind: kind.into_value(), doubts: doubts.into_iter().collect(), unless: None };
        let position = self.issues.len();
        self.issues.push(issue);
        &mut self.issues[position]
    }

    /// The issue of a kind, if the records can have it.
    #[must_use]
    pub fn issue(&self, kind: &str) -> Option<&Issue> {
        self.issues.iter().find(|issue| issue.kind == kind)
    }

    /// Whether something is said of dates that do not fit.
    pub(crate) fn has_dates_to_doubt(&self) -> bool {
        !self.in_order.is_empty() || self.inconsistencies.iter().any(Inconsistency::is_of_dates)
    }

    /// The table that a column refers to, if it is a reference to records of one type.
    #[must_use]
    pub fn target(&self, column: &str) -> Option<&'static str> {
        self.attributes.iter().find_map(|attribute| match &attribute.kind {
            AttributeKind::ToOne(to_one) if to_one.column.name == column => Some(to_one.target),
            _ => None,
        })
    }
}

impl<E: Record> Description<'_, E> {
    /// Says that two records of one subject are doubtful if they certainly were at the same time in two places, neither of which
    /// is part of the other. Two that refer to the same record by `within` are not.
    ///
    /// # Panics
    /// If there is no period, or one of the two columns is no reference that is described before.
    pub fn overlapping<V: ActiveEnum<Value = String>, P: ColumnTrait>(
        &mut self,
        kind: V,
        subject: E::Column,
        (place, part_of): (E::Column, P),
        within: E::Column,
    ) {
        let target = |column: E::Column| {
            let found = self.record.target(column.as_str());
            (column.as_str(), found.unwrap_or_else(|| panic!("{}.{}: no reference", E::NAME, column.as_str())))
        };
        let period = self.record.period.unwrap_or_else(|| panic!("{}: there is no period", E::NAME));
        let (place, table) = target(place);
        let place = (place, table, part_of.as_str());
        let overlap = Overlap { subject: subject.as_str(), period, place, within: target(within) };
        self.record.doubtful(kind, [Doubt::Overlap(overlap)]);
    }
}
