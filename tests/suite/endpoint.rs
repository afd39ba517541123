//! What the endpoint answers to good and to bad input.

use serde_json::json;

use crate::support::{Data, Server, backends};

#[tokio::test(flavor = "multi_thread")]
async fn look_ups_find_by_id_key_and_identifier() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let by_key = server.data("{ city(by: {key: \"espoo\"}) { id name } }", json!({})).await;
        let id = by_key["city"]["id"].as_str().expect("an id").to_owned();
        assert!(id.starts_with("city_"), "{id}");
        let query = "query($id: ID!) { byId: city(by: {id: $id}) { name } node(id: $id) { __typename id } \
                     byIdentifier: city(by: {identifier: {scheme: WIKIDATA, value: \"Q47034\"}}) { name } \
                     nodes(ids: [$id, \"visit_00000000000000000000000000\"]) { id } }";
        let data = server.data(query, json!({ "id": id })).await;
        assert_eq!(data["byId"]["name"], "Espoo");
        assert_eq!(data["byIdentifier"]["name"], "Espoo");
        assert_eq!(data["node"], json!({ "__typename": "City", "id": id }));
        assert_eq!(data["nodes"], json!([{ "id": id }, null]));
    }
}

/// What is unknown is `null`, and no error.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_is_null() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let query = "{ a: city(by: {key: \"nowhere\\u0000\"}) { id } b: city(by: {id: \"city_00000000000000000000000000\"}) { id } \
                     c: node(id: \"visit_00000000000000000000000000\") { id } \
                     d: city(by: {identifier: {scheme: GEONAMES, value: \"0\"}}) { id } }";
        assert_eq!(server.data(query, json!({})).await, json!({ "a": null, "b": null, "c": null, "d": null }));
    }
}

/// Each kind of bad input has its code, and a message that says what would be right.
#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_what_would_be_right() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let cursor = server.data("{ cities(first: 1, orderBy: NAME_ASC) { pageInfo { endCursor } } }", json!({})).await;
        let cursor = &cursor["cities"]["pageInfo"]["endCursor"];
        for (query, code, says) in [
            ("{ node(id: \"nonsense\") { id } }", "INVALID_ID", "an id looks like"),
            ("{ city(by: {id: \"visit_00000000000000000000000000\"}) { id } }", "INVALID_ID", "not the id of a city"),
            ("{ cities(filter: {id: {eq: \"x\"}}) { totalCount } }", "INVALID_ID", "an id looks like city_"),
            ("{ cities(first: 101) { totalCount } }", "INVALID_PAGE", "between 0 and 100"),
            ("{ cities(first: -1) { totalCount } }", "INVALID_PAGE", "between 0 and 100"),
            ("{ cities(first: 1, last: 1) { totalCount } }", "INVALID_PAGE", "only one of them"),
            ("{ cities(after: \"§\") { totalCount } }", "INVALID_CURSOR", "malformed"),
            (
                "query($c: String) { cities(after: $c, orderBy: NAME_DESC) { totalCount } }",
                "INVALID_CURSOR",
                "NAME_ASC",
            ),
            (
                "query($c: String) { visits(after: $c) { totalCount } }",
                "INVALID_CURSOR",
                "a list of \"city\", not of \"visit\"",
            ),
            ("{ visits(filter: {start: {possiblyWithin: \"2019-02-30\"}}) { totalCount } }", "INVALID_DATE", "EDTF"),
            ("{ visits(filter: {start: {certainlyWithin: \"tomorrow\"}}) { totalCount } }", "INVALID_DATE", "EDTF"),
            (
                "{ city(by: {key: \"espoo\"}) { label(languages: [\"no such\"]) { name } } }",
                "INVALID_LANGUAGE",
                "BCP 47",
            ),
            ("{ cities(filter: {key: {eq: \"a\\u0000\"}}) { totalCount } }", "INVALID_ARGUMENT", "NUL"),
            ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED", "nonsense"),
            ("{ ", "GRAPHQL_PARSE_FAILED", "expected"),
        ] {
            let variables = if query.contains("$c") { json!({ "c": cursor }) } else { json!({}) };
            let (found, message) = server.error(query, variables).await;
            assert_eq!(found, code, "{query}: {message}");
            assert!(message.contains(says), "{query}: {message}");
        }
    }
}

/// An error of ours shows an id, never its cause; the fields beside it are answered.
#[tokio::test(flavor = "multi_thread")]
async fn internal_causes_stay_inside() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        server.data.execute("DROP TABLE \"identifier\"").await;
        let query = "{ city(by: {key: \"espoo\"}) { identifiers { value } } country(by: {key: \"FI\"}) { name } }";
        let answer = server.answer(query, json!({})).await;
        assert_eq!(answer["data"], json!({ "city": { "identifiers": null }, "country": { "name": "Finland" } }));
        let error = &answer["errors"][0];
        assert_eq!(error["path"], json!(["city", "identifiers"]));
        assert_eq!(error["extensions"], json!({ "code": "INTERNAL_SERVER_ERROR" }));
        let message = error["message"].as_str().expect("a message");
        assert!(message.starts_with("internal server error "), "{message}");
        assert!(!message.contains("identifier"), "{message}");
    }
}

