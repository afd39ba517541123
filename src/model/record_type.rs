//! Record types: everything that a slice says about its entity.

use async_graphql::{OutputType, resolver_utils::EnumType};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, IdenStatic, Iterable, Value, sea_query::InsertStatement};

use super::{
    Attribute, AttributeKind, Column, Coordinates, CounterpartFields, DataType, DateColumns, Description, Group,
    Inconsistency, Link, Moment, NetworkType, Order, OrderBy, Period, Record, RoleField, SchemaOrg, Spells, ToAny,
    ToMany, ToManyAny, Vocabulary, Way, attribute::table_of, quality::Issue,
};

/// A type of record.
pub struct RecordType {
    /// The table; also the prefix of global ids, and the type's name in CSV files.
    pub table: &'static str,
    /// The GraphQL type.
    pub name: &'static str,
    /// The plural, in `snake_case`: the list at the root, and the CSV file.
    pub plural: &'static str,
    /// What such a record is.
    pub description: &'static str,
    /// The columns of the table, in the order of the entity.
    pub columns: Vec<Column>,
    /// The names of the columns that the database computes; nothing may write them.
    pub generated: Vec<&'static str>,
    /// What the records have, in the order of the schema.
    pub attributes: Vec<Attribute>,
    /// The orders of lists; the first one applies when a client names none.
    pub orders: Vec<Order>,
    /// Pairs of dates, by their columns: the second may not lie before the first.
    pub in_order: Vec<(&'static str, &'static str)>,
    /// The period from one date to another, if the records have one.
    pub period: Option<Period>,
    /// Whether lists can be asked for what was at a time, as far as its period is known.
    pub is_asked_by_time: bool,
    /// The dates that belong on timelines.
    pub moments: Vec<Moment>,
    /// Whose moments are on the timeline of a record: for each table, how its records are related to the record.
    pub timeline: Vec<(&'static str, Link)>,
    /// Lists of what is told of in several records, as one.
    pub spells: Vec<Spells>,
    /// Where the records are, if they have a latitude and a longitude.
    pub coordinates: Option<Coordinates>,
    /// The reference to the place whose coordinates stand for those of the record, if it has none.
    pub place: Option<String>,
    /// What the records are in schema.org.
    pub schema_org: SchemaOrg,
    /// The network that the records belong to, if there is one, and what the field that leads to it is.
    pub network: Option<(&'static NetworkType, &'static str)>,
    /// What makes a record the thing that it is, by the headers of the CSV file: import warns of a change.
    pub defining: Vec<&'static str>,
    /// Values that do not fit together.
    pub inconsistencies: Vec<Inconsistency>,
    /// What lists can be grouped by beside the attributes.
    pub related_keys: Vec<RelatedKey>,
    /// What can be doubtful about the records.
    pub issues: Vec<Issue>,
    /// The main name and its language, if the records have a name.
    pub main_name: Option<(Column, Column)>,
    /// The number by which a record is better known than others of its type, such as the population of a city.
    pub prominence: Option<Column>,
    /// Builds the statement that inserts rows of some of the columns.
    pub insert: fn(&[Column], Vec<Vec<Value>>) -> InsertStatement,
}

/// What lists can be grouped by beside the attributes of their records: records that a link joins.
#[derive(Debug)]
pub struct RelatedKey {
    /// The name of the key in the schema, such as `HOST`.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// How they are related.
    pub link: Link,
    /// The name of the union that they belong to, if they can be of several types.
    group: Option<&'static str>,
    /// Their tables.
    pub targets: Vec<&'static str>,
    /// The column of a text by which lists are grouped, and not by the records that have it.
    pub text: Option<&'static str>,
}

impl RecordType {
    pub(super) fn of<E: Record>() -> Self {
        let columns = E::Column::iter().enumerate().map(|(index, column)| Column::of(column, index)).collect();
        let mut record = Self {
            table: E::default().table_name(),
            name: E::NAME,
            plural: E::PLURAL,
            description: E::DESCRIPTION,
            columns,
            generated: Vec::new(),
            attributes: Vec::new(),
            orders: Vec::new(),
            in_order: Vec::new(),
            period: None,
            is_asked_by_time: false,
            moments: Vec::new(),
            timeline: Vec::new(),
            spells: Vec::new(),
            coordinates: None,
            place: None,
            schema_org: SchemaOrg::default(),
            network: None,
            defining: Vec::new(),
            inconsistencies: Vec::new(),
            related_keys: Vec::new(),
            issues: Vec::new(),
            main_name: None,
            prominence: None,
            insert: insert::<E>,
        };
        assert!(record.column("id").index == 0, "{}: the id must be the first column", E::NAME);
        let mut description = Description::<E>::new(&mut record);
        description.identity();
        E::describe(&mut description);
        description.history();
        record
    }

