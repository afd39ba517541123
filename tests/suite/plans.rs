//! The plans of statements: on large tables, each filter and each order that is offered is served by an index, save for what
//! is listed here, which is priced as reading the whole list.
//!
//! Both databases are asked for the plans of the statements that the server really sends. Parameters are not known then, as
//! in a prepared statement.

use std::collections::{BTreeMap, BTreeSet};

use coopgraph::model::camel_case;
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use serde_json::{Value, json};

use crate::{
    population::Population,
    support::{Backend, Server, TestDatabase, backends},
    walk::{Input, Schema, items, kind_of, text},
};

/// How many records of each type there are at least, and how many visits.
const ROWS: usize = 10_000;
/// See [`ROWS`].
const VISITS: usize = 100_000;

/// The conditions that no index serves, and why.
const SCANS: &[(&str, &str)] = &[
    ("contains", "an index finds no substrings"),
    ("words", "an index finds no substrings"),
    ("identifier.isNull", "what a record lacks is in no index"),
    ("coordinates.isNull", "the coordinates are two columns"),
    ("anniversaryWithin", "an index has whole days, not those of a year"),
    ("isDisputed.eq", "what nobody contradicts is in no index"),
    ("qualityIssue.eq", "what is doubtful is in no index"),
];

/// What is said of a condition where a plan reads a whole table.
type Found = BTreeMap<String, BTreeSet<String>>;

/// Makes many rows of each that is there.
async fn multiply(data: &TestDatabase, backend: Backend) {
    for record in coopgraph::domain::model().types() {
        let (table, generated) = (record.table, &record.generated);
        let names = record.columns.iter().map(|column| column.name);
        let rest: Vec<_> = names.filter(|name| !matches!(*name, "id" | "key") && !generated.contains(name)).collect();
        let rest: String = rest.iter().map(|name| format!(", \"{name}\"")).collect();
        // Few records have the same name.
        let folded = record.folded_name().map(|folded| format!(", \"{}\"", folded.name));
        let values = folded.map_or(rest.clone(), |folded| rest.replace(&folded, &format!("{folded} || new_key")));
        let (series, id) = match backend {
            Backend::Sqlite => (
                "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i <= {times}) SELECT i FROM s)",
                "unhex(printf('%08x%08x%016x', {kind}, i, r))",
            ),
            Backend::Postgres => (
                "(SELECT i FROM generate_series(1, {times}) AS i)",
                "(lpad(to_hex({kind}), 8, '0') || lpad(to_hex(i), 8, '0') || lpad(to_hex(r), 16, '0'))::uuid",
            ),
        };
        let rows = if table == "visit" { VISITS } else { ROWS };
        let count = format!("(SELECT COUNT(*) FROM \"{table}\")");
        let times = format!("(CASE WHEN {count} = 0 THEN 0 ELSE {rows} / {count} + 1 END)");
        let kind = record.columns.len() + table.len() * 256 + usize::from(table.as_bytes()[0]) * 65_536;
        let (series, id) = (series.replace("{times}", &times), id.replace("{kind}", &kind.to_string()));
        let numbered = format!(
            "(SELECT row_number() OVER (ORDER BY \"key\") AS r, * FROM \"{table}\" WHERE \"key\" NOT LIKE '%.copy-%') AS o"
        );
        data.execute(&format!(
            "CREATE TEMPORARY TABLE \"copies\" AS SELECT {id} AS new_id, o.\"key\" || '.copy-' || i AS new_key, o.* FROM {series} AS n CROSS JOIN {numbered};
             INSERT INTO \"record\" (\"id\", \"kind\", \"audience\") SELECT new_id, '{table}', 0 FROM \"copies\";
             INSERT INTO \"{table}\" (\"id\", \"key\"{rest}) SELECT new_id, new_key{values} FROM \"copies\";
             INSERT INTO \"sort_key\" (\"record_id\", \"collation\", \"key\")
               SELECT c.new_id, k.\"collation\", k.\"key\" FROM \"copies\" AS c JOIN \"sort_key\" AS k ON k.\"record_id\" = c.\"id\";
             DROP TABLE \"copies\";"
        ))
        .await;
    }
    match backend {
        // Statistics would tell that some values are frequent here; what is asked is whether an index can serve.
        Backend::Sqlite => data.execute("DELETE FROM sqlite_stat1; ANALYZE sqlite_schema").await,
        Backend::Postgres => data.execute("ANALYZE").await,
    }
}

