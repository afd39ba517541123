//! Graphs that are made of the files, without the server.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fs,
    io::Read,
    path::Path,
};

use flate2::read::GzDecoder;

/// A row of a file, by header.
pub type Row = HashMap<String, String>;

/// The rows of a file of the bundled data on Finland and China.
pub fn bundled(name: &str) -> Vec<Row> {
    rows(&read(&format!("data/{name}.csv")))
}

/// The rows of a file of the bundled data of the world.
pub fn world(name: &str) -> Vec<Row> {
    let mut bytes = Vec::new();
    let packed = read(&format!("data/world/{name}.csv.gz"));
    GzDecoder::new(&*packed).read_to_end(&mut bytes).expect("a compressed file");
    rows(&bytes)
}

fn read(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file")
}

fn rows(bytes: &[u8]) -> Vec<Row> {
    csv::Reader::from_reader(bytes).deserialize().map(|row| row.expect("a row")).collect()
}

/// The first and the last day of a date or an interval, as texts that compare like days.
pub fn days(date: &str) -> (String, String) {
    let (first, last) = date.split_once('/').unwrap_or((date, date));
    let whole = |text: &str, rest: &str| {
        let text = text.trim_end_matches(['~', '?']);
        format!("{text}{}", &rest[text.len()..])
    };
    (whole(first, "0000-01-01"), whole(last, "0000-12-31"))
}

/// Where a node is, seen from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub distance: u32,
    pub ways: u64,
}

/// Nodes by key, and what joins each pair.
#[derive(Default)]
pub struct Graph(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Graph {
    pub fn of_partnerships(rows: &[Row], counts: impl Fn(&Row) -> bool) -> Self {
        let mut graph = Self::default();
        for row in rows.iter().filter(|row| counts(row)) {
            let members: Vec<_> = row["members"].split(';').collect();
            graph.join_all(&members, &row["key"]);
        }
        graph
    }

    /// Officials and organizations, as `kind/key`.
    pub fn of_participations(rows: &[Row], took_place: impl Fn(&str) -> bool) -> Self {
        let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for row in rows {
            let is_there = ["attended", "thanked", ""].contains(&row["status"].as_str());
            let is_host = !["inviter", "invitee"].contains(&row["role"].as_str());
            let is_node = ["official", "organization"].contains(&row["participant_kind"].as_str());
            if is_there && is_host && is_node && took_place(&row["activity"]) {
                let node = format!("{}/{}", row["participant_kind"], row["participant"]);
                groups.entry(&row["activity"]).or_default().insert(node);
            }
        }
        let mut graph = Self::default();
        for (activity, members) in groups {
            graph.join_all(&members.iter().map(String::as_str).collect::<Vec<_>>(), activity);
        }
        graph
    }

    /// The same, in which each node that `whole` names another one for is that one.
    pub fn merged(&self, whole: impl Fn(&str) -> Option<String>) -> Self {
        let mut merged = Self::default();
        for (one, others) in &self.0 {
            for (other, joints) in others {
                let pair = [one, other].map(|key| whole(key).unwrap_or_else(|| key.clone()));
                for joint in joints {
                    merged.join_all(&[&pair[0], &pair[1]], joint);
                }
            }
        }
        merged
    }

    fn join_all(&mut self, members: &[&str], joint: &str) {
        for one in members {
            for other in members.iter().filter(|other| *other != one) {
                let others = self.0.entry((*one).to_owned()).or_default();
                others.entry((*other).to_owned()).or_default().insert(joint.to_owned());
            }
        }
    }

    pub fn nodes(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    pub fn neighbors(&self, node: &str) -> BTreeSet<String> {
        self.0.get(node).into_iter().flat_map(|others| others.keys().cloned()).collect()
    }

    pub fn joints(&self, one: &str, other: &str) -> BTreeSet<String> {
        self.0.get(one).and_then(|others| others.get(other)).cloned().unwrap_or_default()
    }

    /// Where everything is that can be reached.
    pub fn reach(&self, start: &str) -> BTreeMap<String, At> {
        let mut found = BTreeMap::from([(start.to_owned(), At { distance: 0, ways: 1 })]);
        let mut open = VecDeque::from([start.to_owned()]);
        while let Some(node) = open.pop_front() {
            let At { distance, ways } = found[&node];
            for next in self.neighbors(&node) {
                match found.get_mut(&next) {
                    None => {
                        found.insert(next.clone(), At { distance: distance + 1, ways });
                        open.push_back(next);
                    }
                    Some(at) if at.distance == distance + 1 => at.ways += ways,
                    Some(_) => {}
                }
            }
        }
        found
    }
}
