//! Networks: a record among those that it is joined with.
//!
//! Everything is worked out in memory; statements only read the records that are shown.

mod arguments;
mod neighbors;
mod paths;

use std::sync::Arc;

pub(super) use self::arguments::register;
use super::{
    answer::{Answer, Positions, index},
    catalog::Catalog,
    execute::Call,
    items::Items,
    object::{Argument, Object},
    record::{RecordRef, load_any},
};
use crate::{
    error::{Error, Result},
    model::{Model, NetworkRecords, NetworkType, words},
    query::{
        network::{self, NetworkOf, RecordId, View},
        page::MAX_SIZE,
        projection::Row,
    },
};

/// The number of items of a list without pages when the client does not say.
const DEFAULT_LENGTH: usize = 10;
/// What a search through the whole network counts as, in objects: with the 12,121 cities of the bundled data, it takes about as
/// long as a small statement.
const SEARCH: u32 = 10;

/// The names of the types of a network in the schema, and what they show.
pub(super) struct NetworkTypes {
    network: &'static NetworkType,
    model: &'static Model,
    nodes: Items,
    joints: Items,
    object: &'static str,
    connection: &'static str,
    edge: &'static str,
    paths: &'static str,
    path: &'static str,
    step: &'static str,
}

/// A record in a network.
pub(super) struct Place {
    view: Arc<View>,
    /// None if the record is newer than the network.
    node: Option<u32>,
}

impl NetworkTypes {
    /// The types of a network.
    pub fn new(network: &'static NetworkType, catalog: &Catalog) -> Self {
        // Names live as long as the catalog, which is never dropped.
        let name = |suffix: &str| -> &'static str { format!("{}Network{suffix}", network.name).leak() };
        let model = catalog.model();
        let items = |records: &NetworkRecords| match records.tables {
            [one] => Items::Type(model.record_type(one)),
            _ => catalog.group(records.name),
        };
        Self {
            network,
            model,
            nodes: items(&network.nodes),
            joints: items(&network.joints),
            object: name(""),
            connection: name("Connection"),
            edge: name("Edge"),
            paths: name("Paths"),
            path: name("Path"),
            step: name("Step"),
        }
    }

    /// Adds the field `network` to the object type of one of its records.
    pub fn add_field(self: &Arc<Self>, o: &mut Object<Row>, description: &'static str) {
        let types = self.clone();
        let statements = network::statements(self.network);
        o.batch("network", self.object, description, self.selection_arguments(), move |call, rows| {
            let types = types.clone();
            Box::pin(async move {
                let selection = types.selection(call)?;
                let of = NetworkOf { network: types.network, model: types.model, field: call.shape(1, || Ok(()))? };
                let network = call.loader().load_one(of).await?;
                let network = network.ok_or_else(|| Error::internal("a network was not loaded"))?;
                let view = Arc::new(View::new(network, &selection));
                let place = |row: &Arc<Row>| Place { node: view.find(row.id), view: view.clone() };
                Ok(Answer::one(types.object, rows.iter().map(|row| Some(Arc::new(place(row))))))
            })
        })
        .cost
        .statements = index(statements);
    }

    /// The object type of a record in the network.
    pub fn object(self: &Arc<Self>) -> Object<Place> {
        let mut o = Object::new(self.object, self.network.description);
        self.add_neighbors(&mut o);
        self.add_paths(&mut o);
        let about = words(self.network.nodes.list);
        o.batch(
            "componentSize",
            "Int",
            format!("The number of {about} that it is connected with by any number of steps, itself included."),
            Vec::new(),
            |call, places: &[Arc<Place>]| {
                Box::pin(async move {
                    let mut sizes = Vec::with_capacity(places.len());
                    for place in places {
                        sizes.push(place.node.map_or(1, |node| place.view.component_size(node)));
                        searched(call).await;
                    }
                    Ok(Answer::leaves(sizes.into_iter()))
                })
            },
        )
        .costs(0, super::cost::Size::None)
        .works(SEARCH);
        o
    }

    /// The argument `first` of a list without pages.
    fn first_argument(about: &str) -> Argument {
        let about = format!("The number of {about} to return: {DEFAULT_LENGTH} by default, at most {MAX_SIZE}.");
        Argument::new("first", "Int", about)
    }
}

/// Counts a search through a network, and lets others go on.
async fn searched(call: Call<'_>) {
    call.loader().loader().tally.count_work(SEARCH);
    tokio::task::yield_now().await;
}

/// The records with some ids.
async fn records(call: Call<'_>, ids: impl Iterator<Item = RecordId>) -> Result<Positions> {
    let wanted = ids.map(|id| RecordRef::ById(Some(id))).collect();
    let found = load_any(call, wanted, false).await?;
    // The network has only what the viewer may see.
    if found.has_null() {
        call.note_conflict();
    }
    Ok(found)
}

/// The record of each object.
async fn one_record(call: Call<'_>, ids: impl Iterator<Item = RecordId>) -> Result<Answer> {
    records(call, ids).await.map(Answer::One)
}

/// The records of each object.
async fn many_records(call: Call<'_>, lists: impl Iterator<Item = Vec<RecordId>>) -> Result<Answer> {
    let (mut starts, mut ids) = (vec![0], Vec::new());
    for list in lists {
        ids.extend(list);
        starts.push(index(ids.len()));
    }
    Ok(Answer::Many { starts, positions: records(call, ids.into_iter()).await? })
}

/// A number as an `Int`: one that is larger than that is given as the largest.
fn int(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