/// Which tables the plan of a statement reads as a whole, and whether it sorts.
async fn plan(data: &TestDatabase, backend: Backend, sql: &str) -> (Vec<String>, bool) {
    let connection = data.database.connection();
    let run = async |sql: String| {
        let statement = Statement::from_string(data.database.backend(), sql);
        connection.query_all_raw(statement).await.expect("a plan")
    };
    if backend == Backend::Sqlite {
        let rows = run(format!("EXPLAIN QUERY PLAN {sql}")).await;
        let steps: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").expect("a step")).collect();
        let scanned = steps.iter().filter_map(|step| step.strip_prefix("SCAN ")?.split(' ').next());
        let scanned = scanned.map(|alias| table_of(sql, alias)).collect();
        return (scanned, steps.iter().any(|step| step.contains("TEMP B-TREE")));
    }
    let parameters = (1..100).take_while(|n| sql.contains(&format!("${n}"))).count();
    let transaction = connection.begin().await.expect("a transaction");
    let prepare = format!(
        "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; PREPARE \"planned\" AS {sql}"
    );
    transaction.execute_unprepared(&prepare).await.unwrap_or_else(|cause| panic!("{cause}: {sql}"));
    let nulls = vec!["NULL"; parameters].join(", ");
    let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE \"planned\"{nulls}");
    let statement = Statement::from_string(data.database.backend(), explain);
    let rows = transaction.query_all_raw(statement).await.expect("a plan");
    let plan: Value = rows[0].try_get_by_index(0).expect("a plan");
    transaction.execute_unprepared("DEALLOCATE \"planned\"").await.expect("an end");
    transaction.rollback().await.expect("an end");
    let (mut scanned, mut sorts) = (Vec::new(), false);
    visit(&plan[0]["Plan"], &mut |node| {
        let (kind, is_bounded) = (text(&node["Node Type"]), node.get("Index Cond").is_some());
        // An incremental sort reads an index, and sorts those that are equal in it.
        sorts |= kind == "Sort";
        if kind == "Seq Scan" || kind.starts_with("Index") && !is_bounded {
            scanned.push(text(&node["Relation Name"]));
        }
    });
    (scanned, sorts)
}

fn visit(node: &Value, see: &mut dyn FnMut(&Value)) {
    see(node);
    for inner in items(&node["Plans"]) {
        visit(inner, see);
    }
}

/// The table of an alias.
fn table_of(sql: &str, alias: &str) -> String {
    let named = format!("\" AS \"{alias}\"");
    let before = sql.split(&named).next().filter(|before| before.len() < sql.len());
    before.and_then(|before| before.rsplit('"').next()).unwrap_or(alias).to_owned()
}

/// A value of an input type.
fn made_up(schema: &Schema, ty: &str, id: &str) -> String {
    match ty {
        "ID" => format!("\"{id}\""),
        // A text, and a date.
        "String" => "\"2019\"".to_owned(),
        "Int" => "5".to_owned(),
        "Float" => "5.5".to_owned(),
        "Decimal" => "\"5.5\"".to_owned(),
        "Boolean" => "true".to_owned(),
        "DateTime" => "\"2020-01-01T00:00:00Z\"".to_owned(),
        "DecimalFilter" => "{eq: \"5\"}".to_owned(),
        "NearInput" => "{latitude: 60.2, longitude: 24.6, kilometers: 50}".to_owned(),
        "AreaInput" => "{south: 60, west: 24, north: 61, east: 25}".to_owned(),
        // A filter on records.
        filter if filter.ends_with("Filter") => "{key: {eq: \"none\"}}".to_owned(),
        words => schema.get(words).values[0].clone(),
    }
}

/// The conditions of a filter, each with the name of what it is.
fn conditions(schema: &Schema, record: &str, input: &Input, id: &str) -> Vec<(String, String)> {
    let (name, ty) = (&input.name, schema.get(&input.ty.name));
    let is_of_records = ty.inputs.iter().any(|inner| inner.name == "not");
    if is_of_records {
        let member = ty.inputs.iter().find(|inner| inner.name == "key").map(|_| "{key: {eq: \"none\"}}".to_owned());
        let member = member.unwrap_or_else(|| {
            let of_type = ty.inputs.iter().find(|inner| !["and", "or", "not", "id"].contains(&inner.name.as_str()));
            format!("{{{}: {{key: {{eq: \"none\"}}}}}}", of_type.expect("a type").name)
        });
        return vec![(format!("{record}.{name}"), format!("{{{name}: {member}}}"))];
    }
    let of = coopgraph::domain::model().types().find(|of| of.name == record).expect("a type");
    let is_required = of.columns.iter().any(|column| camel_case(column.name) == *name && !column.nullable);
    // What is required is never unknown: nothing is read.
    // What hangs on a record is looked up for each record, and priced so.
    let is_unasked = |name: &str| matches!(name, "scheme" | "some" | "every" | "none");
    let is_asked = |operator: &&Input| !(is_unasked(&operator.name) || is_required && operator.name == "isNull");
    if name == "qualityIssue" {
        let each = schema.get("QualityIssue").values.iter();
        return each.map(|issue| (format!("{record}.{name}.eq"), format!("{{{name}: {{eq: {issue}}}}}"))).collect();
    }
    let operators = ty.inputs.iter().filter(is_asked);
    operators
        .map(|operator| {
            let value = made_up(schema, &operator.ty.name, id);
            let value = if name == "identifier" && operator.ty.name == "String" { "\"Q1\"".to_owned() } else { value };
            let scheme = if name == "identifier" { "scheme: WIKIDATA, " } else { "" };
            (
                format!("{record}.{name}.{}", operator.name),
                format!("{{{name}: {{{scheme}{}: {value}}}}}", operator.name),
            )
        })
        .collect()
}

