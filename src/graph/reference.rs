//! Relations: fields that lead to other records.

use async_graphql::{
    Value,
    registry::{InputObjectBuilder, MetaInputValue},
};
use indexmap::IndexMap;
use uuid::Uuid;

use crate::{
    db::Id,
    error::{Code, Error, Result},
    graph::{
        Answer, Attr, Call, Definition, Edges, Graph, Link, Record,
        answer::{Slot, Slots},
        camel,
        cell::{Cell, Column},
        connection,
        filter::{self, Predicate, Test},
        page::List,
        record::{article, words},
        wanted,
    },
};

/// A column that refers to a record: `Id<R>`, or `Option<Id<R>>` where it may be empty.
pub trait Reference: Send + Sync + 'static {
    /// The kind of record.
    type Target: Record;
    /// Whether it may not be empty.
    const REQUIRED: bool;
    /// The id.
    fn id(&self) -> Option<Uuid>;
}

impl<R: Record> Reference for Id<R> {
    type Target = R;
    const REQUIRED: bool = true;
    fn id(&self) -> Option<Uuid> {
        Some(self.0)
    }
}
impl<R: Record> Reference for Option<Id<R>> {
    type Target = R;
    const REQUIRED: bool = false;
    fn id(&self) -> Option<Uuid> {
        self.map(|id| id.0)
    }
}

pub(super) fn one<R: Record, T: Reference>(d: &mut Definition<R>, at: Attr<R, T>, description: &str) {
    let name = camel(at.column);
    let target = T::Target::NAME;
    let ty = format!("{target}{}", if T::REQUIRED { "!" } else { "" });
    d.object().level(&name, description, ty, Vec::new(), move |call, rows| {
        Box::pin(async move {
            let found = call
                .loader()
                .referred::<T::Target>(
                    call.place(),
                    rows.iter().filter_map(|row| (at.get)(row).id()),
                    &call.wanted::<T::Target>(),
                )
                .await?;
            Ok(Answer::one(rows.iter().map(|row| (at.get)(row).id().and_then(|id| found.get(&id).cloned()))))
        })
    });
    d.uses(&[at.column]);
    d.object().rides(wanted::Reference { id: at.column, kind: None }, &[T::Target::KIND]);
    d.predicates.push(refers(&name, at.column, T::Target::KIND, target));
    d.columns.push(Column {
        header: at.column.strip_suffix("_id").unwrap_or(at.column),
        cell: Cell::Reference {
            column: at.column,
            kind: T::Target::KIND,
            required: T::REQUIRED,
            get: Box::new(move |row| (at.get)(row).id()),
        },
    });
    if T::REQUIRED {
        d.owners.push(at.column);
    }
}

/// The predicate that the record a column refers to passes a filter.
fn refers(name: &str, column: &'static str, kind: &'static str, target: &str) -> Predicate {
    let about = format!("The {} passes.", words(name));
    Predicate::new(
        name,
        about,
        format!("{target}Filter"),
        |_| {},
        move |value, scope| {
            let test = scope.graph.kind(kind)?.read_filter(value, scope)?;
            Ok(Test::Refers(column, kind, Box::new(test)))
        },
    )
}

/// A pair of columns that refers to a record of one of several kinds: the id, and the kind.
pub trait AnyId: Send + Sync + 'static {
    /// The type of the kind's column.
    type Kind: Send + Sync + 'static;
    /// Whether it may not be empty.
    const REQUIRED: bool;
    /// The kind and the id.
    fn pair(&self, kind: &Self::Kind) -> Option<(String, Uuid)>;
}

impl AnyId for Uuid {
    type Kind = String;
    const REQUIRED: bool = true;
    fn pair(&self, kind: &String) -> Option<(String, Uuid)> {
        Some((kind.clone(), *self))
    }
}
impl AnyId for Option<Uuid> {
    type Kind = Option<String>;
    const REQUIRED: bool = false;
    fn pair(&self, kind: &Option<String>) -> Option<(String, Uuid)> {
        kind.clone().zip(*self)
    }
}

pub(super) fn any<R: Record, T: AnyId>(
    d: &mut Definition<R>,
    at: Attr<R, T>,
    kind: Attr<R, T::Kind>,
    ty: &'static str,
    kinds: &'static [&'static str],
    description: &str,
) {
    let name = camel(at.column);
    let pair = move |row: &R| (at.get)(row).pair((kind.get)(row));
    let written = format!("{ty}{}", if T::REQUIRED { "!" } else { "" });
    d.object().level(&name, description, written, Vec::new(), move |call, rows| {
        Box::pin(async move {
            let pairs: Vec<_> = rows.iter().map(|row| pair(row)).collect();
            let slots = load_any(call, &pairs).await?;
            Ok(Answer::One(slots))
        })
    });
    d.uses(&[at.column, kind.column]);
    d.object().rides(wanted::Reference { id: at.column, kind: Some(kind.column) }, kinds);
    let input = format!("{ty}ReferenceFilter");
    let about = format!("The {} passes.", words(&name));
    let column = at.column;
    d.predicates.push(Predicate::new(
        &*name,
        about,
        input,
        |_| {},
        move |value, scope| {
            let Value::Object(fields) = value else {
                return Err(Error::input(Code::InvalidArgument, format!("{value} is no filter: write an object")));
            };
            let mut tests = Vec::new();
            for (field, value) in fields {
                if matches!(value, Value::Null) {
                    continue;
                }
                if field == "id" {
                    // Through the record itself, so that the id of a hidden one finds nothing.
                    let (kind, id) = filter::record_id(value, kinds)?;
                    tests.push(Test::Refers(column, kind, Box::new(Test::Ids("id", vec![id]))));
                    continue;
                }
                let kind = kinds.iter().find(|k| camel(k) == field.as_str()).ok_or_else(|| {
                    Error::input(Code::InvalidArgument, format!("{field} is not a part of this filter"))
                })?;
                let test = scope.graph.kind(kind)?.read_filter(value, scope)?;
                tests.push(Test::Refers(column, kind, Box::new(test)));
            }
            Ok(Test::All(tests))
        },
    ));
    d.also(move |graph| register_any(graph, ty, kinds));
    d.columns.push(Column {
        header: at.column.strip_suffix("_id").unwrap_or(at.column),
        cell: Cell::AnyReference {
            columns: [at.column, kind.column],
            kinds,
            required: T::REQUIRED,
            get: Box::new(pair),
        },
    });
    if T::REQUIRED {
        d.owners.push(at.column);
    }
}

