//! Wrong values of variables and in filters: the error says which variable, where in it, what would be right, and, unless the
//! schema is not public, what was probably meant.

use coopgraph::config::{Config, Profile};
use serde_json::{Value, json};

use crate::support::{Backend, Data, Server, TestDatabase};

async fn server(profile: Profile) -> Server {
    let config = Config { profile, rate_limit: 0, ..Config::default() };
    Server::with(TestDatabase::new(Backend::Sqlite, Data::Bundled).await, config).await
}

/// The errors of a request: code, message, and where the first location is.
async fn errors(server: &Server, query: &str, variables: Value) -> Vec<(String, String, Value)> {
    let answer: Value = serde_json::from_str(&server.text(query, variables).await).expect("JSON");
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors
        .iter()
        .map(|error| (text(&error["extensions"]["code"]), text(&error["message"]), error["locations"][0].clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_where_in_a_variable_the_value_is() {
    let server = server(Profile::Public).await;
    let filter = "query ($f: VisitFilter) { visits(filter: $f) { totalCount } }";
    let keys = "query ($k: [String!]) { cities(filter: {key: {in: $k}}) { totalCount } }";
    let by = "query ($by: CityBy!) { city(by: $by) { key } }";
    let page = "query ($n: Int, $f: CityFilter) { cities(first: $n, filter: $f) { totalCount } }";
    for (query, variables, message) in [
        (
            filter,
            json!({"f": {"or": [{"kind": {"eq": "STATE"}}, {"kind": {"eq": "delegation"}}]}}),
            "the variable $f.or[1].kind.eq: \"delegation\" is not a value of VisitKind; did you mean DELEGATION?",
        ),
        (
            filter,
            json!({"f": {"kind": {"eq": "WALK"}}}),
            "the variable $f.kind.eq: \"WALK\" is not a value of VisitKind; expected DELEGATION, OFFICIAL, STATE or PARLIAMENTARY",
        ),
        (
            filter,
            json!({"f": {"titel": {"eq": "a"}}}),
            "the variable $f: VisitFilter has no field \"titel\"; did you mean title?",
        ),
        (
            filter,
            json!({"f": {"title": "a"}}),
            "the variable $f.title: \"a\" is not of the type TextFilter: expected an object",
        ),
        (
            keys,
            json!({"k": ["espoo", null]}),
            "the variable $k[1]: the value is null, but the type String! does not allow null",
        ),
        (keys, json!({"k": [["espoo"]]}), "the variable $k[0]: a list is not of the type String: expected a string"),
        (by, json!({}), "the variable $by: a value of the type CityBy! is required"),
        (
            by,
            json!({"by": {"key": "a", "id": "b"}}),
            "the variable $by: CityBy needs exactly one field, but 2 are given",
        ),
        (by, json!({"by": {"key": null}}), "the variable $by: the field of CityBy must not be null"),
        (
            page,
            json!({"n": 2.5}),
            "the variable $n: 2.5 is not of the type Int: expected a whole number between -2147483648 and 2147483647",
        ),
        (
            page,
            json!({"f": {"latitude": {"gt": "north"}}}),
            "the variable $f.latitude.gt: \"north\" is not of the type Float: expected a number",
        ),
    ] {
        let found = errors(&server, query, variables.clone()).await;
        let column = query.find('$').expect("a variable") + 1;
        let [(code, first, location)] = &found[..] else { panic!("{variables}: {found:?}") };
        assert_eq!((code.as_str(), first.as_str()), ("INVALID_VARIABLES", message), "{variables}");
        if !variables.as_object().is_some_and(|given| given.contains_key("f") && query == page) {
            assert_eq!(location["column"], column, "{variables}");
        }
    }
    // All that is wrong is told, up to a limit.
    let both = errors(&server, page, json!({"n": "many", "f": {"key": {"eq": 1}, "no": 1}})).await;
    assert_eq!(both.len(), 3, "{both:?}");
    let many: Vec<_> = (0..1000).collect();
    let many = errors(&server, keys, json!({ "k": many })).await;
    assert_eq!(many.len(), 5, "{many:?}");
}

/// Numbers are what they are, however they are written (sections 3.5.1 and 3.5.5).
#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_may_be_written_with_a_fraction() {
    let server = server(Profile::Public).await;
    let query = "query ($n: Int, $min: Int) { cities(first: $n, filter: {population: {gt: $min}}) { nodes { key } } }";
    let expected = server.data(query, json!({"n": 2, "min": 1000})).await;
    for (n, min) in [(json!(2.0), json!(1000.0)), (json!(2e0), json!(1e3)), (json!(2), json!(1000.0))] {
        assert_eq!(server.data(query, json!({"n": n, "min": min})).await, expected);
    }
    for n in [json!(2.000_000_1), json!(2_147_483_648.0), json!("2"), json!(true), json!([2, 3])] {
        let found = errors(&server, query, json!({ "n": n })).await;
        assert_eq!(found[0].0, "INVALID_VARIABLES", "{n}");
    }
}

/// `null` in a Boolean variable with a default value leaves nothing out without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_is_null_is_an_error() {
    let server = server(Profile::Public).await;
    for (directive, query) in [
        ("include", "query ($yes: Boolean = true) { cities(first: 1) { totalCount @include(if: $yes) } }"),
        ("skip", "query ($yes: Boolean = true) { cities(first: 1) { totalCount @skip(if: $yes) nodes { key } } }"),
        (
            "fragment",
            "query ($yes: Boolean = true) { cities(first: 1) { ... @include(if: $yes) { totalCount } nodes { key } } }",
        ),
    ] {
        let found = errors(&server, query, json!({"yes": null})).await;
        assert_eq!(found[0].0, "INVALID_VARIABLES", "{directive}: {found:?}");
        assert!(found[0].1.contains("$yes") && found[0].1.contains("null"), "{directive}: {found:?}");
        assert!(errors(&server, query, json!({})).await.is_empty(), "{directive}");
    }
    // The directive of another operation does not matter.
    let two = "query A($k: Boolean!) { cities(first: 1) { totalCount @include(if: $k) } } \
               query B($k: String = \"a\") { cities(first: 1, after: $k) { totalCount } }";
    let request = json!({"query": two, "operationName": "B", "variables": {"k": null}});
    let url = format!("http://{}/graphql", server.address);
    let answer = reqwest::Client::new().post(url).json(&request).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    assert!(answer["data"]["cities"]["totalCount"].is_number(), "{answer}");
}

/// Where in a filter a value is that the type allows and the filter does not.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_where_in_a_filter_the_value_is() {
    let server = server(Profile::Public).await;
    for (query, place) in [
        (
            "{ visits(filter: {or: [{title: {eq: \"a\"}}, {start: {possiblyWithin: \"24.9.2019\"}}]}) { totalCount } }",
            "filter.or[1].start.possiblyWithin",
        ),
        ("{ visits(filter: {toCity: {id: {in: [\"visit_1\"]}}}) { totalCount } }", "filter.toCity.id.in"),
        ("{ visits(filter: {toCity: {key: {eq: null}}}) { totalCount } }", "filter.toCity.key.eq"),
        (
            "{ participations(filter: {participant: {not: {official: {name: {contains: null}}}}}) { totalCount } }",
            "filter.participant.not.official.name.contains",
        ),
        ("{ activities(filter: {or: [{visit: {toCity: null}}]}) { totalCount } }", "filter.or[0].visit.toCity"),
        (
            "{ cities(filter: {partnerships: {some: {since: {certainlyWithin: \"x\"}}}}) { totalCount } }",
            "filter.partnerships.some.since.certainlyWithin",
        ),
    ] {
        let found = errors(&server, query, json!({})).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].1.ends_with(&format!("(at `{place}`)")), "{found:?}");
    }
}

