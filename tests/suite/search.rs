//! Full-text search: what is found, in which order, and what a client is told.

mod filters;

use coopgraph::{
    import_export::{complete_search_index, rebuild_search_index},
    model::search::document,
};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
    walk::{items, text},
};

const SEARCH: &str = "query ($query: String!, $kinds: [RecordKind!], $language: String, $first: Int, $after: String) {
    search(query: $query, kinds: $kinds, language: $language, first: $first, after: $after) {
        totalCount
        kinds { kind count }
        pageInfo { hasNextPage hasPreviousPage endCursor }
        edges { cursor node { __typename key } snippet { field language text fragments { text isMatch } } }
    }
}";

/// What is searched for, and what is found first: `Type key`, of all bundled data.
const FIRST: &[(&str, &str)] = &[
    // English: names, their beginnings, words in any order, spelling.
    ("Shanghai", "City shanghai"),
    ("shanghai ", "City shanghai"),
    ("SHANGHAI", "City shanghai"),
    ("helsin", "City helsinki"),
    ("Finland", "Country FI"),
    ("united states", "Country US"),
    ("mayor espoo", "Visit espoo-mayor-shanghai-2012"),
    ("Espoo Mayor", "Visit espoo-mayor-shanghai-2012"),
    ("import expo 2nd", "Event ciie-2019"),
    ("aalto", "Organization aalto-university"),
    ("stubb", "Official alexander-stubb"),
    ("Jukka Makela", "Official jukka-makela"),
    ("integrated circuits", "Topic integrated-circuits"),
    ("sister city of the year", "Visit espoo-wuhan-2018"),
    ("People’s Congress", "Visit saifudin-finland-1957"),
    ("peoples congress", "Visit saifudin-finland-1957"),
    ("ciie-2018", "Event ciie-2018"),
    // A typing error.
    ("Shangai", "City shanghai"),
    ("Helsniki", "City helsinki"),
    ("Jyvaskila", "City jyvaskyla"),
    ("integrated cirquits", "Topic integrated-circuits"),
    // Finnish.
    ("Jyväskylä", "City jyvaskyla"),
    ("jyvaskyla", "City jyvaskyla"),
    ("Ähtäri", "City ahtari"),
    ("AHTARI", "City ahtari"),
    ("Helsingin kaupunki", "Organization city-of-helsinki"),
    ("ystävyyskaupungit", "Topic sister-cities"),
    ("mikropiir", "Topic integrated-circuits"),
    ("kuntaliitto", "Organization kuntaliitto"),
    // Swedish.
    ("Esbo", "City espoo"),
    ("Åbo", "City turku"),
    ("Helsingfors", "City helsinki"),
    ("tammerfors", "City tampere"),
    // Chinese: whole names, parts of them, and how they are read.
    ("上海", "City shanghai"),
    ("北京", "City beijing"),
    ("埃斯波", "City espoo"),
    ("赫尔辛基", "City helsinki"),
    ("集成电路", "Topic integrated-circuits"),
    ("习近平", "Official xi-jinping"),
    ("进口博览会", "Event ciie"),
    ("外事办公室", "Organization shanghai-fao"),
    ("商务", "Organization shanghai-commerce-commission"),
    ("pudongxinqu", "City pudong"),
    ("jichengdianlu", "Topic integrated-circuits"),
    // German; of two cities with one name, the larger one.
    ("Düsseldorf", "City dusseldorf-de"),
    ("wurzburg", "City wurzburg-de"),
    ("Köln", "City koln-de"),
    ("Münster", "City munster-de-07"),
];

async fn found(server: &Server, variables: Value) -> Value {
    server.data(SEARCH, variables).await["search"].clone()
}

fn keys(search: &Value) -> Vec<String> {
    let edges = search["edges"].as_array().expect("edges");
    let name = |edge: &Value| {
        format!(
            "{} {}",
            edge["node"]["__typename"].as_str().expect("a type"),
            edge["node"]["key"].as_str().expect("a key")
        )
    };
    edges.iter().map(name).collect()
}

