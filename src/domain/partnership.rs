//! Partnerships of cities.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

use crate::{
    db::vocabulary,
    domain::city,
    edtf::Day,
    graph::{Answer, Definition, Edge, Edges, Link, Links, Object, record},
};

vocabulary! {
    /// What the partners agreed on.
    PartnershipKind {
        /// Sister cities, twin towns.
        SisterCity = "sister_city",
        /// Sister regions, provinces or states.
        SisterRegion = "sister_region",
        /// Friendship cities: less than sister cities.
        FriendshipCity = "friendship_city",
        /// Friendly exchange.
        FriendlyExchange = "friendly_exchange",
        /// A letter of intent.
        LetterOfIntent = "letter_of_intent",
        /// A memorandum of understanding.
        Memorandum = "memorandum",
    }
}

vocabulary! {
    /// Whether a partnership holds.
    PartnershipStatus {
        /// It holds.
        Active = "active",
        /// It has ended.
        Ended = "ended",
        /// Only lists that nobody vouches for have it.
        Unverified = "unverified",
        /// Sources disagree on it.
        Disputed = "disputed",
        /// It was shown never to have been.
        Refuted = "refuted",
        /// It is not known.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// On which level of government the partners are.
    PartnershipLevel {
        /// Cities and municipalities.
        Municipal = "municipal",
        /// Districts.
        District = "district",
        /// Regions, provinces, states.
        Regional = "regional",
        /// Countries.
        National = "national",
    }
}

record! {
    /// A relation of two cities, or more: sister cities, friendship, exchange.
    Partnership, "partnership", "partnerships" {
        kind: PartnershipKind,
        since: Option<String>,
        since_earliest: Day,
        since_latest: Day,
        ended: Option<String>,
        ended_earliest: Day,
        ended_latest: Day,
        status: PartnershipStatus,
        level: Option<PartnershipLevel>,
    }
}

/// The members: a row for each ordered pair of them.
const MEMBERS: Links =
    Links { table: "partnership_member", from: "partnership_id", to: "city_id", pair: Some("partner_id") };

/// How partnerships hang on a city.
pub(super) const OF_CITY: Link = Link::Via { table: "partnership_member", parent: "city_id", child: "partnership_id" };

fn define(d: &mut Definition<Model>) {
    d.list("members", MEMBERS, "city", 2);
    d.value(at::kind, "What the partners agreed on.");
    d.date(at::since, at::since_earliest, at::since_latest, "The day on which it began.");
    d.date(at::ended, at::ended_earliest, at::ended_latest, "The day on which it ended.");
    d.period(at::since, at::ended);
    d.value(at::status, "Whether it holds.");
    d.value(at::level, "On which level of government the partners are.");
    d.many::<city::Model>(
        "members",
        Link::Via { table: "partnership_member", parent: "partnership_id", child: "city_id" },
        "A list of the cities that it joins.",
    );
    d.default_order("SINCE_ASC");
}

/// The partnerships of a city: their edges say who the partner is.
pub struct OfCity;

impl Edges<Model> for OfCity {
    fn name() -> String {
        "CityPartnership".to_owned()
    }

    fn define(edge: &mut Object<Edge<Model, Self>>) {
        edge.level(
            "partners",
            "A list of the other members: one city in nearly all partnerships.",
            "[City!]!",
            Vec::new(),
            |call, edges: &[Arc<Edge<Model, Self>>]| {
                Box::pin(async move {
                    let found = partners(&call, edges).await?;
                    Ok(Answer::many(found.into_iter()))
                })
            },
        );
        edge.level(
            "partner",
            "The other member; the first of them, if there are several.",
            "City",
            Vec::new(),
            |call, edges| {
                Box::pin(async move {
                    let found = partners(&call, edges).await?;
                    Ok(Answer::one(found.into_iter().map(|partners| partners.into_iter().next())))
                })
            },
        );
    }
}

/// The other members of each edge's partnership: one statement, however many edges there are.
async fn partners(
    call: &crate::graph::Call<'_>,
    edges: &[Arc<Edge<Model, OfCity>>],
) -> crate::error::Result<Vec<Vec<Arc<city::Model>>>> {
    let place = |edge: &Edge<Model, OfCity>| edge.parent.map(|city| (edge.node.id.0, city));
    let places: Vec<_> = edges.iter().filter_map(|edge| place(edge)).collect();
    let Links { table, from, to, pair } = MEMBERS;
    let partner = pair.unwrap_or(to);
    let wanted = call.wanted::<city::Model>();
    let found = call.loader().linked::<city::Model>(table, [from, to], &places, partner, &wanted).await?;
    let mut partners: HashMap<(Uuid, Uuid), Vec<Arc<city::Model>>> = HashMap::new();
    let mut known: HashMap<Uuid, Arc<city::Model>> = HashMap::new();
    for (partnership, city, partner) in found {
        // A city that is the partner of several is one row of the next level.
        let partner = known.entry(partner.id.0).or_insert(partner).clone();
        partners.entry((partnership, city)).or_default().push(partner);
    }
    Ok(edges
        .iter()
        .map(|edge| place(edge).and_then(|place| partners.get(&place).cloned()).unwrap_or_default())
        .collect())
}