    /// A column that all record types have.
    ///
    /// # Panics
    /// If the entity lacks it.
    #[must_use]
    pub fn column(&self, name: &str) -> Column {
        let found = self.columns.iter().find(|column| column.name == name);
        *found.unwrap_or_else(|| panic!("the entity of the table {} has no column {name}", self.table))
    }

    /// The attribute that is the field of a name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.is_field() && attribute.is_called(name))
    }

    /// The column of the main name as it is folded.
    #[must_use]
    pub fn folded_name(&self) -> Option<Column> {
        self.attributes.iter().find_map(|attribute| match attribute.kind {
            AttributeKind::Name { folded, .. } => Some(folded),
            _ => None,
        })
    }

    /// Whether an order of its lists compares names: its own, or those of related records.
    #[must_use]
    pub fn is_by_name(&self, order: &Order) -> bool {
        match &order.by {
            OrderBy::Column(column) => self.folded_name() == Some(*column),
            // They compare names or dates.
            OrderBy::Related(_) => order.data_type() == DataType::Text,
            OrderBy::Count(..) | OrderBy::Distance => false,
        }
    }

    /// The field of the main name, if the records have a name.
    #[must_use]
    pub fn name_field(&self) -> Option<&str> {
        let is_name = |attribute: &&Attribute| matches!(attribute.kind, AttributeKind::Name { .. });
        self.attributes.iter().find(is_name).map(|attribute| attribute.name.as_str())
    }

    /// The columns of the dates.
    pub fn dates(&self) -> impl Iterator<Item = DateColumns> {
        self.attributes.iter().filter_map(|attribute| match &attribute.kind {
            AttributeKind::Date { edtf, earliest, latest } => Some([edtf.name, earliest.name, latest.name]),
            _ => None,
        })
    }

    /// The column of the name whose folded form a column has.
    pub(super) fn name_of(&self, column: &Column) -> Option<&Column> {
        self.attributes.iter().find_map(|attribute| match &attribute.kind {
            AttributeKind::Name { name, folded, .. } if folded == column => Some(name),
            _ => None,
        })
    }

    /// The list without which a record is nothing, such as the members of a partnership: its attribute, its table of links, and
    /// the table of the records that it names.
    #[must_use]
    pub fn members(&self) -> Option<(&Attribute, Link, &'static str)> {
        self.attributes.iter().find_map(|attribute| match attribute.kind {
            AttributeKind::Keys { link, target, at_least: 1.., .. } => Some((attribute, link, target)),
            _ => None,
        })
    }

    /// The references without which a record cannot be shown: their foreign keys.
    pub fn owners(&self) -> impl Iterator<Item = Column> {
        self.attributes.iter().filter_map(|attribute| match &attribute.kind {
            AttributeKind::ToOne(to_one) => Some(to_one.column).filter(|column| !column.nullable),
            AttributeKind::ToAny(to_any) => Some(to_any.id).filter(|column| !column.nullable),
            _ => None,
        })
    }

    /// Adds a connection: the records whose `column` refers to a record of this type.
    pub fn has_many<C: ColumnTrait>(&mut self, name: &str, column: C, description: &'static str) {
        let link = Link::column(column);
        let many = ToMany { link, target: table_of::<C>(), counterparts: None, roles: None };
        self.add(Attribute::new(name, AttributeKind::ToMany(many), description));
    }

