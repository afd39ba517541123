//! The shortest paths between two records.

use std::sync::Arc;

use super::{DEFAULT_LENGTH, NetworkTypes, Place, SEARCH, int, many_records, neighbors::first, searched};
use crate::{
    model::words,
    query::{
        network::{PathsTo, View},
        page::MAX_SIZE,
    },
    schema::{
        answer::{Answer, index},
        connection::ready,
        cost::Size,
        leaf::json,
        object::Object,
    },
};

/// How many steps a path is assumed to have, for its price.
const ASSUMED_STEPS: u32 = 5;

/// The shortest paths from one record to another one.
pub(in crate::schema) struct Paths {
    distance: Option<u32>,
    count: u64,
    first: Vec<Arc<Path>>,
}

/// A path from one record to another one.
pub(in crate::schema) struct Path {
    view: Arc<View>,
    nodes: Vec<u32>,
}

/// A step of a path, from one record to a neighbor.
pub(in crate::schema) struct Step {
    view: Arc<View>,
    from: u32,
    to: u32,
}

impl NetworkTypes {
    /// Adds the paths to another record to the object type of a place.
    pub(super) fn add_paths(self: &Arc<Self>, o: &mut Object<Place>) {
        let types = self.clone();
        o.batch(
            "paths",
            self.paths,
            format!("The shortest paths to another {}.", words(self.nodes.name())),
            vec![self.other_argument("to"), Self::first_argument("paths")],
            move |call, places: &[Arc<Place>]| {
                let types = types.clone();
                Box::pin(async move {
                    let most = first(call)?;
                    let others = types.other(call, "to", places.iter().map(|place| &**place)).await?;
                    // One search from the end finds the paths from everywhere.
                    let mut searches: Vec<(usize, PathsTo)> = Vec::new();
                    let mut found = Vec::with_capacity(places.len());
                    for (place, to) in places.iter().zip(others) {
                        let view = Arc::as_ptr(&place.view).addr();
                        if !searches.iter().any(|(of, _)| *of == view) {
                            searches.push((view, place.view.paths_to(to)));
                            searched(call).await;
                        }
                        let search = searches.iter().find(|(of, _)| *of == view);
                        let from = search.zip(place.node).map(|((_, search), node)| (search, node));
                        let paths = from.map(|(search, node)| search.first(node, most)).unwrap_or_default();
                        let path = |nodes| Arc::new(Path { view: place.view.clone(), nodes });
                        found.push(Some(Arc::new(Paths {
                            distance: from.and_then(|(search, node)| search.distance(node)),
                            count: from.map_or(0, |(search, node)| search.count(node)),
                            first: paths.into_iter().map(path).collect(),
                        })));
                    }
                    Ok(Answer::one(types.paths, found.into_iter()))
                })
            },
        )
        .costs(1, Size::Connection { default: index(DEFAULT_LENGTH), most: index(MAX_SIZE) })
        .works(SEARCH);
    }

    /// The object type of the shortest paths.
    pub fn paths_object(&self) -> Object<Paths> {
        let about = words(self.network.nodes.list);
        let mut o =
            Object::new(self.paths, format!("The shortest paths from one of the {about} in a network to another one."));
        o.leaf(
            "distance",
            "Int",
            "The number of steps of each of the paths: 0 from a record to itself; `null` if there is no path.",
            |paths: &Paths, out| json(&paths.distance, out),
        );
        o.leaf(
            "totalCount",
            "Int!",
            format!(
                "The number of shortest paths. Paths that pass the same {about} are one, whatever joins these; a number above \
                 2147483647 is given as that."
            ),
            |paths, out| json(&int(paths.count), out),
        );
        let path = self.path;
        o.batch(
            "nodes",
            format!("[{path}!]!"),
            format!("A list of the first of the paths, by the names of the {about} on them."),
            Vec::new(),
            move |_, paths: &[Arc<Paths>]| {
                ready(Answer::many(path, paths.iter().map(|paths| paths.first.iter().cloned())))
            },
        )
        .costs(0, Size::Items);
        o
    }

    /// The object type of a path.
    pub fn path_object(&self) -> Object<Path> {
        let nodes = self.network.nodes.list;
        let about = words(nodes);
        let mut o = Object::new(self.path, format!("A path from one of the {about} in a network to another one."));
        o.batch(
            nodes,
            format!("[{}!]", self.nodes.name()),
            format!("A list of the {about} on the path, from its beginning to its end."),
            Vec::new(),
            |call, paths: &[Arc<Path>]| {
                let ids = |path: &Arc<Path>| path.nodes.iter().map(|node| path.view.record(*node)).collect();
                Box::pin(many_records(call, paths.iter().map(ids).collect::<Vec<_>>().into_iter()))
            },
        )
        .costs(index(self.nodes.types().len()), Size::Assumed(ASSUMED_STEPS));
        let step = self.step;
        o.batch(
            "steps",
            format!("[{step}!]!"),
            format!("A list of the steps, each from one of the {about} to the next."),
            Vec::new(),
            move |_, paths| {
                let steps = |path: &Arc<Path>| {
                    let step = |pair: &[u32]| Arc::new(Step { view: path.view.clone(), from: pair[0], to: pair[1] });
                    path.nodes.windows(2).map(step).collect::<Vec<_>>()
                };
                ready(Answer::many(step, paths.iter().map(steps)))
            },
        )
        .costs(0, Size::Assumed(ASSUMED_STEPS));
        o
    }

    /// The object type of a step of a path.
    pub fn step_object(&self) -> Object<Step> {
        let (nodes, joints) = (words(self.network.nodes.list), self.network.joints.list);
        let mut o =
            Object::new(self.step, format!("A step of a path, from one of the {nodes} in a network to the next."));
        let about = words(joints);
        o.batch(
            joints,
            format!("[{}!]", self.joints.name()),
            format!("A list of the {about} that join the two, the oldest first."),
            vec![Self::first_argument(&about)],
            |call, steps: &[Arc<Step>]| {
                Box::pin(async move {
                    let most = first(call)?;
                    let of = |step: &Arc<Step>| step.view.joints(step.from, step.to).take(most).collect();
                    many_records(call, steps.iter().map(of).collect::<Vec<_>>().into_iter()).await
                })
            },
        )
        .costs(index(self.joints.types().len()), Size::First { default: index(DEFAULT_LENGTH), most: index(MAX_SIZE) });
        o
    }
}
