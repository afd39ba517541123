//! Records: rows that have an id, a key, a visibility and a version, of whatever kind.

use std::{any::Any, marker::PhantomData, sync::Arc};

use apollo_compiler::executable::SelectionSet;
use async_graphql::Value;
use futures_util::future::BoxFuture;
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use crate::{
    db::{Moment, vocabulary},
    error::{Code, Error, Result},
    graph::{
        Answer, Argument, Call, ColumnReader, Columns, Definition, Exec, Graph, Kind, Loaded, Object, Root, Wanted,
        connection,
        filter::{self, Test},
        page::List,
        types::Types,
    },
};

vocabulary! {
    /// Who may see a record.
    Visibility {
        /// Everybody.
        Public = "public",
        /// Partners and the staff.
        Partner = "partner",
        /// The staff only.
        Internal = "internal",
    }
}

impl Visibility {
    /// The rank: a viewer of rank `n` sees what has rank `n` or less.
    #[must_use]
    pub const fn rank(self) -> i16 {
        self as i16
    }
}

/// A row of a kind of record.
pub trait Record: Send + Sync + Sized + 'static {
    /// The table, and the prefix of ids: `innovation_center`.
    const KIND: &'static str;
    /// The GraphQL type: `InnovationCenter`.
    const NAME: &'static str;
    /// The list at the root, and the CSV file: `innovation_centers`.
    const LIST: &'static str;
    /// What such a record is.
    const DESCRIPTION: &'static str;
    /// All columns, in the order of the row.
    const COLUMNS: &'static [&'static str];

    /// Reads a row.
    fn read(columns: &mut ColumnReader<'_>) -> Result<Self, DbErr>;
    /// The row's id.
    fn id(&self) -> Uuid;
    /// The row's key: a slug, unique among its kind.
    fn key(&self) -> &str;
    /// The columns that all records have.
    fn common() -> Common<Self>;
    /// Says what the record has, and how it is filtered, ordered and exchanged.
    fn define(d: &mut Definition<Self>);
}

/// A column and the field of the row that holds it.
pub struct Attr<R, T> {
    /// The column's name.
    pub column: &'static str,
    /// The value of a row.
    pub get: fn(&R) -> &T,
}

// Written out, because a derive would ask the same of `R` and `T`.
impl<R, T> Clone for Attr<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R, T> Copy for Attr<R, T> {}

/// The columns that all records have.
pub struct Common<R> {
    /// A remark of the editors.
    pub note: Attr<R, Option<String>>,
    /// Who may see the record, if it depended on the record alone.
    pub visibility: Attr<R, Visibility>,
    /// How often it was changed.
    pub version: Attr<R, i32>,
    /// When it was recorded.
    pub created_at: Attr<R, Moment>,
    /// When it was last changed.
    pub updated_at: Attr<R, Moment>,
}

