//! The database: connecting to it, reading for clients, and the types of values that columns have.

mod connect;
mod id;
mod moment;
mod readers;
mod unusable;
mod writer_lock;

pub use self::{
    connect::{Access, Database},
    id::{Id, parse_type_id, type_id, write_type_id},
    moment::Moment,
    readers::Readers,
    unusable::Unusable,
    writer_lock::{WriterLock, begin_exclusive, begin_writing},
};

/// An exact decimal figure, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Default, sea_orm::DeriveValueType)]
pub struct Decimal(pub String);
