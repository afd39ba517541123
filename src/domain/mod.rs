//! The entities: a file for each, which declares its `SeaORM` entity and describes it; and [`dataset`], all of them as a
//! whole.
//!
//! To add an entity: write its file after the example of a small one such as [`topic`], add its table in a new migration,
//! and add one line to [`model`]. Ids, look-ups, lists, pages, filters, orders, visibility, import and export follow.

pub mod activity_status;
pub mod agreement;
pub mod agreement_party;
pub mod citation;
pub mod city;
pub mod city_succession;
pub mod country;
pub mod country_succession;
pub mod dataset;
pub mod event;
pub mod indicator;
pub mod innovation_center;
pub mod innovation_center_operator;
pub mod membership;
pub mod official;
pub mod organization;
pub mod participation;
pub mod partnership;
pub mod partnership_member;
pub mod partnership_party;
pub mod place_role;
pub mod position;
pub mod quality_issue;
pub mod source;
pub mod source_derivation;
pub mod tag;
pub mod timeline;
pub mod topic;
pub mod visit;
pub mod visit_stop;

pub(crate) mod common;
mod network;

use std::sync::LazyLock;

use crate::model::{Claims, Group, Model};

/// All record types.
#[must_use]
pub fn model() -> &'static Model {
    static MODEL: LazyLock<Model> = LazyLock::new(|| {
        Model::new(common::describe)
            .with::<country::Entity>()
            .with::<topic::Entity>()
            .with::<source::Entity>()
            .with::<city::Entity>()
            .with::<partnership::Entity>()
            .with::<organization::Entity>()
            .with::<official::Entity>()
            .with::<position::Entity>()
            .with::<visit::Entity>()
            .with::<visit_stop::Entity>()
            .with::<innovation_center::Entity>()
            .with::<event::Entity>()
            .with::<participation::Entity>()
            .with::<membership::Entity>()
            .with::<agreement::Entity>()
            .with::<agreement_party::Entity>()
            .with::<partnership_party::Entity>()
            .with::<indicator::Entity>()
            .with::<citation::Entity>()
            .with_timeline::<timeline::TimelineKind>()
            .with_issues::<quality_issue::QualityIssue>()
            .with_union(Group::union(
                "Participant",
                "participants",
                "A participant in a visit or an event: an official, an organization, a city or a country.",
                &["official", "organization", "city", "country"],
            ))
            .with_union(
                Group::union(
                    "Activity",
                    "activities",
                    "An activity that has participants: a visit or an event.",
                    &["visit", "event"],
                )
                .with_list(),
            )
            .with_union(Group::union(
                "Contact",
                "contacts",
                "Somebody who can meet others: an official or an organization.",
                &["official", "organization"],
            ))
            .with_union(Group::union(
                "Member",
                "members",
                "A member of an organization: an official, an organization or a city.",
                &["official", "organization", "city"],
            ))
            .with_union(Group::union(
                "Party",
                "parties",
                "A party to an agreement or a partnership: a city, an organization or a country.",
                &["city", "organization", "country"],
            ))
            .with_union(Group::union(
                "AgreementResult",
                "agreementResults",
                "What an agreement founds or renews: a partnership or an innovation center.",
                &["partnership", "innovation_center"],
            ))
            .with_claims(Claims::of::<citation::Entity, source::Entity, _>(
                [
                    citation::Column::RecordId,
                    citation::Column::Field,
                    citation::Column::ClaimedValue,
                    citation::Column::SourceId,
                    citation::Column::Stance,
                ],
                ["supports", "contradicts"],
                source::ORIGINS,
            ))
            .found_first(&[
                "country",
                "city",
                "organization",
                "official",
                "innovation_center",
                "event",
                "topic",
                "visit",
                "agreement",
                "position",
                "source",
            ])
            .build()
    });
    &MODEL
}