    /// Adds a connection: the records of `E` that a table of links joins to a record of this type.
    pub fn has_many_through<E: EntityTrait, C: ColumnTrait>(
        &mut self,
        name: &str,
        (parent, child): (C, C),
        description: &'static str,
    ) {
        let link = Link::through(parent, child);
        let many = ToMany { link, target: E::default().table_name(), counterparts: None, roles: None };
        self.add(Attribute::new(name, AttributeKind::ToMany(many), description));
    }

    /// Adds a connection: the records of `E` that at least one of several links joins to a record of this type. Each is there
    /// once; its edge tells by which of the links, as `roles`. `prefix` is that of the names of the connection and the edge.
    pub fn has_many_by<E: EntityTrait, V: EnumType + OutputType + ActiveEnum<Value = String>>(
        &mut self,
        name: &str,
        prefix: &'static str,
        ways: impl IntoIterator<Item = (V, Link)>,
        description: &'static str,
    ) {
        // Links and vocabularies live as long as the model, which is never dropped.
        let way = |(role, link): (V, Link)| Way { role: role.to_value().leak(), link };
        let ways: Vec<_> = ways.into_iter().map(way).collect();
        let vocabulary = Box::leak(Box::new(Vocabulary::of::<V>()));
        let many = ToMany {
            link: Link::Any(ways.leak()),
            target: E::default().table_name(),
            counterparts: None,
            roles: Some(RoleField { prefix, vocabulary }),
        };
        self.add(Attribute::new(name, AttributeKind::ToMany(many), description));
    }

    /// Adds a connection: the records of all types of a group that a table of links joins to a record of this type. Lists
    /// cannot be filtered by it.
    pub fn has_many_any_through<C: ColumnTrait>(
        &mut self,
        name: &str,
        group: &'static str,
        (parent, child): (C, C),
        description: &'static str,
    ) {
        let many = ToManyAny { link: Link::through(parent, child), group };
        let attribute = Attribute::new(name, AttributeKind::ToManyAny(many), description);
        self.add(Attribute { is_filterable: false, ..attribute });
    }

