//! Orders: what lists can be sorted by.

use std::collections::HashMap;

use sea_orm::{IdenStatic, Value};

use super::{AttributeKind, Column, DataType, Description, Link, Record, RecordType, ToMany, camel_case, upper_case};
use crate::edtf::{UNKNOWN_EARLIEST, UNKNOWN_LATEST};

/// More than any text, in the order of code points: no character is assigned to it.
const LAST_TEXT: &str = "\u{10ffff}";

/// An order of the lists of a record type.
///
/// Its expression is never `NULL`, and ties are broken by the id in the same direction: so an ordinary index serves the order
/// by a column, and a row comparison finds the position of a cursor.
#[derive(Debug)]
pub struct Order {
    /// The value of the GraphQL enum: `START_DESC`.
    pub name: String,
    /// The name that it had before, which goes on as deprecated.
    pub former: Option<String>,
    /// What it means.
    pub description: String,
    /// What is compared.
    pub by: OrderBy,
    /// What stands in for missing values: more than any other in ascending order, less in descending order.
    pub missing: Option<Value>,
    /// Whether it is descending.
    pub is_descending: bool,
}

/// What an order compares.
#[derive(Debug)]
pub enum OrderBy {
    /// A column of the record.
    Column(Column),
    /// A value of the record that a reference leads to.
    Related(RelatedValue),
    /// The number of records of a list: how they are related, and their table.
    Count(Link, &'static str),
    /// How far away the record is from a place that the client names.
    Distance,
}

/// A value of the record that a reference leads to, if the viewer may see it.
#[derive(Debug)]
pub struct RelatedValue {
    /// The reference: the id of the record.
    pub key: Column,
    /// The attribute of the record.
    attribute: &'static str,
    /// The tables of the records that the reference can lead to, and the column of the value in each.
    pub columns: Vec<(&'static str, Column)>,
}

/// The columns that orders compare, by the table and the attribute: in ascending and in descending order.
pub(super) type Comparable = HashMap<(&'static str, String), [Column; 2]>;

impl Order {
    /// Whether it has this name, or had it before.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || self.former.as_deref() == Some(name)
    }

    /// Whether no index can serve it.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        !matches!(self.by, OrderBy::Column(_))
    }

    /// The type of the values of its expression.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match &self.by {
            OrderBy::Column(column) => column.data_type,
            // The columns of all tables are alike; `Model::build` checks that.
            OrderBy::Related(related) => related.columns.first().map_or(DataType::Text, |(_, column)| column.data_type),
            OrderBy::Count(..) => DataType::BigInteger,
            OrderBy::Distance => DataType::Double,
        }
    }

    /// The column of the record that it is read from, if there is one.
    #[must_use]
    pub fn column(&self) -> Option<Column> {
        match &self.by {
            OrderBy::Column(column) => Some(*column),
            OrderBy::Related(related) => Some(related.key),
            OrderBy::Count(..) | OrderBy::Distance => None,
        }
    }
}

impl<E: Record> Description<'_, E> {
    /// Lets lists be ordered by a name or a date of the record that a reference leads to: `attribute` is its name there.
    /// Records without one, or with one that the viewer may not see, come last.
    pub fn order_by_related(&mut self, reference: E::Column, attribute: &'static str) {
        let key = self.record.column(reference.as_str());
        for is_descending in [false, true] {
            let by = format!("`{attribute}` of `{}`", camel_case(key.name));
            let name = format!("{}_{attribute}", key.name.trim_end_matches("_id"));
            let related = RelatedValue { key, attribute, columns: Vec::new() };
            let unknown = "; records without it come last";
            self.record.add_order(&name, &by, unknown, OrderBy::Related(related), None, is_descending);
        }
    }

    pub(super) fn order_both(&mut self, name: &str, column: Column, missing: bool) {
        self.order(name, column, false, missing);
        self.order(name, column, true, missing);
    }

    pub(super) fn order(&mut self, name: &str, column: Column, is_descending: bool, missing: bool) {
        assert!(
            !missing || column.data_type == DataType::Integer,
            "{}: only integers may be missing in an order by {name}",
            E::NAME
        );
        let last: i64 = if is_descending { -i64::MAX } else { i64::MAX };
        let by = if name == "created" { "moment of creation".to_owned() } else { format!("`{}`", camel_case(name)) };
        let unknown = if missing { "; unknown values come last" } else { "" };
        let missing = missing.then(|| last.into());
        self.record.add_order(name, &by, unknown, OrderBy::Column(column), missing, is_descending);
    }
}

