//! What a slice says about its kind of record: each attribute and each relation once.

use async_graphql::registry::EnumBuilder;
use indexmap::IndexMap;
use sea_orm::Value;

use crate::{
    db::{Decimal, Id},
    edtf::{self, Day},
    graph::{
        Attr, Attribute, Columns, Edges, Graph, Link, Object, Record,
        attribute::Ordered,
        camel,
        cell::{Cell, Column, Links},
        connection,
        date::{self, DateValue},
        filter::{self, Predicate},
        fold, names,
        page::{Order, Position, Scale},
        record::words,
        reference::{self, Reference},
    },
};

/// What is said of a kind of record.
pub struct Definition<R> {
    pub(super) object: Option<Object<R>>,
    pub(super) predicates: Vec<Predicate>,
    pub(super) orders: Vec<Order<R>>,
    pub(super) columns: Vec<Column<R>>,
    /// The columns that refer to records without which a row cannot be shown.
    pub(super) owners: Vec<&'static str>,
    periods: Vec<(&'static str, &'static str)>,
    /// The main name and its language.
    pub(super) name: Option<(Attr<R, String>, Attr<R, String>)>,
    also: Vec<Late>,
}

/// What is done once all kinds of records are known.
pub(super) type Late = Box<dyn FnOnce(&mut Graph) + Send + Sync>;