/// All documents, but for their ids.
async fn documents(data: &TestDatabase) -> Vec<document::Model> {
    let all = document::Entity::find().order_by_asc(document::Column::RecordId).all(data.database.connection()).await;
    all.expect("documents").into_iter().map(|document| document::Model { id: 0, ..document }).collect()
}

/// What is expected comes first, and both databases have the same first page, with the same snippets.
#[tokio::test(flavor = "multi_thread")]
async fn the_best_comes_first_on_both_databases() {
    let mut pages: Vec<Vec<Value>> = Vec::new();
    for backend in backends() {
        let server = Server::start(backend, Data::All).await;
        let mut wrong = Vec::new();
        let mut of_backend = Vec::new();
        for (query, expected) in FIRST {
            let page = found(&server, json!({"query": query})).await;
            let keys = keys(&page);
            if keys.first().is_none_or(|first| first != expected) {
                wrong.push(format!("{query}: {expected} is not first of {:?}", &keys[..keys.len().min(3)]));
            }
            assert!(
                page["totalCount"].as_i64().expect("a count") >= i64::try_from(keys.len()).expect("a number"),
                "{query}"
            );
            // Cursors hold ids, which are different in each database.
            let without_cursor = |edge: &Value| json!([edge["node"], edge["snippet"]]);
            let edges: Vec<_> = page["edges"].as_array().expect("edges").iter().map(without_cursor).collect();
            let counts: Vec<_> = items(&page["kinds"]).map(|of| of["count"].as_i64().expect("a count")).collect();
            assert!(counts.is_sorted_by(|one, other| one >= other), "{query}: {counts:?}");
            assert_eq!(page["totalCount"], json!(counts.iter().sum::<i64>()), "{query}");
            of_backend.push(json!([page["totalCount"], page["kinds"], edges]));
        }
        assert!(wrong.is_empty(), "{backend}:\n{}", wrong.join("\n"));
        pages.push(of_backend);
    }
    for other in &pages[1..] {
        for ((query, _), (one, other)) in FIRST.iter().zip(pages[0].iter().zip(other)) {
            assert_eq!(one, other, "{query}");
        }
    }
}

/// Pages put together are the whole, each record once; the total is their number.
#[tokio::test(flavor = "multi_thread")]
async fn pages_make_up_the_whole() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for (query, kinds) in
            [("shanghai", json!(null)), ("s", json!(["CITY", "VISIT"])), ("shangai", json!(null)), ("市", json!(null))]
        {
            let whole = found(&server, json!({"query": query, "kinds": kinds, "first": 100})).await;
            let total = usize::try_from(whole["totalCount"].as_u64().expect("a count")).expect("a number");
            assert!(total > 7, "{query}: {total}");
            let mut walked = Vec::new();
            let mut after = Value::Null;
            loop {
                let page = found(&server, json!({"query": query, "kinds": kinds, "first": 7, "after": after})).await;
                assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!after.is_null()), "{query}");
                assert_eq!(page["totalCount"], whole["totalCount"], "{query}");
                walked.extend(keys(&page));
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == json!(false) {
                    break;
                }
            }
            assert_eq!(walked.len(), total, "{backend}: {query}");
            for of in items(&whole["kinds"]) {
                let name = text(&of["kind"]).replace('_', "");
                let is_of = |found: &&String| found.to_uppercase().starts_with(&format!("{name} "));
                assert_eq!(of["count"], json!(walked.iter().filter(is_of).count()), "{backend}: {query}: {name}");
            }
            let first = keys(&whole);
            assert_eq!(walked[..first.len()], first[..], "{backend}: {query}");
            let mut distinct = walked.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), total, "{backend}: {query}");
        }
    }
}

/// A record type, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn kinds_restrict_what_is_found() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let page = found(&server, json!({"query": "shanghai", "kinds": ["EVENT"], "first": 100})).await;
        assert!(keys(&page).iter().all(|found| found.starts_with("Event ")), "{backend}: {page}");
        let both = found(&server, json!({"query": "shanghai", "kinds": ["EVENT", "CITY"]})).await;
        let number = |page: &Value| page["totalCount"].as_i64().expect("a count");
        let city = found(&server, json!({"query": "shanghai", "kinds": ["CITY"]})).await;
        assert_eq!(number(&both), number(&page) + number(&city), "{backend}");
    }
}

