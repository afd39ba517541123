//! Alphabetical orders of languages.

use async_graphql::Value;
use sea_orm::{
    ExprTrait, IdenStatic,
    sea_query::{Expr, Func, Query},
};

use super::{filter::text, statement::column};
use crate::{
    error::{Code, Error, Result},
    model::sort_key,
    quoted::Quoted,
};

/// The name of the argument that chooses one.
pub const COLLATION: &str = "collation";
/// The alias of the keys.
const KEY: &str = "sort_key";

/// The alphabetical order of a language, by which names are ordered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Collation(&'static str);

impl Collation {
    /// Reads the language of which it is.
    pub fn read(value: &Value) -> Result<Self> {
        let language = text(value)?;
        folding::collation::collation(&language).map(Self).ok_or_else(|| {
            let message = format!(
                "`{COLLATION}` is {}: expected the BCP 47 tag of a language without letters of its own, such as `en` or `de`, or \
                 one of {}",
                Quoted(&language),
                languages(),
            );
            Error::input(Code::InvalidArgument, message)
        })
    }

    /// Its name, in cursors.
    pub(super) fn name(self) -> &'static str {
        self.0
    }

    /// The key by which the main name of a record is ordered.
    pub(super) fn sort_key(self, id: &Expr) -> Expr {
        let key = |collation: &'static str| {
            let of = |column_of: sort_key::Column| column(KEY, column_of.as_str());
            let mut key = Query::select();
            key.expr(of(sort_key::Column::Key)).from(sort_key::Entity);
            key.and_where(of(sort_key::Column::RecordId).eq(id.clone()));
            key.and_where(of(sort_key::Column::Collation).eq(collation));
            Expr::SubQuery(None, Box::new(key.into()))
        };
        let root = key(folding::collation::ROOT);
        // Keys that are those of the root are not kept a second time.
        if self.0 == folding::collation::ROOT { root } else { Func::coalesce([key(self.0), root]).into() }
    }
}

/// The languages that have an alphabetical order of their own, as they are asked for.
#[must_use]
pub fn languages() -> String {
    let language = |tag: &&'static str| if *tag == "und-Hans" { "zh" } else { tag };
    folding::collation::TAILORED.iter().map(language).collect::<Vec<_>>().join(", ")
}
