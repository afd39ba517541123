//! Topics.

use sea_orm::entity::prelude::*;

use crate::{
    db::{Id, Moment},
    domain::{
        agreement, agreement_party, citation, city, country, event, indicator, innovation_center, membership, official,
        organization, participation, partnership, partnership_party, position, source, tag, visit, visit_stop,
    },
    model::{Description, Group, Record, Visibility, words},
};

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

/// Adds the list of the records of a type that are tagged with the topic.
fn tagged<E: Record>(d: &mut Description<'_, Entity>, name: &str) {
    // Descriptions live as long as the model, which is never dropped.
    let description = format!("A list of the {} tagged with the topic.", words(E::PLURAL)).leak();
    d.has_many_through::<E, _>(name, (tag::Column::TopicId, tag::Column::RecordId), description);
}

impl Record for Entity {
    const NAME: &'static str = "Topic";
    const PLURAL: &'static str = "topics";
    const DESCRIPTION: &'static str =
        "A topic of cooperation, such as integrated circuits or education, with which records are tagged.";

    fn describe(d: &mut Description<'_, Self>) {
        d.name([Column::Name, Column::NameSort, Column::Language], "The main name of the topic.");
        d.belongs_to(Relation::Broader, "The broader topic.");
        d.has_many("narrower", Column::BroaderId, "A list of the narrower topics.");
        tagged::<country::Entity>(d, "countries");
        tagged::<city::Entity>(d, "cities");
        tagged::<partnership::Entity>(d, "partnerships");
        tagged::<organization::Entity>(d, "organizations");
        tagged::<official::Entity>(d, "officials");
        tagged::<position::Entity>(d, "positions");
        tagged::<visit::Entity>(d, "visits");
        tagged::<visit_stop::Entity>(d, "visitStops");
        tagged::<innovation_center::Entity>(d, "innovationCenters");
        tagged::<event::Entity>(d, "events");
        tagged::<participation::Entity>(d, "participations");
        tagged::<membership::Entity>(d, "memberships");
        tagged::<agreement::Entity>(d, "agreements");
        tagged::<agreement_party::Entity>(d, "agreementParties");
        tagged::<partnership_party::Entity>(d, "partnershipParties");
        tagged::<Entity>(d, "taggedTopics");
        tagged::<indicator::Entity>(d, "figures");
        tagged::<source::Entity>(d, "sources");
        tagged::<citation::Entity>(d, "taggedCitations");
        d.has_many_any_through(
            "records",
            Group::RECORD,
            (tag::Column::TopicId, tag::Column::RecordId),
            "A list of the records of all types that are tagged with the topic.",
        );
        d.order_by_count("cities");
        d.order_by_count("visits");
        d.schema_org("DefinedTerm", []);
        d.default_order("NAME_ASC");
    }
}