/// Makes the input type of the references to records of several kinds known.
fn register_any(graph: &mut Graph, ty: &str, kinds: &[&'static str]) {
    let name = format!("{ty}ReferenceFilter");
    let field = |name: String, ty: String, description: String| {
        let mut meta = MetaInputValue::new(name.clone(), ty);
        meta.description = Some(description);
        (name, meta)
    };
    let mut fields = IndexMap::from([field("id".to_owned(), "ID".to_owned(), "It has this id.".to_owned())]);
    fields.extend(kinds.iter().filter_map(|kind| {
        let target = graph.kind(kind).ok()?.name();
        Some(field(
            camel(kind),
            format!("{target}Filter"),
            format!("It is {} {} that passes.", article(kind), words(kind)),
        ))
    }));
    graph.types().add(&name, || {
        InputObjectBuilder::new(&*name, fields)
            .description(Some(format!(
                "Ways in which to filter by {} {} of whatever kind; all that are given must hold.",
                article(ty),
                words(ty)
            )))
            .build()
    });
}

/// Loads records of several kinds: one statement for each kind that occurs.
pub(super) async fn load_any(call: Call<'_>, wanted: &[Option<(String, Uuid)>]) -> Result<Slots> {
    let graph = call.graph();
    let mut by_kind: IndexMap<&str, Vec<Uuid>> = IndexMap::new();
    for (kind, id) in wanted.iter().flatten() {
        by_kind.entry(kind).or_default().push(*id);
    }
    let loads = by_kind.iter().map(|(kind, ids)| async move { graph.kind(kind)?.load(call, ids).await });
    let loaded = futures_util::future::try_join_all(loads).await?;
    let slots = wanted
        .iter()
        .map(|one| {
            let Some((kind, id)) = one else {
                return Slot::Null;
            };
            let group = by_kind.get_index_of(kind.as_str()).unwrap_or_default();
            match loaded[group].places.get(id) {
                Some(row) => Slot::Row { group: super::answer::index(group), row: *row },
                None => Slot::Null,
            }
        })
        .collect();
    Ok(Slots { groups: loaded.into_iter().map(|l| l.group).collect(), slots })
}

pub(super) fn many<R: Record, C: Record, X: Edges<C>>(
    d: &mut Definition<R>,
    name: &str,
    link: Link,
    description: &str,
) {
    d.object().level(
        name,
        description,
        format!("{}Connection!", X::name()),
        connection::arguments::<C>(),
        move |call, rows| {
            Box::pin(async move {
                let definition = call.graph().definition::<C>();
                let list = List::parse(call.args(), &definition.orders, |f| {
                    filter::read(f, &definition.predicates, call.graph())
                })?;
                let parents = rows.iter().map(|row| Some(row.id())).collect();
                connection::connect::<C, X>(call, Some(link), parents, list).await
            })
        },
    );
    d.uses(&[]);
    d.also(connection::register::<C, X>);
    d.also(|graph| {
        let (name, target) = (format!("{}ListFilter", C::NAME), format!("{}Filter", C::NAME));
        let field = |name: &str, description: &str| {
            let mut meta = MetaInputValue::new(name, target.clone());
            meta.description = Some(description.to_owned());
            (name.to_owned(), meta)
        };
        graph.types().add(&name, || {
            let fields = IndexMap::from([
                field("some", "At least one passes."),
                field("every", "All pass, or there are none."),
                field("none", "None passes."),
            ]);
            InputObjectBuilder::new(&*name, fields)
                .description(Some(format!(
                    "Ways in which to filter by {}; all that are given must hold.",
                    words(C::LIST)
                )))
                .build()
        });
    });
    let about = format!("By the {}.", words(name));
    d.predicates.push(Predicate::new(
        name,
        about,
        format!("{}ListFilter", C::NAME),
        |_| {},
        move |value, scope| {
            let Value::Object(fields) = value else {
                return Err(Error::input(Code::InvalidArgument, format!("{value} is no filter: write an object")));
            };
            let mut tests = Vec::new();
            for (quantifier, value) in fields {
                if matches!(value, Value::Null) {
                    continue;
                }
                let test = scope.graph.kind(C::KIND)?.read_filter(value, scope)?;
                let some = |test| Test::Some(link, C::KIND, Box::new(test));
                tests.push(match quantifier.as_str() {
                    "some" => some(test),
                    "none" => Test::Not(Box::new(some(test))),
                    "every" => Test::Not(Box::new(some(Test::Not(Box::new(test))))),
                    other => {
                        return Err(Error::input(
                            Code::InvalidArgument,
                            format!("{other} is not a part of this filter"),
                        ));
                    }
                });
            }
            Ok(Test::All(tests))
        },
    ));
}
