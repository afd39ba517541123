//! Topics.

use crate::{
    db::Id,
    domain::{
        citation, city, country, event, indicator, innovation_center, membership, official, organization,
        participation, partnership, position, source, visit,
    },
    graph::{Definition, Link, record},
};

record! {
    /// A subject of cooperation, such as integrated circuits or education, with which records are tagged.
    Topic, "topic", "topics" {
        name: String,
        name_sort: String,
        language: String,
        broader_id: Option<Id<Model>>,
    }
}

/// How records hang on a topic.
const TAGGED: Link = Link::Via { table: "tag", parent: "topic_id", child: "record_id" };

fn define(d: &mut Definition<Model>) {
    d.name(at::name, at::name_sort, at::language, "The main name.");
    d.one(at::broader_id, "The broader topic.");
    d.many::<Model>("narrower", Link::Column("broader_id"), "A list of the narrower topics.");
    d.many::<country::Model>("countries", TAGGED, "A list of the countries tagged with it.");
    d.many::<city::Model>("cities", TAGGED, "A list of the cities tagged with it.");
    d.many::<partnership::Model>("partnerships", TAGGED, "A list of the partnerships tagged with it.");
    d.many::<organization::Model>("organizations", TAGGED, "A list of the organizations tagged with it.");
    d.many::<official::Model>("officials", TAGGED, "A list of the officials tagged with it.");
    d.many::<position::Model>("positions", TAGGED, "A list of the offices tagged with it.");
    d.many::<visit::Model>("visits", TAGGED, "A list of the visits tagged with it.");
    d.many::<innovation_center::Model>("innovationCenters", TAGGED, "A list of the innovation centers tagged with it.");
    d.many::<event::Model>("events", TAGGED, "A list of the events tagged with it.");
    d.many::<participation::Model>(
        "participations",
        TAGGED,
        "A list of the parts in visits and events tagged with it.",
    );
    d.many::<membership::Model>("memberships", TAGGED, "A list of the memberships tagged with it.");
    d.many::<Model>("taggedTopics", TAGGED, "A list of the topics tagged with it.");
    d.many::<indicator::Model>("figures", TAGGED, "A list of the figures tagged with it.");
    d.many::<source::Model>("sources", TAGGED, "A list of the sources tagged with it.");
    d.many::<citation::Model>("taggedCitations", TAGGED, "A list of the citations tagged with it.");
    d.default_order("NAME_ASC");
}