impl RecordType {
    /// Lets lists be ordered by the number of records of a connection that was added before: of those that the viewer may
    /// see.
    ///
    /// # Panics
    /// If there is no such connection.
    pub fn order_by_count(&mut self, list: &str) {
        let Some(AttributeKind::ToMany(ToMany { link, target, .. })) = self.attribute(list).map(|of| &of.kind) else {
            panic!("{}.{list} is not a list that records can be ordered by", self.name);
        };
        let (link, target) = (*link, *target);
        for is_descending in [false, true] {
            let name = format!("{}_count", upper_case(list).to_ascii_lowercase());
            let by = format!("the number of `{list}`");
            self.add_order(&name, &by, "", OrderBy::Count(link, target), None, is_descending);
        }
    }

    fn add_order(
        &mut self,
        name: &str,
        by: &str,
        unknown: &str,
        order: OrderBy,
        missing: Option<Value>,
        is_descending: bool,
    ) {
        let (suffix, direction) = if is_descending { ("DESC", "descending") } else { ("ASC", "ascending") };
        self.orders.push(Order {
            name: format!("{}_{suffix}", name.to_ascii_uppercase()),
            former: None,
            description: format!("By {by}, {direction}{unknown}."),
            by: order,
            missing,
            is_descending,
        });
    }

    /// The columns that orders by related records compare: those of names and dates.
    pub(super) fn comparable(&self) -> impl Iterator<Item = ((&'static str, String), [Column; 2])> {
        self.attributes.iter().filter_map(|attribute| {
            let columns = match &attribute.kind {
                AttributeKind::Name { folded, .. } => [*folded; 2],
                AttributeKind::Date { earliest, latest, .. } => [*earliest, *latest],
                _ => return None,
            };
            Some(((self.table, attribute.name.clone()), columns))
        })
    }

    /// Finds the columns of orders by related records.
    ///
    /// # Panics
    /// If a record that a reference can lead to has no such name or date.
    pub(super) fn resolve_orders(&mut self, comparable: &Comparable) {
        let Self { name, attributes, orders, .. } = self;
        for Order { by, missing, is_descending, .. } in orders {
            let OrderBy::Related(RelatedValue { key, attribute, columns }) = by else { continue };
            let targets = attributes.iter().find_map(|of| match &of.kind {
                AttributeKind::ToOne(to_one) if to_one.column == *key => Some(vec![to_one.target]),
                AttributeKind::ToAny(to_any) if to_any.id == *key => Some(to_any.targets.clone()),
                _ => None,
            });
            let targets = targets.unwrap_or_else(|| panic!("{name}.{}: there is no such reference", key.name));
            let of = |table: &'static str| {
                let found = comparable.get(&(table, (*attribute).to_owned()));
                let found = found.unwrap_or_else(|| panic!("{name}.{}: {table} has no {attribute}", key.name));
                (table, found[usize::from(*is_descending)])
            };
            *columns = targets.into_iter().map(of).collect();
            let is_text = |(_, column): &(&str, Column)| column.data_type == DataType::Text;
            let texts = columns.iter().filter(|of| is_text(of)).count();
            assert!(texts == 0 || texts == columns.len(), "{name}.{}: {attribute} is not alike", key.name);
            *missing = Some(match (texts > 0, *is_descending) {
                (true, false) => LAST_TEXT.into(),
                (true, true) => "".into(),
                (false, false) => UNKNOWN_EARLIEST.into(),
                (false, true) => UNKNOWN_LATEST.into(),
            });
        }
    }
}