/// What matches is marked, in the field and in the language in which it was found.
#[tokio::test(flavor = "multi_thread")]
async fn snippets_show_what_was_found() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for (query, language, expected) in [
            ("jyvas", None, ("name", Some("en"), "[Jyväskylä]")),
            ("espoo mayor", None, ("title", Some("en"), "[Mayor] of [Espoo] meets the [Mayor] of Shanghai")),
            ("Esbo", None, ("names", Some("sv"), "[Esbo]")),
            ("shanghai", Some("fi"), ("names", Some("fi"), "[Shanghai]")),
            ("电路", None, ("names", Some("zh"), "集成[电路]")),
            ("beijing", Some("zh"), ("name", Some("en"), "[Beijing]")),
            ("xijinping", None, ("names", Some("zh"), "习近平")),
        ] {
            let page = found(&server, json!({"query": query, "language": language, "first": 1})).await;
            let snippet = &page["edges"][0]["snippet"];
            let mark = |fragment: &Value| {
                let text = fragment["text"].as_str().expect("a text");
                if fragment["isMatch"] == json!(true) { format!("[{text}]") } else { text.to_owned() }
            };
            let marked: String = snippet["fragments"].as_array().expect("fragments").iter().map(mark).collect();
            let found = (snippet["field"].as_str().expect("a field"), snippet["language"].as_str(), marked.as_str());
            assert_eq!(found, expected, "{backend}: {query}");
            assert_eq!(snippet["text"], json!(marked.replace(['[', ']'], "")), "{backend}: {query}");
        }
    }
}

/// A long text is cut around what was found.
#[tokio::test(flavor = "multi_thread")]
async fn long_texts_are_cut_around_what_was_found() {
    let note = format!("{} needle {}", "before ".repeat(100), "after ".repeat(100));
    for backend in backends() {
        let set = Set::bundled();
        set.replace("visits.csv", "Six members; letter of intent signed.", note.as_bytes());
        let server = Server::over(TestDatabase::new(backend, Data::Empty).await).await;
        server.data.import(&set.files()).await.expect("an import");
        let page = found(&server, json!({"query": "needle"})).await;
        let text = page["edges"][0]["snippet"]["text"].as_str().expect("a text");
        assert!(text.starts_with("…before") && text.ends_with("after…") && text.contains(" needle "), "{text}");
        assert!(text.chars().count() < 220, "{text}");
    }
}

/// What nobody can find is an honest empty answer, and what cannot be searched for a coded error.
#[tokio::test(flavor = "multi_thread")]
async fn odd_queries_are_answered() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for query in [
            "",
            " ",
            "🙂🙂",
            "...",
            "%",
            "_",
            "\"",
            "'",
            "*",
            "\\",
            "\u{0}",
            "\u{202e}",
            "xyzzyplugh",
            "NOT",
            "OR",
            "AND (",
            "words:",
            "^",
            "a\"b",
            "') & ('",
            "-",
            ":*",
            "|",
            "zzzzz zzzzz",
            "鿿鿿鿿",
        ] {
            let page = found(&server, json!({"query": query})).await;
            let matches = ["NOT", "OR", "AND (", "words:", "a\"b"].contains(&query);
            assert!(matches || page["totalCount"] == json!(0), "{backend}: {query}: {page}");
            assert!(matches || page["edges"] == json!([]), "{backend}: {query}: {page}");
        }
        assert!(
            found(&server, json!({"query": "s"})).await["totalCount"].as_i64() > Some(100),
            "{backend}: one letter"
        );
        let of_other = found(&server, json!({"query": "shanghai"})).await["pageInfo"]["endCursor"].clone();
        for (variables, code, about) in [
            (
                json!({"query": "x".repeat(10_000)}),
                "INVALID_ARGUMENT",
                "`query` has 10000 characters: at most 200 are allowed",
            ),
            (json!({"query": "上".repeat(17)}), "INVALID_ARGUMENT", "`query` has 17 words: at most 16 are allowed"),
            (json!({"query": "a", "first": 101}), "INVALID_PAGE", "`first` is 101"),
            (json!({"query": "a", "first": -1}), "INVALID_PAGE", "`first` is -1"),
            (
                json!({"query": "a", "language": "no such language"}),
                "INVALID_ARGUMENT",
                "`language` is \"no such language\"",
            ),
            (
                json!({"query": "a", "after": "nonsense"}),
                "INVALID_CURSOR",
                "\"nonsense\" is not a cursor of this search",
            ),
            (json!({"query": "espoo", "after": of_other}), "INVALID_CURSOR", "is not a cursor of this search"),
        ] {
            let answer = server.answer(SEARCH, variables.clone()).await;
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["code"], json!(code), "{backend}: {variables:.80}: {answer}");
            assert!(error["message"].as_str().expect("a message").contains(about), "{backend}: {answer}");
            assert_eq!(answer["data"], json!({"search": null}), "{backend}: {answer}");
        }
    }
}