impl<R: Record> Definition<R> {
    pub(super) fn new() -> Self {
        let mut d = Self {
            object: Some(Object::new(R::NAME, R::DESCRIPTION)),
            predicates: Vec::new(),
            orders: Vec::new(),
            columns: Vec::new(),
            owners: Vec::new(),
            periods: Vec::new(),
            name: None,
            also: Vec::new(),
        };
        let kinds: &'static [&'static str] = const { &[R::KIND] };
        d.predicates.push(filter::ids("id", "By its id.", "id", kinds));
        d.predicates.push(String::predicate("key", "By its key.", "key"));
        let o = d.object();
        o.computed("id", "The global id (a TypeID): it tells the type, and never changes.", |row: &R| {
            Id::<R>::new(row.id())
        });
        o.uses(Columns::of::<R>(&[]));
        o.computed("key", "The key: a slug, unique among its kind.", |row| row.key().to_owned());
        o.uses(Columns::of::<R>(&["key"]));
        for descending in [false, true] {
            d.order("key", "key", descending, Scale::Text, false, |row| Some(Position::Text(row.key().to_owned())));
        }
        for descending in [false, true] {
            d.order("created", "id", descending, Scale::Id, false, |row| Some(Position::Id(row.id())));
        }
        d
    }

    /// Says which columns of the row the field added last uses, beside the id.
    pub(super) fn uses(&mut self, columns: &[&str]) -> &mut Self {
        self.object().uses(Columns::of::<R>(columns));
        self
    }

    /// What all kinds of records have, after their own.
    pub(super) fn shared(&mut self) -> &mut Self {
        let common = R::common();
        self.text(common.note, "A remark of the editors.");
        self.value(common.visibility, "Who may see it.");
        let o = self.object();
        o.leaf("version", "How often it was changed, counted from 1.", common.version.get);
        o.uses(Columns::of::<R>(&[common.version.column]));
        o.leaf("createdAt", "The moment at which it was recorded.", common.created_at.get);
        o.uses(Columns::of::<R>(&[common.created_at.column]));
        o.leaf("updatedAt", "The moment at which it was last changed.", common.updated_at.get);
        o.uses(Columns::of::<R>(&[common.updated_at.column]));
        names::describe(self);
        self
    }

    /// The object type, for fields that are neither attributes nor relations.
    ///
    /// # Panics
    /// If the definition is finished already.
    pub fn object(&mut self) -> &mut Object<R> {
        self.object.as_mut().expect("a definition in the making")
    }

    /// An attribute: a field, a predicate, a column of the CSV file.
    pub fn value<T: Attribute>(&mut self, at: Attr<R, T>, description: &str) -> &mut Self {
        let name = camel(at.column);
        self.object().leaf(&name, description, at.get);
        self.uses(&[at.column]);
        self.predicates.push(T::predicate(&name, &format!("By this: {}", lower_first(description)), at.column));
        self.cell(at);
        self
    }

    /// Says between which numbers those of the attribute added last lie.
    pub fn between(&mut self, least: i32, most: i32) -> &mut Self {
        if let Some(Column { cell: Cell::Value { read, .. }, .. }) = self.columns.last_mut() {
            let any = std::mem::replace(read, Box::new(|_| Ok(Vec::new())));
            *read = Box::new(move |cell| {
                let within = |n: f64| (f64::from(least)..=f64::from(most)).contains(&n);
                let values = any(cell)?;
                let outside = cell.parse().is_ok_and(|n| !within(n));
                if outside { Err(format!("a number from {least} to {most} is needed")) } else { Ok(values) }
            });
        }
        self
    }

    fn cell<T: Attribute>(&mut self, at: Attr<R, T>) {
        self.columns.push(Column {
            header: at.column,
            cell: Cell::Value {
                columns: vec![at.column],
                read: Box::new(|cell| T::read(cell).map(|v| vec![v])),
                print: Box::new(move |row| (at.get)(row).print()),
            },
        });
    }

    /// A free text: a field and a column of the CSV file, but no predicate.
    pub fn text(&mut self, at: Attr<R, Option<String>>, description: &str) -> &mut Self {
        self.object().leaf(&camel(at.column), description, at.get);
        self.uses(&[at.column]);
        self.cell(at);
        self
    }

    /// An exact figure: a field, a predicate and an order by its size, a column of the CSV file.
    pub fn decimal(&mut self, at: Attr<R, Decimal>, sort: Attr<R, f64>, description: &str) -> &mut Self {
        self.object().leaf(at.column, description, at.get);
        self.uses(&[at.column]);
        self.predicates.push(f64::predicate(at.column, "By its size.", sort.column));
        for descending in [false, true] {
            self.order(at.column, sort.column, descending, f64::SCALE, false, move |row| (sort.get)(row).position());
        }
        self.columns.push(Column {
            header: at.column,
            cell: Cell::Value {
                columns: vec![at.column, sort.column],
                read: Box::new(|cell| {
                    let wrong = |_| "a decimal number of at most 28 digits, such as 3000 or 0.35, is needed".to_owned();
                    let exact = rust_decimal::Decimal::from_str_exact(cell).map_err(wrong)?;
                    let size: f64 = exact.to_string().parse().map_err(|_| String::new())?;
                    Ok(vec![Decimal(cell.to_owned()).into(), size.into()])
                }),
                print: Box::new(move |row| (at.get)(row).0.clone()),
            },
        });
        self
    }

    /// An attribute by which lists can be ordered, too; rows where it is missing come last.
    pub fn ordered_value<T: Ordered>(&mut self, at: Attr<R, T>, description: &str) -> &mut Self {
        self.value(at, description);
        self.order(at.column, at.column, false, T::SCALE, T::MISSING, move |row| (at.get)(row).position());
        self.order(at.column, at.column, true, T::SCALE, T::MISSING, move |row| (at.get)(row).position())
    }

    /// Adds an order by a column. What is missing stands after everything else in either direction.
    ///
    /// # Panics
    /// If values that may be missing are no integers, which alone have a place behind all others: a mistake in the slice,
    /// which every test would meet.
    pub(super) fn order(
        &mut self,
        name: &str,
        column: &'static str,
        descending: bool,
        scale: Scale,
        missing: bool,
        position: impl Fn(&R) -> Option<Position> + Send + Sync + 'static,
    ) -> &mut Self {
        assert!(!missing || scale == Scale::Integer, "{}: only integers may be missing in an order by {name}", R::NAME);
        let last = if descending { -i64::MAX } else { i64::MAX };
        let (direction, sense) = if descending { ("DESC", "descending") } else { ("ASC", "ascending") };
        self.orders.push(Order {
            name: format!("{}_{direction}", name.to_ascii_uppercase()),
            description: format!("By {}, {sense}{}.", words(name), if missing { "; unknown ones last" } else { "" }),
            column,
            missing: missing.then_some(last),
            scale,
            descending,
            value: Box::new(move |row| position(row).unwrap_or(Position::Integer(last))),
        });
        self
    }

    /// The main name: a field, a predicate and an order without regard to case and diacritics, two columns of the CSV
    /// file, and what `label` falls back to.
    pub fn name(
        &mut self,
        at: Attr<R, String>,
        sort: Attr<R, String>,
        language: Attr<R, String>,
        description: &str,
    ) -> &mut Self {
        self.object().leaf(at.column, description, at.get);
        self.uses(&[at.column]);
        let about = "By the main name, without regard to case and diacritics.";
        self.predicates.push(filter::column::<filter::Text>(at.column, about, sort.column));
        for descending in [false, true] {
            self.order(at.column, sort.column, descending, Scale::Text, false, move |row| {
                Some(Position::Text((sort.get)(row).clone()))
            });
        }
        self.columns.push(Column {
            header: at.column,
            cell: Cell::Value {
                columns: vec![at.column, sort.column],
                read: Box::new(|cell| String::read(cell).map(|name| vec![name, fold(cell).into()])),
                print: Box::new(move |row| (at.get)(row).clone()),
            },
        });
        self.columns.push(Column {
            header: language.column,
            cell: Cell::Value {
                columns: vec![language.column],
                read: Box::new(|cell| names::language(cell).map(|tag| vec![tag.into()])),
                print: Box::new(move |row| (language.get)(row).clone()),
            },
        });
        self.name = Some((at, language));
        self
    }

    /// A date: a field, a predicate, an order by earliest day and one, descending, by latest day, a column of the CSV file.
    pub fn date(
        &mut self,
        written: Attr<R, Option<String>>,
        earliest: Attr<R, Day>,
        latest: Attr<R, Day>,
        description: &str,
    ) -> &mut Self {
        let name = camel(written.column);
        self.object().embed(&name, description, "EdtfDate", move |row| {
            (written.get)(row).clone().map(|edtf| DateValue {
                edtf,
                earliest: *(earliest.get)(row),
                latest: *(latest.get)(row),
            })
        });
        self.uses(&[written.column, earliest.column, latest.column]);
        self.predicates.push(filter::dates(
            &name,
            &format!("By this: {}", lower_first(description)),
            earliest.column,
            latest.column,
        ));
        self.order(written.column, earliest.column, false, Scale::Integer, false, move |row| {
            Some(Position::Integer(i64::from(*(earliest.get)(row))))
        });
        self.order(written.column, latest.column, true, Scale::Integer, false, move |row| {
            Some(Position::Integer(i64::from(*(latest.get)(row))))
        });
        self.columns.push(Column {
            header: written.column,
            cell: Cell::Value {
                columns: vec![written.column, earliest.column, latest.column],
                read: Box::new(|cell| {
                    if cell.is_empty() {
                        return Ok(vec![
                            Value::String(None),
                            edtf::UNKNOWN_EARLIEST.into(),
                            edtf::UNKNOWN_LATEST.into(),
                        ]);
                    }
                    let date = edtf::Date::parse(cell).map_err(|e| e.shown().message)?;
                    Ok(vec![date.edtf.into(), date.earliest.into(), date.latest.into()])
                }),
                print: Box::new(move |row| (written.get)(row).clone().unwrap_or_default()),
            },
        });
        self.also(|graph| {
            graph.add_object(date::object);
        })
    }

    /// A reference to one record: a field, a predicate on that record, a column of the CSV file.
    pub fn one<T: Reference>(&mut self, at: Attr<R, T>, description: &str) -> &mut Self {
        reference::one(self, at, description);
        self
    }

    /// A reference to a record of one of several kinds, kept in two columns; `ty` is an interface or a union.
    pub fn any<T: reference::AnyId>(
        &mut self,
        at: Attr<R, T>,
        kind: Attr<R, T::Kind>,
        ty: &'static str,
        kinds: &'static [&'static str],
        description: &str,
    ) -> &mut Self {
        reference::any(self, at, kind, ty, kinds, description);
        self
    }

    /// The records that hang on this one: a connection, and a predicate on them.
    pub fn many<C: Record>(&mut self, name: &str, link: Link, description: &str) -> &mut Self {
        self.many_as::<C, connection::Plain>(name, link, description)
    }

    /// The same, with edges that say more than the record does.
    pub fn many_as<C: Record, X: Edges<C>>(&mut self, name: &str, link: Link, description: &str) -> &mut Self {
        reference::many::<R, C, X>(self, name, link, description);
        self
    }

    /// A list of keys in the CSV file, kept in a table of links.
    pub fn list(&mut self, header: &'static str, links: Links, kind: &'static str, at_least: usize) -> &mut Self {
        self.columns.push(Column { header, cell: Cell::List { links, kind, at_least } });
        self
    }

    /// Puts the order that applies when the client names none first.
    ///
    /// # Panics
    /// If there is no such order: a mistake in the slice, which every test would meet.
    pub fn default_order(&mut self, name: &str) -> &mut Self {
        let i = self.orders.iter().position(|o| o.name == name).expect("an order of this name");
        let order = self.orders.remove(i);
        self.orders.insert(0, order);
        self
    }

    /// Lets the graph know further types once all kinds are known.
    pub(super) fn also(&mut self, register: impl FnOnce(&mut Graph) + Send + Sync + 'static) -> &mut Self {
        self.also.push(Box::new(register));
        self
    }

    /// Says that the date `end` may not lie before the date `start`, as far as both are known.
    pub fn period<A, B>(&mut self, start: Attr<R, A>, end: Attr<R, B>) -> &mut Self {
        self.periods.push((start.column, end.column));
        self
    }

    /// Pairs of dates, of which the second may not lie before the first.
    #[must_use]
    pub fn periods(&self) -> &[(&'static str, &'static str)] {
        &self.periods
    }

    /// The columns of the CSV file.
    #[must_use]
    pub fn columns(&self) -> &[Column<R>] {
        &self.columns
    }

    /// The columns that refer to records without which a row cannot be shown.
    #[must_use]
    pub fn owners(&self) -> &[&'static str] {
        &self.owners
    }

    pub(super) fn finish(&mut self, graph: &mut Graph) {
        if let Some(object) = self.object.take() {
            graph.add_object(|| object);
        }
        graph.late.append(&mut self.also);
        let about = words(R::LIST);
        filter::register(
            graph.types(),
            &format!("{}Filter", R::NAME),
            &format!("Ways in which to filter {about}; all that are given must hold."),
            &self.predicates,
        );
        graph.types().add(&format!("{}Order", R::NAME), || {
            let values: IndexMap<_, _> = self
                .orders
                .iter()
                .map(|o| {
                    let mut value = async_graphql::registry::MetaEnumValue::new(o.name.clone());
                    value.description = Some(o.description.clone());
                    (o.name.clone(), value)
                })
                .collect();
            EnumBuilder::new(format!("{}Order", R::NAME), values)
                .description(Some(format!("Orders in which to list {about}. Ties are broken by age.")))
                .build()
        });
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