/// Declares the table of a kind of record: its own columns, and those that all records have.
macro_rules! record {
    ($(#[doc = $about:literal])+ $Name:ident, $kind:literal, $list:literal { $($field:ident: $T:ty,)* }) => {
        use sea_orm::entity::prelude::*;

        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, sea_orm::DeriveEntityModel)]
        #[sea_orm(table_name = $kind)]
        #[allow(missing_docs, reason = "columns are described where they are offered")]
        pub struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub id: crate::db::Id<Model>,
            pub key: String,
            $(pub $field: $T,)*
            pub note: Option<String>,
            pub visibility: crate::graph::Visibility,
            pub audience: i16,
            pub version: i32,
            pub created_at: crate::db::Moment,
            pub updated_at: crate::db::Moment,
        }

        /// Relations are described in `define`, for the schema and for SQL alike.
        #[derive(Clone, Copy, Debug, sea_orm::EnumIter, sea_orm::DeriveRelation)]
        pub enum Relation {}

        impl sea_orm::ActiveModelBehavior for ActiveModel {}

        /// The columns, with the fields of the row that hold them.
        #[allow(non_upper_case_globals, missing_docs, dead_code, reason = "named after the columns; not every slice uses each")]
        pub mod at {
            use super::*;
            use $crate::graph::Attr;
            pub const key: Attr<Model, String> = Attr { column: "key", get: |row| &row.key };
            $(pub const $field: Attr<Model, $T> = Attr { column: stringify!($field), get: |row| &row.$field };)*
            pub const note: Attr<Model, Option<String>> = Attr { column: "note", get: |row| &row.note };
            pub const visibility: Attr<Model, $crate::graph::Visibility> = Attr { column: "visibility", get: |row| &row.visibility };
            pub const version: Attr<Model, i32> = Attr { column: "version", get: |row| &row.version };
            pub const created_at: Attr<Model, $crate::db::Moment> = Attr { column: "created_at", get: |row| &row.created_at };
            pub const updated_at: Attr<Model, $crate::db::Moment> = Attr { column: "updated_at", get: |row| &row.updated_at };
        }

        impl $crate::graph::Record for Model {
            const KIND: &'static str = $kind;
            const NAME: &'static str = stringify!($Name);
            const LIST: &'static str = $list;
            const DESCRIPTION: &'static str = concat!($($about),+).trim_ascii_start();
            const COLUMNS: &'static [&'static str] =
                &["id", "key", $(stringify!($field),)* "note", "visibility", "audience", "version", "created_at", "updated_at"];

            fn read(columns: &mut $crate::graph::ColumnReader<'_>) -> Result<Self, sea_orm::DbErr> {
                Ok(Self {
                    id: columns.take()?,
                    key: columns.take()?,
                    $($field: columns.take()?,)*
                    note: columns.take()?,
                    visibility: columns.take()?,
                    audience: columns.take()?,
                    version: columns.take()?,
                    created_at: columns.take()?,
                    updated_at: columns.take()?,
                })
            }
            fn id(&self) -> uuid::Uuid {
                self.id.0
            }
            fn key(&self) -> &str {
                &self.key
            }
            fn common() -> $crate::graph::Common<Self> {
                $crate::graph::Common {
                    note: at::note,
                    visibility: at::visibility,
                    version: at::version,
                    created_at: at::created_at,
                    updated_at: at::updated_at,
                }
            }
            fn define(d: &mut $crate::graph::Definition<Self>) {
                define(d);
            }
        }
    };
}
pub(crate) use record;

/// A kind of record whose rows are `R`.
pub(super) struct KindOf<R>(PhantomData<fn() -> R>);

impl<R> Default for KindOf<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<R: Record> Kind for KindOf<R> {
    fn kind(&self) -> &'static str {
        R::KIND
    }

    fn name(&self) -> &'static str {
        R::NAME
    }

    fn read_filter(&self, value: &Value, scope: filter::Scope) -> Result<Test> {
        filter::read_at(value, &scope.graph.definition::<R>().predicates, scope)
    }

    fn load<'a>(&'a self, call: Call<'a>, ids: &'a [Uuid]) -> BoxFuture<'a, Result<Loaded>> {
        Box::pin(async move {
            let rows: Vec<Arc<R>> = call
                .loader()
                .referred::<R>(call.place(), ids.iter().copied(), &call.wanted::<R>())
                .await?
                .into_values()
                .collect();
            let places = rows.iter().enumerate().map(|(i, row)| (row.id(), super::answer::index(i))).collect();
            Ok(Loaded { group: Box::new(rows), places })
        })
    }

    fn wanted<'a>(&self, exec: &Exec<'a>, sets: &[&'a SelectionSet], depth: usize) -> Wanted {
        exec.wanted::<R>(sets.iter().copied(), depth)
    }

    fn column_names(&self, columns: Columns) -> Vec<&'static str> {
        columns.names::<R>().collect()
    }

    fn read_row(&self, row: &QueryResult, columns: Columns, skip: usize) -> Result<Arc<dyn Any + Send + Sync>> {
        Ok(Arc::new(R::read(&mut ColumnReader::new(row, columns, skip))?))
    }

    fn add_to_root(&self, root: &mut Object<Root>, graph: &mut Graph) {
        let by = format!("{}By", R::NAME);
        register_by(graph.types(), &by, R::NAME);
        let one = super::camel(R::KIND);
        let about = words(R::NAME);
        root.level(
            &one,
            &format!(
                "The {about} that has an id, a key, or an identifier of the outside world; `null` if there is none."
            ),
            R::NAME,
            vec![Argument::new("by", format!("{by}!"), "By what to look it up: exactly one of these.")],
            |call, rows| {
                Box::pin(async move {
                    let found = look_up::<R>(&call).await?;
                    Ok(Answer::one(rows.iter().map(|_| found.clone())))
                })
            },
        );
        let list = super::camel(R::LIST);
        root.level(
            &list,
            &format!("A list of all {}.", words(R::LIST)),
            format!("{}Connection!", R::NAME),
            connection::arguments::<R>(),
            |call, _| {
                Box::pin(async move {
                    let definition = call.graph().definition::<R>();
                    let list = List::parse(call.args(), &definition.orders, |f| {
                        filter::read(f, &definition.predicates, call.graph())
                    })?;
                    connection::root::<R>(call, list).await
                })
            },
        );
    }
}

