//! Topics.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        citation, city, country, event, indicator, innovation_center, membership, official, organization,
        participation, partnership, position, source, tag, visit,
    },
    model::{Description, Record, Visibility},
};

/// A topic of cooperation, such as integrated circuits or education, with which records are tagged.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "topic")]
#[expect(missing_docs, reason = "`describe` says once what the columns are")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id<Entity>,
    pub key: String,
    pub name: String,
    pub name_sort: String,
    pub language: String,
    pub broader_id: Option<Id<Entity>>,
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
    #[sea_orm(belongs_to = "Entity", from = "Column::BroaderId", to = "Column::Id")]
    Broader,
}

impl ActiveModelBehavior for ActiveModel {}

/// The tags that join a topic and records.
const TAGGED: (tag::Column, tag::Column) = (tag::Column::TopicId, tag::Column::RecordId);

impl Record for Entity {
    const NAME: &'static str = "Topic";
    const PLURAL: &'static str = "topics";
    const DESCRIPTION: &'static str =
        "A topic of cooperation, such as integrated circuits or education, with which records are tagged.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the topic.");
        d.belongs_to(Relation::Broader, "The broader topic.");
        d.has_many("narrower", Column::BroaderId, "A list of the narrower topics.");
        d.has_many_through::<country::Entity, _>("countries", TAGGED, "A list of the countries tagged with the topic.");
        d.has_many_through::<city::Entity, _>("cities", TAGGED, "A list of the cities tagged with the topic.");
        d.has_many_through::<partnership::Entity, _>(
            "partnerships",
            TAGGED,
            "A list of the partnerships tagged with the topic.",
        );
        d.has_many_through::<organization::Entity, _>(
            "organizations",
            TAGGED,
            "A list of the organizations tagged with the topic.",
        );
        d.has_many_through::<official::Entity, _>(
            "officials",
            TAGGED,
            "A list of the officials tagged with the topic.",
        );
        d.has_many_through::<position::Entity, _>(
            "positions",
            TAGGED,
            "A list of the positions tagged with the topic.",
        );
        d.has_many_through::<visit::Entity, _>("visits", TAGGED, "A list of the visits tagged with the topic.");
        d.has_many_through::<innovation_center::Entity, _>(
            "innovationCenters",
            TAGGED,
            "A list of the innovation centers tagged with the topic.",
        );
        d.has_many_through::<event::Entity, _>("events", TAGGED, "A list of the events tagged with the topic.");
        d.has_many_through::<participation::Entity, _>(
            "participations",
            TAGGED,
            "A list of the participations tagged with the topic.",
        );
        d.has_many_through::<membership::Entity, _>(
            "memberships",
            TAGGED,
            "A list of the memberships tagged with the topic.",
        );
        d.has_many_through::<Entity, _>("taggedTopics", TAGGED, "A list of the topics tagged with the topic.");
        d.has_many_through::<indicator::Entity, _>(
            "figures",
            TAGGED,
            "A list of the indicators tagged with the topic.",
        );
        d.has_many_through::<source::Entity, _>("sources", TAGGED, "A list of the sources tagged with the topic.");
        d.has_many_through::<citation::Entity, _>(
            "taggedCitations",
            TAGGED,
            "A list of the citations tagged with the topic.",
        );
        d.default_order("NAME_ASC");
    }
}
