//! Formats that partners already read: what is in the files, what bad requests get, and what clients see who hold a copy.
//! Libraries of others read them in `tests/clients`.

mod calendar;
mod copies;
mod hidden;
mod popolo;
mod records;
mod streams;

use std::fs;

use coopgraph::{
    config::{Config, Profile},
    formats::{Extent, Places, TableFormat, calendar, popolo, record_document, table},
};
use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    clients::{passes, run, serve},
    process::{Place, python_command, ran},
    support::{Backend, Data, Server, TestDatabase, backends, export, file_of},
};

/// A response that was read to its end.
struct Got {
    status: StatusCode,
    headers: header::HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The code and the message of its error.
    fn error(&self) -> (String, String) {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_else(|cause| panic!("{cause}: {}", self.body));
        let error = &body["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&error["extensions"]["code"]), text(&error["message"]))
    }
}

async fn send(server: &Server, method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> Got {
    let mut request = Client::new().request(method, format!("http://{}{path}", server.address));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    Got { status, headers, body: response.text().await.expect("a whole body") }
}

async fn get(server: &Server, path: &str) -> Got {
    send(server, Method::GET, path, &[]).await
}

/// The id of a record that a look-up finds.
async fn id_of(server: &Server, field: &str, key: &str) -> String {
    let data = server.data(&format!("{{ r: {field}(by: {{key: \"{key}\"}}) {{ id }} }}"), json!({})).await;
    data["r"]["id"].as_str().expect("an id").to_owned()
}

/// The CSV files of all types are, byte for byte, those that the command exports, which import reads.
#[tokio::test(flavor = "multi_thread")]
async fn csv_is_what_the_command_exports() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let directory = tempfile::tempdir().expect("a directory");
        export(&server.data.database, directory.path(), false).await;
        for record in coopgraph::domain::model().types() {
            let right = fs::read_to_string(directory.path().join(file_of(record))).expect("a file");
            let got = get(&server, &format!("/export/{}?exact=true&orderBy=KEY_ASC", file_of(record))).await;
            assert_eq!(got.status, 200, "{}", got.body);
            assert_eq!(got.header(header::CONTENT_TYPE), "text/csv; charset=utf-8; header=present");
            let name = format!("attachment; filename=\"{}\"", file_of(record));
            assert_eq!(got.header(header::CONTENT_DISPOSITION), name);
            // Rows and not bytes: databases and languages sort punctuation in different ways.
            let [mut right, mut found] = [right, got.body].map(|text| rows(&text));
            right.sort_unstable();
            found.sort_unstable();
            assert!(right == found, "{backend}, {}: {} and {} rows", record.plural, right.len(), found.len());
        }
    }
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// What a spreadsheet program would run is a text in it, unless the exact values are asked for.
#[tokio::test(flavor = "multi_thread")]
async fn cells_are_no_formulas() {
    let server = Server::start(Backend::Sqlite, Data::Bundled).await;
    let beginnings = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠"];
    for formula in beginnings.map(|begin| format!("{begin}HYPERLINK(\"http://x\")")) {
        server.data.execute(&format!("UPDATE visit SET purpose = '{formula}'")).await;
        for (path, right) in [("visits.csv", format!("'{formula}")), ("visits.csv?exact=true", formula.clone())] {
            let rows = rows(&get(&server, &format!("/export/{path}")).await.body);
            let column = rows[0].iter().position(|header| header == "purpose").expect("a column");
            assert!(rows.len() > 20 && rows[1..].iter().all(|row| row[column] == right), "{formula:?}: {rows:?}");
        }
    }
    // What is a number is not touched, negative ones neither.
    let rows = rows(&get(&server, "/export/cities.csv").await.body);
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with('\'')));
}

