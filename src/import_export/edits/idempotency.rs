//! Idempotency keys: a mutation that is sent again is not done again.

use sea_orm::{ConnectionTrait, DbErr, Set, entity::prelude::*};

use super::Edited;
use crate::{
    db::{Moment, parse_type_id, type_id},
    import_export::Problem,
    model::{Model as RecordModel, draft::ProblemCode, length},
};

/// For how many milliseconds a result is kept: a week.
const KEPT: i64 = 7 * 24 * 60 * 60 * 1_000;

/// What a mutation with an idempotency key has done.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    /// Who asked for it: the prefix of an API key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub actor: String,
    /// What the client calls it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// A hash of what was asked for.
    pub input: Vec<u8>,
    /// The global ids of the records of its edits, of those that were deleted with them, and of those that were changed with them:
    /// with spaces between them, and a bar between the three.
    pub records: String,
    /// When it was done.
    pub created_at: Moment,
}

/// There are no foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How a mutation is known again.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// Who asks: the prefix of an API key.
    pub actor: String,
    /// What the client calls it.
    pub key: String,
    /// A hash of what is asked for.
    pub input: Vec<u8>,
}

impl IdempotencyKey {
    /// What is wrong with the key.
    pub(super) fn problem(&self) -> Option<Problem> {
        let message = match length::check(&self.key, length::KEY) {
            _ if self.key.is_empty() => "it must not be empty".to_owned(),
            _ if self.key.contains('\0') => "it contains the character NUL, which databases do not store".to_owned(),
            Ok(()) => return None,
            Err(message) => message,
        };
        Some(Problem::of_argument("idempotencyKey", &message))
    }

    /// What the mutation with this key has done, if it was; or that the key is that of another mutation.
    pub(super) async fn done(
        &self,
        connection: &impl ConnectionTrait,
        model: &'static RecordModel,
    ) -> Result<Option<Result<Edited, Problem>>, DbErr> {
        let found = Entity::find_by_id((self.actor.clone(), self.key.clone())).one(connection).await?;
        Ok(found.map(|found| {
            if found.input != self.input {
                let message = "the key was used for another mutation: use a new one for each";
                return Err(Problem::of_argument("idempotencyKey", message).coded(ProblemCode::Duplicate));
            }
            let record = |id: &str| {
                let (table, id) = parse_type_id(id)?;
                Some((model.get(table)?.table, id))
            };
            let mut groups = found.records.split('|').map(|ids| ids.split_whitespace().filter_map(record).collect());
            let mut next = || groups.next().unwrap_or_default();
            Ok(Edited { records: next(), also_deleted: next(), also_changed: next(), ..Edited::default() })
        }))
    }

    /// Keeps what a mutation has done, and forgets what was done long ago.
    pub(super) async fn keep(self, connection: &impl ConnectionTrait, edited: &Edited, now: i64) -> Result<(), DbErr> {
        Entity::delete_many().filter(Column::CreatedAt.lt(Moment(now - KEPT))).exec(connection).await?;
        let groups = [&edited.records, &edited.also_deleted, &edited.also_changed].map(|records| {
            let ids: Vec<String> = records.iter().map(|(table, id)| type_id(table, *id)).collect();
            ids.join(" ")
        });
        let done = ActiveModel {
            actor: Set(self.actor),
            key: Set(self.key),
            input: Set(self.input),
            records: Set(groups.join("|")),
            created_at: Set(Moment(now)),
        };
        Entity::insert(done).exec_without_returning(connection).await.map(drop)
    }
}