/// An id of the wrong type is told the types that it may have, as one would say them.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_names_the_types_of_an_id() {
    let server = server(Profile::Public).await;
    for (query, what) in [
        ("{ memberships(filter: {member: {id: \"x\"}}) { totalCount } }", "an official or organization or city"),
        ("{ participations(filter: {activity: {id: \"x\"}}) { totalCount } }", "a visit or event"),
        ("{ innovationCenter(by: {id: \"x\"}) { key } }", "an innovation center"),
        ("{ node(id: \"x\") { id } }", "a record"),
    ] {
        let found = errors(&server, query, json!({})).await;
        assert!(found[0].1.contains(&format!("\"x\" is not the id of {what}: ")), "{found:?}");
    }
}

/// An argument that is null by way of a variable with a default value is an error of its field, and of no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_null_argument_is_an_error_of_its_field() {
    let server = server(Profile::Public).await;
    let query = "query ($id: ID = \"x\") { a: node(id: $id) { id } nodes(ids: [$id]) { id } \
                 city(by: {id: $id}) { key } other: city(by: {key: \"espoo\"}) { key } }";
    let answer = server.answer(query, json!({ "id": null })).await;
    assert_eq!(answer["data"], json!({ "a": null, "nodes": null, "city": null, "other": { "key": "espoo" } }));
    let errors = answer["errors"].as_array().expect("errors");
    let mut found: Vec<_> = errors.iter().map(|error| (&error["path"], &error["extensions"]["code"])).collect();
    found.sort_by_key(|(path, _)| path.to_string());
    let expected = [json!(["a"]), json!(["city"]), json!(["nodes"])];
    let code = json!("INVALID_ARGUMENT");
    assert_eq!(found, expected.iter().map(|path| (path, &code)).collect::<Vec<_>>(), "{answer}");
}

/// A server whose schema is not public suggests no names. That a required value is missing is still told.
#[tokio::test(flavor = "multi_thread")]
async fn a_hardened_server_suggests_nothing() {
    let server = server(Profile::Hardened).await;
    for (query, variables) in [
        ("query ($f: VisitFilter) { visits(filter: $f) { totalCount } }", json!({"f": {"kind": {"eq": "delegation"}}})),
        ("query ($f: VisitFilter) { visits(filter: $f) { totalCount } }", json!({"f": {"titel": {"eq": "a"}}})),
        ("query ($o: VisitOrder) { visits(orderBy: $o) { totalCount } }", json!({"o": "START"})),
        ("{ visit(by: {key: \"a\"}) { titel } }", json!({})),
        ("{ visits(frist: 1) { totalCount } }", json!({})),
        ("{ visits(orderBy: START) { totalCount } }", json!({})),
    ] {
        let found = errors(&server, query, variables).await;
        let message = &found[0].1;
        assert!(!message.contains("did you mean") && !message.contains("expected DELEGATION"), "{message}");
        for name in ["DELEGATION", "title", "START_DESC", "START_ASC", "`first`"] {
            assert!(!message.contains(name), "{message}");
        }
    }
}
