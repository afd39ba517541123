//! The root of the graph, and what async-graphql needs to know of it.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    document::Size,
    error::{Code, Error, Result},
    graph::{
        Answer, Argument, Graph, Object, budget,
        filter::global_id,
        leaf::Leaf,
        reference::load_any,
        types::{Types, interface, union},
    },
};

/// The row that the fields of the root are read from.
pub struct Root;

impl Graph {
    /// Completes the graph: the root, and the interfaces `Node` and `Record`; `common` are the fields that all records have.
    #[must_use]
    pub fn finish(mut self, sample: &str, common: &[&str]) -> Self {
        for register in std::mem::take(&mut self.late) {
            register(&mut self);
        }
        let mut root = Object::new("Query", "The root of every query.");
        let kinds = std::mem::take(&mut self.kinds);
        for kind in kinds.values() {
            self.types.implement(kind.name(), "Record");
            self.types.implement(kind.name(), "Node");
        }
        self.types.implement("Record", "Node");
        let possible = self.types.implementors("Node");
        let all = self.types.fields(sample);
        let pick = |names: &[&str]| {
            all.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(n, f)| (n.clone(), f.clone())).collect()
        };
        self.types.add("Node", || {
            interface(
                "Node",
                "A record, as Relay's clients know it: whatever has a global id.",
                pick(&["id"]),
                possible.clone(),
            )
        });
        for (interface, fields) in [("Node", &["id"][..]), ("Record", common)] {
            let weights = self.weights.get(sample).into_iter().flatten();
            let weights = weights.filter(|(name, _)| fields.contains(&name.as_str()));
            let weights = weights.map(|(name, weight)| (name.clone(), *weight)).collect();
            self.weights.insert(interface.to_owned(), weights);
        }
        self.types.add("Record", || {
            interface(
                "Record",
                "What all records have: an id and a key, names, sources, figures, topics, and a history.",
                pick(common),
                possible.clone(),
            )
        });
        root.level(
            "node",
            "A record by its global id, whatever its kind; `null` if there is none.",
            "Node",
            vec![Argument::new("id", "ID!", "Its global id.")],
            |call, rows| {
                Box::pin(async move {
                    let wanted = wanted(call.graph(), &call.arg::<async_graphql::ID>("id")?)?;
                    let wanted: Vec<_> = rows.iter().map(|_| Some(wanted.clone())).collect();
                    Ok(Answer::One(load_any(call, &wanted).await?))
                })
            },
        );
        root.level(
            "nodes",
            "A list of records by their global ids, in the order of the ids; `null` where there is none.",
            "[Node]!",
            vec![Argument::new("ids", "[ID!]!", "Their global ids, at most 100.")],
            |call, _| {
                Box::pin(async move {
                    let ids = call.arg::<Vec<async_graphql::ID>>("ids")?;
                    if ids.len() > super::MAX_SIZE {
                        let message = format!("`ids` has {} ids: give at most {}", ids.len(), super::MAX_SIZE);
                        return Err(Error::input(Code::InvalidPage, message));
                    }
                    let wanted = ids.iter().map(|id| wanted(call.graph(), id).map(Some)).collect::<Result<Vec<_>>>()?;
                    let slots = load_any(call, &wanted).await?;
                    Ok(Answer::Many { starts: vec![0, super::answer::index(wanted.len())], slots })
                })
            },
        );
        root.weighs(super::answer::index(kinds.len()), Size::Argument("ids"));
        self.add_object(budget::object);
        root.level(
            "rateLimit",
            "What the client may spend, and what this operation costs; `null` if nothing is limited.",
            "RateLimit",
            Vec::new(),
            |call, rows| {
                let answer = Answer::one(rows.iter().map(|_| call.budget().map(Arc::new)));
                Box::pin(std::future::ready(Ok(answer)))
            },
        );
        root.weighs(0, Size::None);
        for kind in kinds.values() {
            kind.add_to_root(&mut root, &mut self);
        }
        self.kinds = kinds;
        self.add_object(|| root);
        self
    }

    /// Adds a union of kinds of records.
    #[must_use]
    pub fn with_union(mut self, name: &str, description: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|m| (*m).to_owned()).collect();
        self.types.add(name, || union(name, description, members));
        self
    }

    /// Adds an object type.
    #[must_use]
    pub fn with_object<R: Send + Sync + 'static>(mut self, describe: fn() -> Object<R>) -> Self {
        self.add_object(describe);
        self
    }

    /// Adds what a leaf needs.
    #[must_use]
    pub fn with_leaf<T: Leaf>(mut self) -> Self {
        T::register(&mut self.types);
        self
    }
}

impl Types {
    /// The fields of an object type.
    fn fields(&self, name: &str) -> indexmap::IndexMap<String, async_graphql::registry::MetaField> {
        self.get(name).and_then(|ty| ty.fields().cloned()).unwrap_or_default()
    }
}

fn wanted(graph: &Graph, id: &str) -> Result<(String, Uuid)> {
    let kinds: Vec<&'static str> = graph.kinds.keys().copied().collect();
    global_id(id, &kinds).map(|(kind, id)| (kind.to_owned(), id)).map_err(|error| match error {
        // A list of all kinds would be long.
        Error::Input(code, _) => {
            Error::input(code, format!("{id:?} is no id of a record: an id looks like city_01jx5p7zk3e9tb5h4yq6v8m2nd"))
        }
        other @ Error::Internal(_) => other,
    })
}
