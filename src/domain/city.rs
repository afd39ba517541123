//! Cities, and other levels of local government that cooperate in their own name.

use crate::{
    db::{Id, vocabulary},
    domain::{
        country, event, innovation_center, membership, organization, participation, partnership, position, visit,
    },
    graph::{Definition, Link, record},
};

vocabulary! {
    /// What kind of place cooperates.
    CityKind {
        /// A city.
        City = "city",
        /// A city below a prefecture (China: 县级市).
        CountyLevelCity = "county_level_city",
        /// A district of a city.
        District = "district",
        /// A municipality.
        Municipality = "municipality",
        /// A county.
        County = "county",
        /// A prefecture.
        Prefecture = "prefecture",
        /// A province.
        Province = "province",
        /// A region.
        Region = "region",
        /// A state of a federation.
        State = "state",
        /// A metropolitan area.
        MetropolitanArea = "metropolitan_area",
    }
}

record! {
    /// A city, or another level of local government that cooperates in its own name.
    City, "city", "cities" {
        name: String,
        name_sort: String,
        language: String,
        kind: CityKind,
        country_id: Id<country::Model>,
        parent_id: Option<Id<Model>>,
        latitude: Option<f64>,
        longitude: Option<f64>,
        population: Option<i32>,
    }
}

fn define(d: &mut Definition<Model>) {
    d.name(at::name, at::name_sort, at::language, "The main name.");
    d.value(at::kind, "What kind of place it is.");
    d.one(at::country_id, "The country that it lies in.");
    d.one(at::parent_id, "The larger place that it is a part of.");
    d.value(at::latitude, "The latitude: WGS 84 degrees, positive in the north.").between(-90, 90);
    d.value(at::longitude, "The longitude: WGS 84 degrees, positive in the east.").between(-180, 180);
    d.ordered_value(at::population, "How many people live there.").between(0, i32::MAX);
    d.many::<Model>("parts", Link::Column("parent_id"), "A list of the smaller places that are parts of it.");
    d.many_as::<partnership::Model, partnership::OfCity>(
        "partnerships",
        partnership::OF_CITY,
        "A list of its partnerships; the edges say who the partner is.",
    );
    d.many::<organization::Model>(
        "organizations",
        Link::Column("city_id"),
        "A list of the organizations seated there.",
    );
    d.many::<position::Model>("positions", Link::Column("city_id"), "A list of the offices held in it.");
    d.many::<visit::Model>("visitsFrom", Link::Column("from_city_id"), "A list of the visits that came from it.");
    d.many::<visit::Model>("visitsTo", Link::Column("to_city_id"), "A list of the visits that came to it.");
    d.many::<innovation_center::Model>(
        "innovationCenters",
        Link::Column("city_id"),
        "A list of the innovation centers in it.",
    );
    d.many::<event::Model>("events", Link::Column("city_id"), "A list of the events that took place in it.");
    d.many::<participation::Model>(
        "participations",
        Link::Column("participant_id"),
        "A list of its parts in visits and events.",
    );
    d.many::<membership::Model>(
        "memberships",
        Link::Column("member_id"),
        "A list of the organizations that it belongs to.",
    );
    d.default_order("NAME_ASC");
}
