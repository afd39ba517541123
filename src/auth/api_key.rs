//! The table `api_key`, and how the operator manages keys.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, QueryOrder, Set,
    entity::prelude::*,
};

use super::{Role, Token};
use crate::{
    clock::{Clock, IdSource},
    db::Moment,
};

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The beginning of the key, by which it is found and named.
    #[sea_orm(unique)]
    pub prefix: String,
    /// The hash of the key.
    pub hash: Vec<u8>,
    /// Whose key it is.
    pub name: String,
    /// What its owner may do.
    pub role: Role,
    /// When it was created.
    pub created_at: Moment,
    /// Until when it is valid.
    pub expires_at: Option<Moment>,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Moment>,
}

/// There are no foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Why a key was not created or changed. The message is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// The operating system has no random numbers.
    #[error("the operating system has no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// There is no such key.
    #[error("there is no key with the prefix {0}: `coopgraph key list` shows all")]
    Unknown(String),
    /// A key that has ended cannot be replaced.
    #[error("the key {0} was revoked or has expired: create another one")]
    Ended(String),
}

/// A key that is to be created.
pub struct NewKey {
    /// Whose key it is.
    pub name: String,
    /// What its owner may do.
    pub role: Role,
    /// Until when it is valid.
    pub expires_at: Option<Moment>,
}

/// Creates a key, which is told only now.
pub async fn create(
    connection: &impl ConnectionTrait,
    new: NewKey,
    clock: &Clock,
    ids: &IdSource,
) -> Result<Token, KeyError> {
    let token = Token::generate()?;
    let key = ActiveModel {
        id: Set(ids.next()),
        prefix: Set(token.prefix().to_owned()),
        hash: Set(token.hash()),
        name: Set(new.name),
        role: Set(new.role),
        created_at: Set(Moment(clock.now())),
        expires_at: Set(new.expires_at),
        revoked_at: Set(None),
        last_used_at: Set(None),
    };
    Entity::insert(key).exec_without_returning(connection).await?;
    Ok(token)
}

/// All keys, the oldest first.
pub async fn list(connection: &DatabaseConnection) -> Result<Vec<Model>, KeyError> {
    Ok(Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(connection).await?)
}

/// Revokes a key. One that was revoked before stays so.
pub async fn revoke(connection: &impl ConnectionTrait, prefix: &str, clock: &Clock) -> Result<Model, KeyError> {
    let key = find(connection, prefix).await?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    let mut key = key.into_active_model();
    key.revoked_at = Set(Some(Moment(clock.now())));
    Ok(key.update(connection).await?)
}

/// Replaces a key by a new one of the same name, role and expiry. The old one is no longer valid.
pub async fn rotate(connection: &impl ConnectionTrait, prefix: &str, clock: &Clock) -> Result<Token, KeyError> {
    let key = find(connection, prefix).await?;
    if key.revoked_at.is_some() || key.expires_at.is_some_and(|expires| expires.0 <= clock.now()) {
        return Err(KeyError::Ended(prefix.to_owned()));
    }
    let token = Token::generate()?;
    let replaced = ActiveModel {
        prefix: Set(token.prefix().to_owned()),
        hash: Set(token.hash()),
        last_used_at: Set(None),
        ..Default::default()
    };
    // Of two at the same time, one replaces the key.
    let of_this = Entity::update_many().set(replaced).filter(Column::Prefix.eq(prefix)).exec(connection).await?;
    if of_this.rows_affected == 0 { Err(KeyError::Unknown(prefix.to_owned())) } else { Ok(token) }
}

async fn find(connection: &impl ConnectionTrait, prefix: &str) -> Result<Model, KeyError> {
    let found = Entity::find().filter(Column::Prefix.eq(prefix)).one(connection).await?;
    found.ok_or_else(|| KeyError::Unknown(prefix.to_owned()))
}