    /// Adds the timeline of the records: the moments of those that are related to it, by [`related`](super::timeline::related).
    pub fn has_timeline(&mut self, related: impl IntoIterator<Item = (&'static str, Link)>) {
        self.timeline.extend(related);
    }

    /// Adds a list of what records of `T` tell of, as one: those whose `column` refers to a record of this type, that have the same
    /// values in the columns `alike`, and whose periods do not contradict each other. `object` is the type of its items, and
    /// what one is.
    ///
    /// # Panics
    /// If the records have no period.
    pub fn has_spells<T: Record>(
        &mut self,
        name: &'static str,
        [object, about]: [&'static str; 2],
        column: T::Column,
        alike: impl IntoIterator<Item = T::Column>,
        description: &'static str,
    ) {
        let records = Self::of::<T>();
        let alike = alike.into_iter().map(|column| records.column(column.as_str())).collect();
        let period = records.period.unwrap_or_else(|| panic!("{}: there is no period", T::NAME));
        let (link, target, records) = (Link::column(column), records.table, T::PLURAL);
        self.spells.push(Spells { name, object, about, records, link, target, period, alike, description });
    }

    /// Lets the edges of the connection added last tell the other records that a link joins.
    ///
    /// # Panics
    /// If no connection was added.
    pub fn with_counterparts<E: EntityTrait>(
        &mut self,
        prefix: &'static str,
        [one, all]: [&'static str; 2],
        column: impl ColumnTrait,
    ) {
        let Some(AttributeKind::ToMany(many)) = self.attributes.last_mut().map(|attribute| &mut attribute.kind) else {
            panic!("{}: edges belong to a connection", self.name);
        };
        let (column, target) = (column.as_str(), E::default().table_name());
        many.counterparts = Some(CounterpartFields { prefix, one, all, column, target });
    }

    /// Lets lists be grouped by the connection added last.
    ///
    /// # Panics
    /// If no connection was added.
    pub fn grouped(&mut self) {
        let last = self.attributes.last_mut().filter(|last| matches!(last.kind, AttributeKind::ToMany(_)));
        last.unwrap_or_else(|| panic!("{}: groups need a connection", self.name)).is_group_key = true;
    }

    /// Lets lists be grouped by the records of `E` that one of several links joins.
    pub fn grouped_by<E: EntityTrait>(
        &mut self,
        name: &'static str,
        links: impl IntoIterator<Item = Link>,
        description: &'static str,
    ) {
        let (target, link) = super::timeline::related::<E>(links);
        self.related_keys.push(RelatedKey { name, description, link, group: None, targets: vec![target], text: None });
    }

    /// Lets lists be grouped by the records of a union that a link joins.
    pub fn grouped_by_any(&mut self, name: &'static str, link: Link, union: &'static str, description: &'static str) {
        let (group, targets) = (Some(union), Vec::new());
        self.related_keys.push(RelatedKey { name, description, link, group, targets, text: None });
    }

    /// Lets lists be grouped by a text of the records that a link joins.
    pub fn grouped_by_text<C: ColumnTrait>(
        &mut self,
        name: &'static str,
        link: Link,
        text: C,
        description: &'static str,
    ) {
        let (targets, text) = (vec![table_of::<C>()], Some(text.as_str()));
        self.related_keys.push(RelatedKey { name, description, link, group: None, targets, text });
    }

    /// Says which network the records belong to. `description` is that of the field `network`.
    pub fn network(&mut self, network: &'static NetworkType, description: &'static str) {
        self.network = Some((network, description));
    }

    pub(super) fn add(&mut self, attribute: Attribute) {
        let is_new = attribute.is_field().then(|| self.attribute(&attribute.name)).flatten().is_none();
        assert!(is_new, "{}.{} is described twice", self.name, attribute.name);
        self.attributes.push(attribute);
    }

    /// Resolves the names of groups, and checks that references lead to record types.
    pub(super) fn resolve(&mut self, tables: &[&'static str], groups: &[Group]) {
        let name = self.name;
        let known = |table: &'static str, attribute: &str| {
            assert!(tables.contains(&table), "{name}.{attribute}: there is no record type {table}");
        };
        let group_of = |group: &str, attribute: &str| {
            let found = groups.iter().find(|known| known.name == group);
            found.unwrap_or_else(|| panic!("{name}.{attribute}: there is no union {group}"))
        };
        for attribute in &mut self.attributes {
            match &mut attribute.kind {
                AttributeKind::ToOne(to_one) => known(to_one.target, &attribute.name),
                AttributeKind::ToMany(to_many) => known(to_many.target, &attribute.name),
                AttributeKind::Keys { target, .. } => known(target, &attribute.name),
                AttributeKind::ToAny(ToAny { group, targets, .. }) => {
                    targets.clone_from(&group_of(group, &attribute.name).members);
                }
                AttributeKind::ToManyAny(to_many) => drop(group_of(to_many.group, &attribute.name)),
                _ => {}
            }
        }
        for key in &mut self.related_keys {
            if let Some(group) = key.group {
                key.targets.clone_from(&group_of(group, key.name).members);
            }
            key.targets.iter().for_each(|target| known(target, key.name));
        }
    }
}

/// Inserts rows of `columns`, by the entity's active models.
fn insert<E: EntityTrait>(columns: &[Column], rows: Vec<Vec<Value>>) -> InsertStatement {
    use sea_orm::{ActiveModelTrait, Insert, QueryTrait};
    let all: Vec<E::Column> = E::Column::iter().collect();
    let models = rows.into_iter().map(|row| {
        let mut model = <E::ActiveModel as ActiveModelTrait>::default();
        for (column, value) in columns.iter().zip(row) {
            model.set(all[column.index], value);
        }
        model
    });
    Insert::many(models).into_query()
}
