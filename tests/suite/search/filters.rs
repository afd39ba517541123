//! Lists that are filtered by the index of search, and what searches keep to themselves.

use serde_json::json;

use super::found;
use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
};

/// The filter by words of any text finds the records that a search for whole words finds, also of related records.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_by_words_of_any_text() {
    for backend in backends() {
        let server = Server::start(backend, Data::Bundled).await;
        let mut matches = 0;
        for text in [
            "mayor espoo",
            "espoo",
            "SHANGHAI",
            "上海",
            "友好城市",
            "kaupunki",
            "letter of intent",
            "Esbo",
            "ciie-2018",
            "2019",
        ] {
            for (kind, list) in
                [("CITY", "cities"), ("VISIT", "visits"), ("EVENT", "events"), ("ORGANIZATION", "organizations")]
            {
                let query = format!(
                    "query ($whole: String!, $text: String!) {{ search(query: $whole, kinds: [{kind}]) {{ totalCount }} \
                     {list}(filter: {{anyText: {{words: $text}}}}) {{ totalCount }} }}"
                );
                // With a space behind it, the last word is a whole one.
                let data = server.data(&query, json!({"whole": format!("{text} "), "text": text})).await;
                assert_eq!(data["search"]["totalCount"], data[list]["totalCount"], "{backend}: {text}: {list}");
                matches += data[list]["totalCount"].as_u64().expect("a number");
            }
        }
        assert!(matches > 50, "{backend}: {matches} matches");
        let data = server
            .data(
                "{ a: visits(filter: {toCity: {anyText: {words: \"Esbo\"}}}) { totalCount } \
                 b: visits(filter: {toCity: {key: {eq: \"espoo\"}}}) { totalCount } \
                 c: cities(filter: {not: {anyText: {words: \"espoo\"}}}) { totalCount } \
                 d: cities(filter: {anyText: {words: \"espoo\"}}) { totalCount } e: cities { totalCount } \
                 f: cities(filter: {anyText: {words: \"esp\"}}) { totalCount } }",
                json!({}),
            )
            .await;
        let count = |list: &str| data[list]["totalCount"].as_u64().expect("a number");
        assert!(count("a") == count("b") && count("b") > 1, "{backend}: {data}");
        assert_eq!(count("c") + count("d"), count("e"), "{backend}: {data}");
        assert_eq!(count("f"), 0, "{backend}: the beginning of a word is no word");
        for (text, message) in [
            ("", "has no word"),
            ("🙂", "has no word"),
            (&*"a ".repeat(17), "has 17 words"),
            (&*"a".repeat(201), "201 characters"),
        ] {
            let query = "query ($text: String) { cities(filter: {anyText: {words: $text}}) { totalCount } }";
            let (code, found) = server.error(query, json!({"text": text})).await;
            assert!(code == "INVALID_ARGUMENT" && found.contains(message), "{backend}: {text}: {found}");
        }
    }
}

/// A search of no kinds finds nothing; and a misspelling does not tell that a hidden record has a word: `xirtala` could be
/// `virtala`, which only a hidden city is called, and is not the beginning of `virtalahti`, which a visible one is called.
#[tokio::test(flavor = "multi_thread")]
async fn misspellings_tell_nothing_of_hidden_words() {
    for backend in backends() {
        let set = Set::bundled();
        let mut cities = std::fs::read_to_string(set.path("cities.csv")).expect("the cities");
        cities.push_str("virtalahti,Virtalahti,fi,city,FI,,,,,,,,,public\n");
        std::fs::write(set.path("cities.csv"), &cities).expect("a file");
        let mut counts = Vec::new();
        for hidden in ["", "virtala,Virtala,fi,city,FI,,,,,,,,,internal\n"] {
            std::fs::write(set.path("cities.csv"), format!("{cities}{hidden}")).expect("a file");
            let database = TestDatabase::new(backend, Data::Empty).await;
            database.import(&set.files()).await.expect("an import");
            let server = Server::over(database).await;
            let mut of_set = Vec::new();
            for query in ["xirtala", "virtalahtj", "virtalxhti", "virtalb", "xirtala ", "virtala"] {
                let found = found(&server, json!({"query": query})).await;
                of_set.push((query, found["totalCount"].clone(), found["edges"].as_array().map(Vec::len)));
            }
            let none = found(&server, json!({"query": "virtalahti", "kinds": []})).await;
            assert_eq!(none["totalCount"], 0, "{backend}");
            counts.push(of_set);
        }
        assert_eq!(counts[0], counts[1], "{backend}");
        assert_eq!(counts[0][1].1, 1, "{backend}: a misspelling is found");
    }
}