/// The input type of a look-up.
fn register_by(types: &mut Types, by: &str, name: &str) {
    use async_graphql::registry::{InputObjectBuilder, MetaInputValue};
    let field = |name: &str, ty: &str, description: &str| {
        let mut meta = MetaInputValue::new(name, ty);
        meta.description = Some(description.to_owned());
        (name.to_owned(), meta)
    };
    super::names::register_schemes(types);
    types.add("IdentifierInput", || {
        let fields = [
            field("scheme", "IdentifierScheme!", "Who gives the identifier."),
            field("value", "String!", "The identifier."),
        ];
        InputObjectBuilder::new("IdentifierInput", fields.into())
            .description(Some("An identifier that the outside world gives to a record.".to_owned()))
            .build()
    });
    types.add(by, || {
        let fields = [
            field("id", "ID", "Its global id."),
            field("key", "String", "Its key."),
            field("identifier", "IdentifierInput", "An identifier that the outside world gives to it."),
        ];
        InputObjectBuilder::new(by, fields.into())
            .description(Some(format!("What to look {} {} up by: exactly one of these.", article(name), words(name))))
            .oneof(true)
            .build()
    });
}

async fn look_up<R: Record>(call: &super::Call<'_>) -> Result<Option<Arc<R>>> {
    let by: Vec<_> = call.args().into_iter().filter(|(name, _)| *name == "by").collect();
    let wrong = || Error::input(Code::InvalidArgument, "`by` must have exactly one of `id`, `key` and `identifier`");
    let Some((_, Value::Object(by))) = by.first() else {
        return Err(wrong());
    };
    let mut given = by.iter().filter(|(_, value)| **value != Value::Null);
    let (Some((what, value)), None) = (given.next(), given.next()) else {
        return Err(wrong());
    };
    let wanted = &call.wanted::<R>();
    // No database keeps the character NUL, so nothing is called so; PostgreSQL would fail on the question.
    let nul = |value: &Value| matches!(value, Value::String(text) if text.contains('\0'));
    if nul(value) || matches!(value, Value::Object(parts) if parts.values().any(nul)) {
        return if what == "id" { Err(wrong()) } else { Ok(None) };
    }
    match (what.as_str(), value) {
        ("id", value) => call.loader().by_id::<R>(filter::id(value, &[R::KIND])?, wanted).await,
        ("key", Value::String(key)) => call.loader().by_key::<R>(key, wanted).await,
        ("identifier", Value::Object(identifier)) => match (identifier.get("scheme"), identifier.get("value")) {
            (Some(Value::Enum(scheme)), Some(Value::String(value))) => {
                call.loader().by_identifier::<R>(&scheme.to_ascii_lowercase(), value, wanted).await
            }
            (Some(Value::String(scheme)), Some(Value::String(value))) => {
                call.loader().by_identifier::<R>(&scheme.to_ascii_lowercase(), value, wanted).await
            }
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// `InnovationCenter`, `innovation_centers` → `innovation center`, `innovation centers`.
pub(super) fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && !words.is_empty()) {
            words.push(' ');
        }
        if c != '_' {
            words.extend(c.to_lowercase());
        }
    }
    words
}

/// The article of a noun.
pub(super) fn article(noun: &str) -> &'static str {
    if noun.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']) { "an" } else { "a" }
}