/// The index is what the records are, whatever changes them, and a command makes it again.
#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_kept_in_step() {
    for backend in backends() {
        let set = Set::bundled();
        let server = Server::over(TestDatabase::new(backend, Data::Empty).await).await;
        server.data.import(&set.files()).await.expect("an import");
        let first = async |query: &str| keys(&found(&server, json!({"query": query})).await).first().cloned();
        assert_eq!(first("Ähtäri").await.as_deref(), Some("City ahtari"));
        assert_eq!(first("Quuxville").await, None);
        // A name of its own, and a further one.
        set.replace("cities.csv", "ahtari,Ähtäri,en", b"ahtari,Quuxville,en");
        set.replace("names.csv", "city,ahtari,fi,Ähtäri,,", "city,ahtari,fi,Quuxkylä,,".as_bytes());
        set.replace("names.csv", "city,turku,sv,Åbo,,", b"");
        server.data.import(&set.files()).await.expect("an import");
        assert_eq!(first("Quuxville").await.as_deref(), Some("City ahtari"));
        assert_eq!(first("quuxkyla").await.as_deref(), Some("City ahtari"));
        assert_ne!(first("Åbo").await.as_deref(), Some("City turku"));
        // What is made again is the same.
        let before = documents(&server.data).await;
        assert!(before.len() > 1_000, "{backend}: {} documents", before.len());
        let made = rebuild_search_index(&server.data.database, coopgraph::domain::model()).await.expect("an index");
        assert_eq!(made, before.len() as u64, "{backend}");
        assert_eq!(documents(&server.data).await, before, "{backend}");
        // The index itself, too.
        assert_eq!(first("Quuxville").await.as_deref(), Some("City ahtari"));
    }
}

/// A database of an earlier version can be searched after its migration.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_makes_the_index() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        // As the migration leaves it.
        server.data.execute("DELETE FROM search_document").await;
        server.data.execute("DELETE FROM search_word").await;
        server.data.execute("DELETE FROM sort_key").await;
        assert_eq!(found(&server, json!({"query": "shanghai"})).await["totalCount"], json!(0));
        complete_search_index(&server.data.database, coopgraph::domain::model()).await.expect("an index");
        assert_eq!(keys(&found(&server, json!({"query": "shangai"})).await)[0], "City shanghai", "{backend}");
        // And the keys by which names are in alphabetical order, which are made anew if they are wrong.
        let last = async || {
            let query =
                "{ cities(last: 1, filter: {country: {key: {eq: \"FI\"}}}, collation: \"fi\") { nodes { key } } }";
            server.data(query, json!({})).await["cities"]["nodes"][0]["key"].clone()
        };
        assert_eq!(last().await, "ahtari", "{backend}");
        let zero = if backend == crate::support::Backend::Sqlite { "x'00'" } else { "'\\x00'::bytea" };
        server.data.execute(&format!("UPDATE sort_key SET \"key\" = {zero}")).await;
        assert_ne!(last().await, "ahtari", "{backend}");
        rebuild_search_index(&server.data.database, coopgraph::domain::model()).await.expect("an index");
        assert_eq!(last().await, "ahtari", "{backend}");
    }
}
