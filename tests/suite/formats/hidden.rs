//! The leak guard of exports: no file and no page of a record tells whether a hidden record exists.

use std::collections::HashSet;

use coopgraph::formats::TableFormat;
use reqwest::{Method, header};

use super::{Got, send};
use crate::{
    columns::kinds,
    population::{MARKER, Population},
    support::{Server, backends},
};

/// How many records of a kind have every relation.
const SIZE: usize = 6;

async fn get(server: &Server, path: &str, accept: &str) -> Got {
    // The addresses in files are those by which they were asked for.
    send(server, Method::GET, path, &[(header::HOST, "data.example.org"), (header::ACCEPT, accept)]).await
}

/// There are two databases, one of which never had the hidden records: the files are the same, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn exports_tell_nothing_of_hidden_records() {
    for backend in backends() {
        let mut population = Population::new(SIZE);
        for (i, record) in population.records.iter_mut().enumerate() {
            if i % 17 == 2 {
                record.set("visibility", if i.is_multiple_of(2) { "partner" } else { "internal" });
            }
        }
        population.mark_hidden();
        let hidden = population.hidden();
        let (server, without) =
            tokio::join!(population.serve(backend), async { population.without_hidden().serve(backend).await });
        let mut paths: Vec<String> = vec!["/calendar.ics".to_owned(), "/popolo.json".to_owned()];
        for record in coopgraph::domain::model().types() {
            let formats = TableFormat::ALL.into_iter().filter(|(_, format)| format.has(record));
            paths.extend(formats.map(|(format, _)| format!("/export/{}.{format}", record.plural)));
        }
        let (mut shown, mut not_found) = (HashSet::new(), 0);
        for (i, record) in population.records.iter().enumerate() {
            let is_hidden = hidden.contains(&record.name());
            if is_hidden {
                not_found += 1;
            } else {
                shown.insert(record.kind);
            }
            // Each form for some of each kind.
            paths.push(format!("/id/{}.{}", record.id(), ["html", "jsonld", "json"][i % 3]));
        }
        assert!(shown.len() == kinds().len() && not_found > 20, "{} kinds, {not_found} hidden", shown.len());
        for path in &paths {
            let (found, right) = tokio::join!(get(&server, path, "*/*"), get(&without, path, "*/*"));
            assert_eq!(found.status, right.status, "{backend}, {path}");
            let difference = found.body.lines().zip(right.body.lines()).find(|(found, right)| found != right);
            assert!(found.body == right.body, "{backend}, {path}: {difference:?}");
            assert!(!found.body.contains(MARKER), "{backend}, {path}");
        }
        for record in population.records.iter().filter(|record| hidden.contains(&record.name())) {
            assert_eq!(get(&server, &format!("/id/{}", record.id()), "text/html").await.status, 404);
        }
    }
}