/// A label says in which language it is; the chain is exact, shortened, more special, main.
#[tokio::test(flavor = "multi_thread")]
async fn labels_fall_back_along_the_stated_chain() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let query = "{ city(by: {key: \"espoo\"}) { sv: label(languages: [\"sv-FI\"]) { name language } \
                     zh: label(languages: [\"de\", \"zh-Hans-CN\"]) { name language } de: label(languages: [\"de\"]) { name language } } }";
        let expected = json!({ "city": {
            "sv": { "name": "Esbo", "language": "sv" },
            "zh": { "name": "埃斯波", "language": "zh" },
            "de": { "name": "Espoo", "language": "en" },
        } });
        assert_eq!(server.data(query, json!({})).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_schema_are_served() {
    for backend in backends() {
        let server = Server::start(backend, Data::Empty).await;
        assert_eq!(server.get("/healthz").await, (200, "alive\n".to_owned()));
        assert_eq!(server.get("/readyz").await, (200, "ready\n".to_owned()));
        assert_eq!(server.get("/schema.graphql").await, (200, coopgraph::api::sdl()));
        server.data.execute("DELETE FROM \"seaql_migrations\"").await;
        assert_eq!(server.get("/readyz").await.0, 503);
    }
}

/// Filters: every kind of predicate, and relations.
#[tokio::test(flavor = "multi_thread")]
async fn filters_mean_what_they_say() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        for (query, keys) in [
            ("{ x: cities(filter: {name: {eq: \"ähtäri\"}}) { nodes { key } } }", &["ahtari"][..]),
            ("{ x: cities(filter: {name: {startsWith: \"SHANGH\"}}) { nodes { key } } }", &["shanghai"]),
            ("{ x: cities(filter: {name: {contains: \"%\"}}) { nodes { key } } }", &[]),
            (
                "{ x: cities(filter: {key: {in: [\"espoo\", \"kuopio\", \"nowhere\"]}}) { nodes { key } } }",
                &["espoo", "kuopio"],
            ),
            (
                "{ x: cities(filter: {and: [{key: {gte: \"espoo\"}}, {key: {lt: \"espz\"}}], not: {kind: {eq: REGION}}}) { nodes { key } } }",
                &["espoo"],
            ),
            (
                "{ x: cities(filter: {or: [{key: {eq: \"espoo\"}}, {key: {eq: \"vantaa\"}}]}) { nodes { key } } }",
                &["espoo", "vantaa"],
            ),
            (
                "{ x: visits(filter: {start: {certainlyWithin: \"2019-09\"}}) { nodes { key } } }",
                &["smpg-office-espoo-2019"],
            ),
            (
                "{ x: visits(filter: {start: {possiblyWithin: \"../1957\"}}, orderBy: START_ASC) { nodes { key } } }",
                &["sukselainen-china-1956", "saifudin-finland-1957"],
            ),
            ("{ x: visits(filter: {start: {isNull: true}}) { nodes { key } } }", &["chen-jining-helsinki"]),
            (
                "{ x: visits(filter: {toCity: {country: {key: {eq: \"FI\"}}}, start: {certainlyWithin: \"2017\"}}) { nodes { key } } }",
                &["beihai-imatra-2017"],
            ),
            (
                "{ x: visits(filter: {participations: {some: {role: {eq: HOST}, participant: {organization: {key: {eq: \"fcba\"}}}}}}) { nodes { key } } }",
                &["smpg-office-espoo-2019"],
            ),
            (
                "{ x: partnerships(filter: {members: {some: {key: {eq: \"kuopio\"}}}, kind: {in: [SISTER_CITY]}}, orderBy: KEY_ASC) { nodes { key } } }",
                &["kuopio-pudong", "kuopio-shanghai"],
            ),
        ] {
            let data = server.data(query, json!({})).await;
            let found: Vec<&str> =
                data["x"]["nodes"].as_array().expect("nodes").iter().filter_map(|n| n["key"].as_str()).collect();
            assert_eq!(found, keys, "{backend}: {query}");
        }
        let every = server.data("{ a: visits { totalCount } b: visits(filter: {participations: {every: {}}}) { totalCount } c: visits(filter: {participations: {none: {role: {eq: INVITER}}}}) { totalCount } d: visits(filter: {participations: {some: {role: {eq: INVITER}}}}) { totalCount } }", json!({})).await;
        let total = |name: &str| every[name]["totalCount"].as_i64().expect("a number");
        assert_eq!(total("a"), total("b"));
        assert_eq!(total("a"), total("c") + total("d"));
        assert!(total("c") > 0 && total("d") > 0);
    }
}