/// What is wrong is told with a code, and with what would be right.
#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_told_what_is_right() {
    let server = Server::start(Backend::Sqlite, Data::Bundled).await;
    let espoo = id_of(&server, "city", "espoo").await;
    let unknown = espoo.replace("city_", "visit_");
    let filter = |json: &str| form_urlencoded::byte_serialize(json.as_bytes()).collect::<String>();
    for (path, status, code, says) in [
        ("/export/mayors.csv", 404, "NOT_FOUND", "export one of countries, topics"),
        ("/export/visits", 404, "NOT_FOUND", "visits.csv, visits.jsonl, visits.geojson"),
        ("/export/visits.xlsx", 404, "NOT_FOUND", "there is no format \"xlsx\""),
        ("/export/officials.geojson", 404, "NOT_FOUND", "have no place on a map"),
        ("/export/visits.csv?first=3", 400, "BAD_REQUEST", "the parameters are filter, orderBy, exact"),
        ("/export/visits.jsonl?exact=true", 400, "BAD_REQUEST", "the parameters are filter, orderBy"),
        ("/export/visits.csv?exact=1", 400, "BAD_REQUEST", "must be true or false"),
        ("/export/visits.csv?filter=%7B", 400, "BAD_REQUEST", "`filter` is not JSON"),
        ("/export/visits.csv?filter=3", 400, "BAD_REQUEST", "`filter` must be a JSON object"),
        ("/export/visits.csv?filter=%ff", 400, "BAD_REQUEST", "not UTF-8"),
        ("/export/visits.csv?orderBy=KEY_ASC&orderBy=KEY_DESC", 400, "BAD_REQUEST", "given twice"),
        ("/export/visits.csv?orderBy=SIZE_ASC", 400, "INVALID_VARIABLES", "is not a value of VisitOrder"),
        (&format!("/export/visits.csv?filter={}", filter("{\"mayor\": 1}")), 400, "INVALID_VARIABLES", "mayor"),
        (
            &format!("/export/visits.csv?filter={}", filter("{\"start\": {\"certainlyOnOrAfter\": \"yesterday\"}}")),
            400,
            "INVALID_",
            "yesterday",
        ),
        ("/calendar.ics?kind=visit", 400, "BAD_REQUEST", "the parameters are filter, country, city"),
        (&format!("/calendar.ics?filter={}", filter("{\"kind\": {}}")), 400, "INVALID_VARIABLES", "kind"),
        ("/popolo.json?filter=%7B%7D", 400, "BAD_REQUEST", "officials, organizations, positions, memberships"),
        ("/id/%00%ff", 400, "BAD_REQUEST", "The path of the address is not UTF-8."),
        ("/id/espoo.json", 404, "NOT_FOUND", "there is no record with the ID \"espoo\""),
        ("/id/city_00000000000000000000000000.jsonld", 404, "NOT_FOUND", "there is no record"),
        (&format!("/id/{unknown}.json"), 404, "NOT_FOUND", "there is no record"),
        ("/id/mayor_00000000000000000000000000.json", 404, "NOT_FOUND", "there is no record"),
        (&format!("/id/{espoo}.json?lang=fi"), 400, "BAD_REQUEST", "the parameters are none"),
    ] {
        let got = get(&server, path).await;
        let (found, message) = got.error();
        assert_eq!(got.status, status, "{path}: {message}");
        assert!(found.starts_with(code) && message.contains(says), "{path}: {found} {message}");
        assert!(got.headers.get(header::ETAG).is_none(), "{path}");
    }
    for path in ["/export/visits.csv", "/calendar.ics", "/popolo.json", &format!("/id/{espoo}")] {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let got = send(&server, method, path, &[]).await;
            assert_eq!((got.status.as_u16(), got.header(header::ALLOW)), (405, "GET, HEAD"), "{path}");
            assert!(got.error().1.contains("Use GET, HEAD"));
        }
    }
    let got = send(&server, Method::GET, &format!("/id/{espoo}"), &[(header::ACCEPT, "image/png")]).await;
    let varies = got.headers.get_all(header::VARY).iter().any(|value| value == "accept");
    assert_eq!((got.status.as_u16(), varies), (406, true));
    let got = send(&server, Method::GET, "/id/%3Cb%3E", &[(header::ACCEPT, "text/html")]).await;
    assert_eq!(got.status, 404);
    assert!(got.header(header::CONTENT_TYPE).starts_with("text/html") && !got.body.contains("<b>"), "{}", got.body);
}

