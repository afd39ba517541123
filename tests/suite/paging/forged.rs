//! Cursors that somebody forged: what is no position of the order is refused before the database is asked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    lists,
    world::{self, World},
};
use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
    walk::text,
};

/// What the positions of an order are not. Texts may be anything.
fn wrong(order: &str) -> &'static [&'static str] {
    // Too few values.
    if order.contains("thenBy") {
        return &["", "abc", "7"];
    }
    if order.contains("collation") {
        return &["!", "a", "x'00'"];
    }
    let (name, _) = order.rsplit_once('_').expect("a direction");
    match name {
        "KEY" => &[],
        name if name.ends_with("NAME") || name.ends_with("TITLE") => &[],
        "CREATED" => &["", "abc", "7", "tabc"],
        "VALUE" => &["", "abc", "NaN", "inf", "1e999"],
        _ => &["", "abc", "tabc", "1.5", "9223372036854775808", "1; DROP TABLE visit"],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_positions_are_refused_before_the_database_is_asked() {
    let set = Set::empty();
    world::write(&set.path(""));
    let world = World::read(&set.path(""));
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        database.import(&set.files()).await.unwrap_or_else(|cause| panic!("{cause}"));
        let server = Server::over(database).await;
        for list in lists::all(&server, &world).await.into_iter().filter(|list| list.parent.is_none()) {
            for order in &list.orders {
                let first = |more: &str| format!("(first: 1, orderBy: {order}{more}) {{ edges {{ cursor }} }}");
                let page = list.ask(&server, [first("")].into_iter()).await;
                let cursor = URL_SAFE_NO_PAD.decode(text(&page[0]["edges"][0]["cursor"])).expect("base 64");
                let cursor = String::from_utf8(cursor).expect("UTF-8");
                let parts: Vec<_> = cursor.splitn(4, ':').collect();
                let forge = |id: &str, position: &str| {
                    URL_SAFE_NO_PAD.encode(format!("{}:{}:{id}:{position}", parts[0], parts[1]))
                };
                assert_eq!(forge(parts[2], parts[3]), URL_SAFE_NO_PAD.encode(&cursor), "cursors have another form");
                let forged = wrong(order).iter().map(|position| forge(parts[2], position));
                for forged in forged.chain([forge("abc", parts[3])]) {
                    for bound in ["after", "before"] {
                        server.data.take_statements();
                        let query = format!("{{ {}{} }}", list.name, first(&format!(", {bound}: \"{forged}\"")));
                        let (code, message) = server.error(&query, json!({})).await;
                        assert_eq!(code, "INVALID_CURSOR", "{backend}, {query}: {message}");
                        assert!(message.contains("pass a cursor that this list returned"), "{message}");
                        assert_eq!(server.data.take_statements(), [""; 0], "{backend}, {query}");
                    }
                }
                // Whatever a text is, it has its place.
                if wrong(order).is_empty() {
                    let forged = forge(parts[2], "7:x'\"");
                    list.ask(&server, [first(&format!(", after: \"{forged}\""))].into_iter()).await;
                }
            }
        }
    }
}
