//! Pages of groups.

use serde_json::{Value, json};

use crate::{
    support::{Data, Server, backends},
    walk::{items, text},
};

const QUERY: &str =
    "query ($by: [VisitGroupKey!]!, $order: GroupOrder, $counted: VisitGroupKey, $first: Int, $after: String) {
    visits {
        groups(by: $by, orderBy: $order, countDistinct: $counted, first: $first, after: $after) {
            totalCount
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            edges { cursor node { count keys { value record { key } } } }
        }
    }
}";

async fn page(server: &Server, variables: Value) -> Value {
    server.data(QUERY, variables).await["visits"]["groups"].clone()
}

/// Pages put together are the whole, in every order and whatever is counted; a cursor is one of the same groups in the same order.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_groups_make_up_the_whole_and_cursors_are_bound_to_them() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let mut cursors = Vec::new();
        for (by, order, counted) in [
            (json!(["START_YEAR"]), "COUNT_DESC", Value::Null),
            (json!(["START_YEAR"]), "COUNT_ASC", json!("GUEST")),
            (json!(["START_YEAR"]), "COUNT_DESC", json!("TO_CITY")),
            (json!(["HOST"]), "KEY_ASC", Value::Null),
            (json!(["VISITING_OFFICE", "START_DECADE"]), "KEY_DESC", Value::Null),
        ] {
            let asked = |first: usize, after: Value| json!({"by": by, "order": order, "counted": counted, "first": first, "after": after});
            let whole = page(&server, asked(100, Value::Null)).await;
            let all: Vec<_> = items(&whole["edges"]).cloned().collect();
            assert!(all.len() > 3 && whole["totalCount"] == all.len(), "{backend}: {whole}");
            let (mut walked, mut after) = (Vec::new(), Value::Null);
            loop {
                let part = page(&server, asked(3, after.clone())).await;
                assert_eq!(part["pageInfo"]["hasPreviousPage"], !after.is_null(), "{backend}: {by}");
                walked.extend(items(&part["edges"]).cloned());
                after = part["pageInfo"]["endCursor"].clone();
                if part["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(walked, all, "{backend}: {by} {order} {counted}");
            cursors.push((by.clone(), order, counted.clone(), text(&all[0]["cursor"])));
        }
        for (by, order, counted, own) in &cursors {
            for (.., cursor) in &cursors {
                let variables = json!({"by": by, "order": order, "counted": counted, "after": cursor});
                let (_, _, answer) = server.post(&json!({"query": QUERY, "variables": variables}), &[]).await;
                let refused = answer["errors"][0]["extensions"]["code"] == "INVALID_CURSOR";
                assert_eq!(refused, cursor != own, "{backend}: {by} {order} {counted}: {answer}");
            }
        }
    }
}
