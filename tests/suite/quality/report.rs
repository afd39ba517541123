//! The report: a list for each issue, of the same records as the filter of each list finds.

use super::*;
use crate::walk::{Schema, is_connection};

/// Each list of the report has the records that the filters of all lists find, on pages that put together are the list.
#[tokio::test(flavor = "multi_thread")]
async fn the_report_has_what_the_filters_find() {
    for server in servers().await {
        let schema = Schema::of(&server).await;
        let issues = &schema.get("QualityIssue").values;
        let fields = &schema.get("DataQuality").fields;
        assert_eq!(issues.len(), fields.len(), "a list for each issue");
        for (issue, field) in issues.iter().zip(fields) {
            assert!(is_connection(field));
            assert_eq!(issue.to_lowercase().replace('_', ""), field.name.to_lowercase());
            let mut expected = BTreeSet::new();
            for record in schema.records() {
                let of_type = found(&server, &schema.list(record).name, &format!("{{eq: {issue}}}")).await;
                expected.extend(of_type.into_iter().map(|key| format!("{record} {key}")));
            }
            assert!(!expected.is_empty(), "nothing has {issue}");
            let (mut walked, mut after) = (Vec::new(), String::new());
            loop {
                let page = "totalCount nodes { __typename ... on Record { key } } pageInfo { hasNextPage endCursor }";
                let query = format!("{{ dataQuality {{ r: {}(first: 3{after}) {{ {page} }} }} }}", field.name);
                let mut data = server.data(&query, json!({})).await;
                let page = data["dataQuality"]["r"].take();
                assert_eq!(page["totalCount"], expected.len(), "{query}");
                let record = |node: &Value| format!("{} {}", text(&node["__typename"]), text(&node["key"]));
                walked.extend(items(&page["nodes"]).map(record));
                if page["pageInfo"]["hasNextPage"] != true {
                    break;
                }
                after = format!(", after: {}", page["pageInfo"]["endCursor"]);
            }
            assert_eq!(walked.len(), expected.len(), "each once");
            assert_eq!(walked.into_iter().collect::<BTreeSet<_>>(), expected, "{issue}");
        }
    }
}

/// The lists of the report are filtered and ordered like others.
#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_filtered_and_ordered() {
    for server in servers().await {
        let query = "{ dataQuality {
            visits: suspiciousDates(filter: {visit: {status: {eq: TOOK_PLACE}}}, orderBy: KEY_DESC) { nodes { ... on Record { key } } }
            countries: suspiciousDates(filter: {city: {}}) { totalCount }
            positions: overlappingOffices(filter: {city: {key: {eq: \"shanghai\"}}}, orderBy: KEY_ASC, last: 1) {
                totalCount nodes { key official { key } } groups(by: CITY) { nodes { count } }
            }
        } }";
        let found = server.data(query, json!({})).await["dataQuality"].clone();
        let visits: Vec<_> = items(&found["visits"]["nodes"]).map(|node| text(&node["key"])).collect();
        assert_eq!(visits, ["v-turned", "v-future", "v-61-days"]);
        assert_eq!(found["countries"]["totalCount"], 0);
        assert_eq!(
            found["positions"],
            json!({
                "totalCount": 2,
                "nodes": [{"key": "j-attested", "official": {"key": "j"}}],
                "groups": {"nodes": [{"count": 2}]},
            })
        );
    }
}
