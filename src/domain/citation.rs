//! Citations: what sources say.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::source,
    model::{Description, Record, Visibility},
};

/// The stance of a source towards the recorded value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Stance {
    /// The source confirms the recorded value.
    Supports,
    /// The source contradicts the recorded value.
    Contradicts,
    /// The source gives background information.
    Context,
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "citation")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub record_id: Uuid,
    pub record_kind: String,
    pub field: String,
    pub claimed_value: Option<String>,
    pub source_id: Id<source::Entity>,
    pub stance: Stance,
    pub note: Option<String>,
    pub visibility: Visibility,
    pub audience: i16,
    pub version: i32,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// Foreign keys.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
#[expect(missing_docs, reason = "`describe` says once what the relations are")]
pub enum Relation {
    #[sea_orm(
        belongs_to = "crate::model::record::Entity",
        from = "Column::RecordId",
        to = "crate::model::record::Column::Id"
    )]
    Record,
    #[sea_orm(belongs_to = "super::source::Entity", from = "Column::SourceId", to = "super::source::Column::Id")]
    Source,
}

impl ActiveModelBehavior for ActiveModel {}

/// The field of statements about whether a record exists at all.
pub const EXISTS: &str = "exists";

impl Record for Entity {
    const NAME: &'static str = "Citation";
    const PLURAL: &'static str = "citations";
    const DESCRIPTION: &'static str = "A statement of a source about a record or about one of its fields.";

    fn describe(d: &mut Description<'_, Self>) {
        d.belongs_to_any([Column::RecordId, Column::RecordKind], "Record", "The record that the statement is about.");
        d.value(
            Column::Field,
            "The field that the statement is about, such as `since` or `founded`. `record` stands for the record as a \
             whole, `exists` for its existence.",
        );
        d.text(Column::ClaimedValue, "The value according to the source; `null` if the source does not state one.");
        d.belongs_to(Relation::Source, "The source that makes the statement.");
        d.word::<Stance>(Column::Stance, "The stance of the source towards the recorded value.");
        d.order_by_related(Column::SourceId, "published");
        d.order_by_related(Column::SourceId, "title");
        d.schema_org(
            "Claim",
            [
                (Column::RecordId, "about"),
                (Column::Field, "name"),
                (Column::ClaimedValue, "text"),
                (Column::SourceId, "appearance"),
                (Column::Stance, "keywords"),
            ],
        );
        d.default_order("KEY_ASC");
    }
}