/// What the formats ask for fits into the default limits, and takes no more than is charged for it; the statements of a page do
/// not depend on its records.
#[tokio::test(flavor = "multi_thread")]
async fn the_documents_of_formats_are_paid_for() {
    let model = coopgraph::domain::model();
    let places = Places { country: Some("FI".to_owned()), city: Some("espoo".to_owned()) };
    let tables = model.types().flat_map(|record| {
        let formats = TableFormat::ALL.into_iter().map(|(_, format)| format).filter(|format| format.has(record));
        formats.map(|format| table(model, record, format, false))
    });
    let listings: Vec<_> = tables.chain([calendar("", None, &places), popolo([None, None, None, None])]).collect();
    for backend in backends() {
        let config = Config { rate_limit: 0, ..Config::default() };
        let server = Server::with(TestDatabase::new(backend, Data::Bundled).await, config).await;
        let cost = async |query: &str, variables: Value| -> (u64, Value) {
            let body = json!({ "query": query, "variables": variables, "extensions": { "cost": true } });
            let (_, _, answer) = server.post(&body, &[]).await;
            assert_eq!(answer.get("errors"), None, "{query}");
            let cost = &answer["extensions"]["cost"];
            let number = |name: &str| cost[name].as_u64().expect("a number");
            assert!(number("requested") >= number("actual"), "{backend}: {cost} of {query}");
            (number("statements"), answer["data"].clone())
        };
        for list in listings.iter().flat_map(|listing| &listing.lists) {
            let mut variables = serde_json::to_value(&list.variables).expect("JSON");
            let (all, data) = cost(&list.document, variables.clone()).await;
            let nodes = data.as_object().and_then(|data| data.values().next()?["nodes"].as_array()).expect("a list");
            if nodes.len() > 20 {
                variables["first"] = 20.into();
                let (some, _) = cost(&list.document, variables).await;
                // Of references to several types, fewer records can lead to fewer types.
                assert!(all <= some + 4, "{backend}: {all} and {some} statements for {}", list.document);
            }
        }
        for record in model.types() {
            let list = coopgraph::model::camel_case(record.plural);
            let data = server.data(&format!("{{ {list}(first: 2) {{ nodes {{ id }} }} }}"), json!({})).await;
            for node in data[&list]["nodes"].as_array().expect("a list") {
                for extent in [Extent::Own, Extent::WithRelated] {
                    let (document, field) = record_document(model, record, extent);
                    let (_, data) = cost(&document, json!({ "id": node["id"] })).await;
                    assert_eq!(data[&field]["id"], node["id"]);
                }
            }
        }
    }
}

/// Neither a hardened server nor one that is told so has any of this.
#[tokio::test(flavor = "multi_thread")]
async fn exports_can_be_switched_off() {
    for config in
        [Config { profile: Profile::Hardened, ..Config::default() }, Config { no_exports: true, ..Config::default() }]
    {
        let server = Server::with(TestDatabase::new(Backend::Sqlite, Data::Empty).await, config).await;
        for path in ["/export/visits.csv", "/calendar.ics", "/popolo.json", "/id/city_00000000000000000000000000"] {
            assert_eq!(get(&server, path).await.status, 404, "{path}");
        }
    }
}

/// Libraries that others wrote read what is exported.
#[tokio::test(flavor = "multi_thread")]
async fn libraries_of_others_read_the_formats() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let served = serve(&place, &[]);
        passes(&run(&["--test-reporter=tap", "formats.test.mjs"], &served, &[]), 5, 0);
        let settings = [("BASE_URL", &*served.base()), ("DEADLINE_MS", "60000")];
        let [_, told] = ran(python_command("tests/clients", &["-m", "unittest", "python_formats"], &settings));
        assert!(told.contains("\nRan 4 tests in ") && told.trim_end().ends_with("OK"), "{told}");
        served.stop();
    }
}