fn is_excepted(condition: &str) -> bool {
    SCANS.iter().any(|(name, _)| condition.ends_with(&format!(".{name}")))
}

/// Each filter, counted, reads no table as a whole.
async fn filters(server: &Server, backend: Backend, schema: &Schema) {
    let mut found = Found::new();
    let (mut asked, mut excepted) = (0, BTreeSet::new());
    for record in schema.records() {
        let list = &schema.list(record).name;
        let of_list = kind_of(record);
        let first = server.data(&format!("{{ {list}(first: 1) {{ nodes {{ id }} }} }}"), json!({})).await;
        let id = text(&first[list]["nodes"][0]["id"]);
        for input in &schema.get(&format!("{record}Filter")).inputs {
            if ["and", "or", "not"].contains(&input.name.as_str()) {
                continue;
            }
            for (condition, filter) in conditions(schema, record, input, &id) {
                server.data.take_statements();
                server.data(&format!("{{ {list}(filter: {filter}) {{ totalCount }} }}"), json!({})).await;
                for sql in server.data.take_statements() {
                    asked += 1;
                    let (scanned, _) = plan(&server.data, backend, &sql).await;
                    // Lists of values, and what is counted.
                    let scanned: Vec<_> = scanned.into_iter().filter(|table| schema_has(table)).collect();
                    if scanned.is_empty() {
                        continue;
                    }
                    // What is looked for in each record of the list is found by an index. PostgreSQL may join tables as a whole.
                    let is_of_list = |table: &String| *table == of_list;
                    let is_once = backend == Backend::Postgres || scanned.len() == 1 && scanned.iter().all(is_of_list);
                    if is_excepted(&condition) && (is_once || !condition.contains(".qualityIssue.")) {
                        excepted.insert(condition.rsplit('.').next().expect("a name").to_owned());
                    } else {
                        found.entry(condition.clone()).or_default().extend(scanned);
                    }
                }
            }
        }
    }
    let list: Vec<_> = found.iter().map(|(condition, tables)| format!("{condition} reads all of {tables:?}")).collect();
    assert!(list.is_empty(), "{backend}: {} of {asked} plans:\n{}", list.len(), list.join("\n"));
    assert!(asked > 500, "{asked} plans");
    assert!(excepted.contains("contains") && excepted.contains("words"), "the test sees scans: {excepted:?}");
}

/// Whether it is the table of a record type, or one that belongs to records.
fn schema_has(table: &str) -> bool {
    coopgraph::domain::model().get(table).is_some()
        || ["name", "identifier", "record", "date_range", "tag", "sort_key"].contains(&table)
}

/// Each order but those by related records comes from an index, without sorting; in both directions.
async fn orders(server: &Server, backend: Backend, schema: &Schema) {
    let mut found = Vec::new();
    let mut computed = 0;
    for record in schema.records() {
        let list = &schema.list(record).name;
        let of = coopgraph::domain::model().types().find(|of| of.name == record).expect("a type");
        for order in &of.orders {
            for size in ["first", "last"] {
                server.data.take_statements();
                let query = format!("{{ {list}({size}: 2, orderBy: {}) {{ nodes {{ key }} }} }}", order.name);
                server.data(&query, json!({})).await;
                for sql in server.data.take_statements() {
                    let (_, sorts) = plan(&server.data, backend, &sql).await;
                    if order.is_computed() {
                        computed += usize::from(sorts);
                    } else if sorts {
                        found.push(format!("{record} by {}, {size}: {sql}", order.name));
                    }
                }
            }
        }
    }
    for record in coopgraph::domain::model().types() {
        for order in record.orders.iter().filter(|order| record.is_by_name(order)) {
            server.data.take_statements();
            let list = &schema.list(record.name).name;
            let query =
                format!("{{ {list}(first: 2, orderBy: {}, collation: \"fi\") {{ nodes {{ key }} }} }}", order.name);
            server.data(&query, json!({})).await;
            for sql in server.data.take_statements() {
                assert!(sql.contains("sort_key"), "{sql}");
                let (scanned, _) = plan(&server.data, backend, &sql).await;
                // Keys are looked up, of what the list has.
                assert!(!scanned.iter().any(|table| table == "sort_key"), "{backend}: {scanned:?} are read: {sql}");
            }
        }
    }
    assert!(found.is_empty(), "{backend}: {} orders are sorted:\n{}", found.len(), found.join("\n"));
    assert!(computed > 20, "the test sees sorting: {computed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_orders_use_indexes() {
    for backend in backends() {
        let data = Population::new(60).stored(backend).await;
        multiply(&data, backend).await;
        // New connections, which know the new statistics.
        let server = Server::over(data.reopen().await).await;
        let schema = Schema::of(&server).await;
        filters(&server, backend, &schema).await;
        orders(&server, backend, &schema).await;
    }
}
