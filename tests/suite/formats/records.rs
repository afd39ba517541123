//! Addresses of records: the form that a client prefers, and what the page and the JSON-LD of a record say.

use coopgraph::config::Config;
use reqwest::header;
use serde_json::{Value, json};

use super::{get, id_of, send};
use crate::support::{Backend, Data, Server, TestDatabase, backends};

/// The address of a record has the form that a client prefers, behind proxies too, and strict policies.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_has_the_form_that_is_preferred() {
    let config = Config { path_prefix: Some("/graph".into()), trust_proxy: true, ..Server::unlimited() };
    let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, config).await;
    let espoo = id_of(&server, "city", "espoo").await;
    for (accept, media_type) in [
        ("", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/ld+json", "application/ld+json"),
        ("application/json, text/html;q=0.5", "application/json; charset=utf-8"),
        ("application/*", "application/ld+json"),
    ] {
        for path in [format!("/id/{espoo}"), format!("/graph/id/{espoo}")] {
            let mut headers = vec![
                (header::HeaderName::from_static("x-forwarded-host"), "data.example.org"),
                (header::HeaderName::from_static("x-forwarded-proto"), "https"),
            ];
            headers.extend((!accept.is_empty()).then_some((header::ACCEPT, accept)));
            let got = send(&server, reqwest::Method::GET, &path, &headers).await;
            assert_eq!((got.status.as_u16(), got.header(header::CONTENT_TYPE)), (200, media_type), "{accept}");
            assert!(got.headers.get_all(header::VARY).iter().any(|value| value == "accept"), "{:?}", got.headers);
            let policy = got.header(header::CONTENT_SECURITY_POLICY);
            assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
            if media_type != "application/json; charset=utf-8" {
                let address = format!("https://data.example.org/graph/id/{espoo}\"");
                assert!(got.body.contains(&address), "{}", got.body);
            }
        }
    }
    for (extension, media_type) in
        [("html", "text/html"), ("jsonld", "application/ld+json"), ("json", "application/json")]
    {
        let got = get(&server, &format!("/id/{espoo}.{extension}")).await;
        assert!(got.status == 200 && got.header(header::CONTENT_TYPE).starts_with(media_type), "{extension}");
    }
}

/// The page of a record says what each source says, and who disagrees; texts of the data are no HTML.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_record_says_who_disagrees() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let query = "{ citations(first: 1, filter: {stance: {eq: CONTRADICTS}, field: {eq: \"since\"}}) { nodes { source { id } \
                     record { id } } } }";
        let data = server.data(query, json!({})).await;
        let citation = &data["citations"]["nodes"][0];
        let [record, source] =
            [&citation["record"]["id"], &citation["source"]["id"]].map(|id| id.as_str().expect("an id"));
        let page = get(&server, &format!("/id/{record}")).await.body;
        assert!(page.contains("Sources disagree about: since"), "{page}");
        let said = page.split("<li class=\"contradicts\">").nth(1).expect("a contradiction");
        let said = said.split("</li>").next().expect("an item");
        assert!(said.contains("Contradicted by") && said.contains(&format!("href=\"{source}\"")), "{said}");
        // Its links to other records lead to pages.
        let ids = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let ids: Vec<_> = ids.filter(|href| href.contains('_') && !href.contains(['.', '/'])).collect();
        assert!(ids.len() > 3, "{page}");
        for id in ids.iter().take(10) {
            assert_eq!(get(&server, &format!("/id/{id}")).await.status, 200, "{id}");
        }
        server.data.execute("UPDATE city SET name = '<script>alert(1)</script>' WHERE key = 'espoo'").await;
        let espoo = id_of(&server, "city", "espoo").await;
        let page = get(&server, &format!("/id/{espoo}")).await.body;
        assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"), "{page}");
    }
}

/// The record of the first citation that a filter finds: its id and its page.
async fn cited(server: &Server, filter: &str) -> (String, String) {
    let query = format!("{{ citations(first: 1, filter: {filter}) {{ nodes {{ record {{ id }} }} }} }}");
    let data = server.data(&query, json!({})).await;
    let id = data["citations"]["nodes"][0]["record"]["id"].as_str().expect("an id").to_owned();
    let page = get(server, &format!("/id/{id}")).await.body;
    (id, page)
}

