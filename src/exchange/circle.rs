//! Records that refer to records of their own kind, and by way of them to themselves: nothing is a part of its own part.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{
    Problem, Problems,
    table::{Table, View},
};

/// Reports the circles among the rows that are stored now; one record stands in at most one of them.
pub(super) async fn check(
    connection: &impl ConnectionTrait,
    backend: DbBackend,
    table: &dyn Table,
    problems: &mut Problems,
) -> Result<(), DbErr> {
    let kind = table.kind();
    for column in table.columns() {
        let (links, from, to) = match column.cell {
            View::Reference { column, kind: other, .. } if other == kind => (kind, "id", column),
            View::List { links, kind: other, .. } if other == kind => (links.table, links.from, links.to),
            _ => continue,
        };
        let sql = format!(
            "SELECT f.\"key\" AS \"from_\", t.\"key\" AS \"to_\" FROM \"{links}\" AS l \
             JOIN \"{kind}\" AS f ON f.\"id\" = l.\"{from}\" JOIN \"{kind}\" AS t ON t.\"id\" = l.\"{to}\""
        );
        let mut references = References::new();
        for row in connection.query_all_raw(Statement::from_string(backend, sql)).await? {
            references.entry(row.try_get("", "from_")?).or_default().insert(row.try_get("", "to_")?);
        }
        for circle in circles(references) {
            problems.add(Problem {
                file: table.file(),
                line: 0,
                column: column.header.to_owned(),
                value: circle.first().cloned().unwrap_or_default(),
                message: format!("the records {} name each other in a circle", circle.join(", ")),
            });
        }
    }
    Ok(())
}

/// Keys, and those that each refers to.
type References = BTreeMap<String, BTreeSet<String>>;

/// Circles, each as the keys that it consists of, until none is left that shares no record with one of these.
fn circles(mut references: References) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    loop {
        // Whoever refers to nothing more is in no circle.
        loop {
            let all: BTreeSet<String> = references.keys().cloned().collect();
            for targets in references.values_mut() {
                targets.retain(|target| all.contains(target));
            }
            references.retain(|_, targets| !targets.is_empty());
            if references.len() == all.len() {
                break;
            }
        }
        let Some(mut key) = references.keys().next().cloned() else { return found };
        let mut path: Vec<String> = Vec::new();
        let circle = loop {
            if let Some(place) = path.iter().position(|known| *known == key) {
                break path.split_off(place);
            }
            let next = references.get(&key).and_then(|targets| targets.first().cloned());
            path.push(key);
            let Some(next) = next else { break Vec::new() };
            key = next;
        };
        for key in &circle {
            references.remove(key);
        }
        if circle.is_empty() {
            return found;
        }
        found.push(circle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Vec<String> {
        let mut references = References::new();
        for (from, to) in pairs {
            references.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        circles(references).iter().map(|circle| circle.join(" ")).collect()
    }

    #[test]
    fn circles_are_found_and_trees_are_none() {
        assert!(found(&[]).is_empty());
        assert!(found(&[("a", "b"), ("b", "c"), ("d", "c"), ("a", "c")]).is_empty());
        assert_eq!(found(&[("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")]), ["b c"]);
        assert_eq!(found(&[("a", "a"), ("x", "y"), ("y", "z"), ("z", "x"), ("y", "q")]), ["a", "x y z"]);
    }
}
