//! Periods: from one date of a record to another; and what else is said of dates.

use sea_orm::{ActiveEnum, ColumnTrait, IdenStatic};

use super::{
    Attribute, AttributeKind, Contemporary, DateColumns, Description, Link, Moment, Record, RecordType, ToMany, Way,
    attribute::table_of,
};

/// The period of the records of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The date on which it starts.
    pub start: DateColumns,
    /// The date on which it ends.
    pub end: DateColumns,
    /// What it is if only one of the two is known.
    pub if_missing: IfMissing,
    /// A date on which it is known to go on.
    pub includes: Option<DateColumns>,
}

/// What a period is of which only one date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// It is one day: a visit without an end ends on the day on which it starts.
    OneDay,
    /// It can have gone on for any time: a partnership without an end has not ended, or nobody knows when.
    Open,
}

impl<E: Record> Description<'_, E> {
    /// The period from one date to another, which may not lie before the first. Lists can be filtered by what was `during` a
    /// date.
    pub fn period(&mut self, start: E::Column, end: E::Column, if_missing: IfMissing) {
        let [start, end] = [start, end].map(|column| self.date_columns(column));
        self.record.period = Some(Period { start, end, if_missing, includes: None });
        self.record.in_order.push((start[0], end[0]));
    }

    /// Lets lists be asked for what was at a time, by the argument `asOf`. What has no known date is then left out, so the dates of
    /// most records should be known.
    ///
    /// # Panics
    /// If there is no period.
    pub fn asked_by_time(&mut self) {
        assert!(self.record.period.is_some(), "{}: there is no period", E::NAME);
        self.record.is_asked_by_time = true;
    }

    /// Says that the date `second` does not lie before the date `first`, as far as both are known.
    pub fn in_order(&mut self, first: E::Column, second: E::Column) {
        self.record.in_order.push((first.as_str(), second.as_str()));
    }

    /// Says that the period goes on at a date, whether its start and its end are known or not.
    ///
    /// # Panics
    /// If there is no period.
    pub fn period_includes(&mut self, date: E::Column) {
        let date = self.date_columns(date);
        let period = self.record.period.as_mut();
        period.unwrap_or_else(|| panic!("{}: there is no period", E::NAME)).includes = Some(date);
    }

    /// Puts a date on timelines; the word says what happened then.
    pub fn moment<V: ActiveEnum<Value = String>>(&mut self, kind: V, edtf: E::Column) {
        let date = self.date_columns(edtf).map(|column| self.record.column(column));
        let orders = ["ASC", "DESC"].map(|suffix| format!("{}_{suffix}", edtf.as_str().to_ascii_uppercase()));
        self.record.moments.push(Moment { kind: kind.into_value(), position: 0, date, orders });
    }

    /// Adds a connection: the records of `T` whose `column` refers to the same record as `subject`, and whose period can have a
    /// day in common with that of the record that `when` refers to, of one of the types in `during`: see [`period_of`].
    pub fn has_many_contemporary<T: Record>(
        &mut self,
        name: &str,
        column: T::Column,
        [subject, when]: [E::Column; 2],
        during: impl IntoIterator<Item = (&'static str, Period)>,
        description: &'static str,
    ) {
        let related = period_of::<T>();
        let link = |during: (&'static str, Period)| {
            let [subject, when] = [subject, when].map(|column| column.as_str());
            let table = self.record.table;
            let (column, parent, child) = (column.as_str(), "id", "id");
            let of = Contemporary { table, parent, only: &[], subject, when, during, column, related, child };
            // Links live as long as the model, which is never dropped.
            Way { role: during.0, link: Link::Contemporary(Box::leak(Box::new(of))) }
        };
        let ways: Vec<_> = during.into_iter().map(link).collect();
        let many = ToMany { link: Link::Any(ways.leak()), target: related.0, counterparts: None, roles: None };
        self.add(Attribute::new(name, AttributeKind::ToMany(many), description));
    }

    /// The link from a record of this type to those that `child` of records of `T` refers to, at its time: `column` refers to the
    /// same record as `subject` of a record between, which refers to this one by `parent`.
    ///
    /// # Panics
    /// If there is no period.
    #[must_use]
    pub fn at_the_time<B: ColumnTrait, T: Record>(
        &self,
        [parent, subject]: [B; 2],
        [column, child]: [T::Column; 2],
    ) -> Link {
        let period = self.record.period.unwrap_or_else(|| panic!("{}: there is no period", E::NAME));
        let (table, parent, subject) = (table_of::<B>(), parent.as_str(), subject.as_str());
        let (during, related) = ((self.record.table, period), period_of::<T>());
        let (column, child) = (column.as_str(), child.as_str());
        let of = Contemporary { table, parent, only: &[], subject, when: parent, during, column, related, child };
        // Links live as long as the model, which is never dropped.
        Link::Contemporary(Box::leak(Box::new(of)))
    }

    pub(super) fn date_columns(&self, edtf: E::Column) -> DateColumns {
        let found = self.record.dates().find(|[column, ..]| *column == edtf.as_str());
        found.unwrap_or_else(|| panic!("{}.{}: no date is described before", E::NAME, edtf.as_str()))
    }
}

/// The table of the records of a type, and their period.
///
/// # Panics
/// If they have none.
#[must_use]
pub fn period_of<E: Record>() -> (&'static str, Period) {
    let record = RecordType::of::<E>();
    (record.table, record.period.unwrap_or_else(|| panic!("{}: there is no period", E::NAME)))
}