/// What sources say about the whole record is told in words, and a record that nobody contradicts is not disputed.
#[tokio::test(flavor = "multi_thread")]
async fn doubts_about_a_whole_record_are_told_in_words() {
    let server = Server::start(Backend::Sqlite, Data::Bundled).await;
    let filter = "{stance: {eq: CONTRADICTS}, field: {eq: \"exists\"}}";
    let (id, page) = cited(&server, filter).await;
    assert!(page.contains("Sources disagree about: ") && page.contains("whether it exists</p>"), "{page}");
    server.data.execute("UPDATE citation SET field = 'record' WHERE field = 'exists'").await;
    let page = get(&server, &format!("/id/{id}")).await.body;
    assert!(page.contains("the record as a whole</p>"), "{page}");
    server.data.execute("UPDATE citation SET stance = 'supports'").await;
    let page = get(&server, &format!("/id/{id}")).await.body;
    assert!(!page.contains("disagree") && page.contains("Supported by"), "{page}");
}

/// Citations call a field by any name that it has or had, as files and as the schema spell it: what they say is shown at its
/// value.
#[tokio::test(flavor = "multi_thread")]
async fn citations_are_shown_at_the_value_they_are_about() {
    let server = Server::start(Backend::Sqlite, Data::Bundled).await;
    let (id, _) = cited(&server, "{stance: {eq: CONTRADICTS}, field: {eq: \"since\"}}").await;
    assert!(id.starts_with("partnership_"), "{id}");
    // Not recorded, or the day of the end; whether the name is the former one or not.
    for field in ["end", "ended", "since"] {
        server
            .data
            .execute(&format!("UPDATE citation SET field = '{field}' WHERE field IN ('since', 'end', 'ended')"))
            .await;
        let page = get(&server, &format!("/id/{id}")).await.body;
        let (shown, name) = if field == "since" { ("<dt>Since</dt>", "since") } else { ("<dt>End</dt>", "end") };
        let value = page.split(shown).nth(1).and_then(|rest| rest.split("</dd>").next()).unwrap_or_default();
        assert!(value.contains("Contradicted by"), "{field}: {page}");
        assert!(page.contains(&format!("Sources disagree about: {name}<")), "{field}: {page}");
        assert!(!page.contains("Other statements"), "{field}: {page}");
    }
}

/// A record has all of its topics, figures and statements, however many there are.
#[tokio::test(flavor = "multi_thread")]
async fn no_list_of_a_record_is_cut_short() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        // One city has all of them.
        let espoo = "(SELECT id FROM city WHERE key = 'espoo')";
        for (table, column) in [("citation", "record"), ("indicator", "subject")] {
            let sql = format!("UPDATE {table} SET {column}_id = {espoo}, {column}_kind = 'city'");
            server.data.execute(&sql).await;
        }
        let id = id_of(&server, "city", "espoo").await;
        let query = "query($id: ID!) { city(by: {id: $id}) { citations { totalCount } indicators { totalCount } topics { totalCount } } }";
        let data = server.data(query, json!({ "id": id })).await;
        let count = |list: &str| data["city"][list]["totalCount"].as_u64().expect("a number");
        assert!(count("citations") > 1_000 && count("indicators") > 0, "{data}");
        let record: Value = serde_json::from_str(&get(&server, &format!("/id/{id}.json")).await.body).expect("JSON");
        for list in ["citations", "indicators", "topics"] {
            let nodes = record[list]["nodes"].as_array().expect("a list");
            let mut ids: Vec<_> = nodes.iter().map(|node| node["id"].as_str().expect("an id")).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len() as u64, count(list), "{backend}: {list}");
        }
        let json_ld: Value = serde_json::from_str(&get(&server, &format!("/id/{id}.jsonld")).await.body).expect("JSON");
        assert_eq!(json_ld["subjectOf"].as_array().expect("a list").len() as u64, count("citations"));
        let page = get(&server, &format!("/id/{id}.html")).await.body;
        let stances = page.matches("<strong>").count();
        assert!(stances as u64 >= count("citations"), "{backend}: {stances} statements");
    }
}
