//! The keys of the loader. The type of a key says what is fetched.
//!
//! Keys of one type that share a [`Shape`] are fetched by one statement (two for the two sides of a page); a look-up by an
//! identifier has a statement of its own. A field gives the keys of all its objects with the same shape. Shapes are compared
//! by identity, so the number of statements that an operation needs depends on the document alone, never on which fields
//! happen to ask for equal things at the same time.

use std::{
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

use uuid::Uuid;

use super::{
    claims::ClaimQuery,
    groups::{Aggregate, Grouping},
    page::Page,
    projection::Projection,
    search::Search,
};
use crate::model::{CounterpartFields, Link, Way, identifier::IdentifierScheme};

/// What the keys of one field have in common, compared by identity.
pub struct Shape<T>(Arc<T>);

impl<T> Shape<T> {
    /// A new shape, equal to no other.
    pub fn new(of: T) -> Self {
        Self(Arc::new(of))
    }

    /// Its identity.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl<T> Clone for Shape<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
impl<T> Deref for Shape<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
impl<T> PartialEq for Shape<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
impl<T> Eq for Shape<T> {}
impl<T> Hash for Shape<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

/// A record by its id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ById {
    /// The id.
    pub id: Uuid,
    /// What is read of it.
    pub of: Shape<Arc<Projection>>,
}

/// A record by its key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ByKey {
    /// The key.
    pub key: String,
    /// What is read of it.
    pub of: Shape<Arc<Projection>>,
}

/// A record by an identifier of the outside world.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ByIdentifier {
    /// The scheme of the identifier.
    pub scheme: IdentifierScheme,
    /// The identifier.
    pub value: String,
    /// What is read of the record.
    pub of: Shape<Arc<Projection>>,
}

/// A list of records of one type, and a page of it.
pub struct List {
    /// How the records are related to those whose list it is; `None` for the list of all records.
    pub link: Option<Link>,
    /// The page.
    pub page: Page,
    /// What is read of the records.
    pub projection: Arc<Projection>,
}

/// The records of a page, and one more if there is one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PageOf {
    /// The record whose list it is; none for the list of all records.
    pub parent: Option<Uuid>,
    /// The list.
    pub list: Shape<List>,
}

/// The number of records of a whole list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TotalOf {
    /// The record whose list it is; none for the list of all records.
    pub parent: Option<Uuid>,
    /// The list.
    pub list: Shape<List>,
}

/// Whether a list has records on the other side of a cursor.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BeyondOf {
    /// The record whose list it is; none for the list of all records.
    pub parent: Option<Uuid>,
    /// The list.
    pub list: Shape<List>,
    /// Whether this is about the records at and before the cursor `after`, or about those at and after the cursor `before`.
    pub is_before: bool,
}

/// The groups of a page of groups, and one more if there is one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GroupsOf {
    /// The record whose list it is; none for the list of all records.
    pub parent: Option<Uuid>,
    /// The parts of the list, each of the records of one type.
    pub lists: Shape<Vec<Shape<List>>>,
    /// How it is grouped.
    pub grouping: Shape<Grouping>,
}

/// The number of groups of a whole list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GroupTotalOf {
    /// The groups.
    pub groups: GroupsOf,
}

/// An aggregate of each of the groups of a list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AggregatesOf {
    /// The groups.
    pub groups: GroupsOf,
    /// The aggregate.
    pub aggregate: Shape<Aggregate>,
}

/// The table of links whose other ends are asked for.
pub struct Counterparts {
    /// The table, its column of the record whose list it is, and its column of the item.
    pub link: Link,
    /// The column of the counterpart, and its type.
    pub fields: CounterpartFields,
    /// What is read of the counterparts.
    pub projection: Arc<Projection>,
}

/// The other records that a link joins: for an item of a record's list, the counterparts of the record.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CounterpartsOf {
    /// The item.
    pub item: Uuid,
    /// The record whose list it is.
    pub parent: Uuid,
    /// The table of links.
    pub of: Shape<Counterparts>,
}

/// The records of a page of a search, and one more if there is one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SearchOf(pub Shape<Search>);

/// The numbers of all records that a search finds, by their tables.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SearchCountsOf(pub Shape<Search>);

/// What sources state about a record.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClaimsOf {
    /// The record.
    pub record: Uuid,
    /// What is asked.
    pub of: Shape<ClaimQuery>,
}

/// Whether a source contradicts what is recorded.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisputedOf {
    /// The record.
    pub record: Uuid,
    /// What is asked.
    pub of: Shape<ClaimQuery>,
}

/// By which of several links an item of a record's list is related to it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RolesOf {
    /// The item.
    pub item: Uuid,
    /// The record whose list it is.
    pub parent: Uuid,
    /// The links.
    pub of: Shape<&'static [Way]>,
}

/// The names of a record.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NamesOf {
    /// The record.
    pub record: Uuid,
    /// Only those whose tags begin with these languages, without script and region.
    pub languages: Shape<Option<Vec<String>>>,
}

/// The identifiers of a record.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentifiersOf {
    /// The record.
    pub record: Uuid,
    /// The field that asks.
    pub field: Shape<()>,
}

impl GroupsOf {
    /// The identities of what the keys of one statement have in common.
    pub(super) fn address(&self) -> (usize, usize) {
        (self.lists.address(), self.grouping.address())
    }
}
