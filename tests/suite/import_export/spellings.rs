//! Records are found in every spelling and by every name; identifiers and languages are what they claim to be.

use serde_json::Value;

use super::{partial_files::set, *};

const COUNTRY: &str = "key,name,language,alpha3,numeric,visibility\nXX,X,en,XXX,999,public\n";

/// A server that has cities of these keys, names and languages.
async fn cities(backend: Backend, rows: &[(&str, &str, &str)], names: &str) -> Server {
    let server = Server::start(backend, Data::Empty).await;
    let mut cities = "key,name,language,kind,country,visibility\n".to_owned();
    for (key, name, language) in rows {
        cities.push_str(&format!("{key},{name},{language},city,XX,public\n"));
    }
    let mut files = vec![("countries.csv", COUNTRY), ("cities.csv", cities.as_str())];
    if !names.is_empty() {
        files.push(("names.csv", names));
    }
    server.data.import(&set(&files).files()).await.expect("an import");
    server
}

/// The keys of the cities that a filter finds, in the order of their names.
async fn found(server: &Server, filter: Value) -> Vec<String> {
    let query = "query ($f: CityFilter) { cities(filter: $f, orderBy: NAME_ASC) { nodes { key } totalCount } }";
    let answer = server.data(query, json!({ "f": filter })).await;
    let nodes = answer["cities"]["nodes"].as_array().expect("nodes");
    assert_eq!(answer["cities"]["totalCount"], nodes.len());
    nodes.iter().map(|node| node["key"].as_str().expect("a key").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cities_are_found_as_their_names_are_typed() {
    let rows = [
        ("lodz", "Łódź", "pl"),
        ("tromso", "Tromsø", "no"),
        ("giessen", "Gießen", "de"),
        ("da-nang", "Đà Nẵng", "vi"),
        ("aeroskobing", "Ærøskøbing", "da"),
        ("igdir", "Iğdır", "tr"),
        ("zzz", "xanten", "de"),
        ("pune", "पुणे", "hi"),
        ("pani", "पाणी", "hi"),
        ("tik", "ติก", "th"),
        ("tuk", "ตุก", "th"),
        ("iwaki", "いわき", "ja"),
        ("iwagi", "いわぎ", "ja"),
        ("aquila", "L’Aquila", "it"),
    ];
    let typed = [
        ("Lodz", "lodz"),
        ("TROMSØ", "tromso"),
        ("Tromso", "tromso"),
        ("GIESSEN", "giessen"),
        ("Da  Nang", "da-nang"),
        ("aeroskobing", "aeroskobing"),
        ("igdir", "igdir"),
        ("पुणे", "pune"),
        ("ติก", "tik"),
        ("いわき", "iwaki"),
        ("いわぎ", "iwagi"),
        ("l'aquila", "aquila"),
    ];
    for backend in backends() {
        let server = cities(backend, &rows, "").await;
        for (text, key) in typed {
            for operator in ["eq", "startsWith", "contains"] {
                let filter = json!({ "name": { operator: text } });
                assert_eq!(found(&server, filter).await, [key], "{backend}: {operator} {text}");
            }
            assert_eq!(found(&server, json!({ "name": { "in": [text] } })).await, [key], "{backend}: in {text}");
        }
        let latin = json!({ "name": { "startsWith": "" }, "key": { "in":
            ["lodz", "tromso", "giessen", "da-nang", "aeroskobing", "igdir", "zzz", "aquila"] } });
        let expected = ["aeroskobing", "da-nang", "giessen", "igdir", "aquila", "lodz", "tromso", "zzz"];
        assert_eq!(found(&server, latin).await, expected, "{backend}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_any_of_their_names() {
    let rows = [("volgograd", "Волгоград", "ru"), ("shanghai", "Shanghai", "en"), ("munich", "München", "de")];
    let names = "record_kind,record,language,name,kind\n\
                 city,volgograd,en-x-1925-1961,Stalingrad,former\n\
                 city,volgograd,en,Volgograd,\n\
                 city,volgograd,en,Wolgograd,alternative\n\
                 city,shanghai,zh,上海,\n\
                 city,munich,en,Munich,exonym\n\
                 city,munich,it,Monaco di Baviera,exonym\n";
    for backend in backends() {
        let server = cities(backend, &rows, names).await;
        for (condition, key) in [
            (json!({ "eq": "stalingrad" }), "volgograd"),
            (json!({ "contains": "olgog" }), "volgograd"),
            (json!({ "eq": "ВОЛГОГРАД" }), "volgograd"),
            (json!({ "in": ["上海", "nowhere"] }), "shanghai"),
            (json!({ "startsWith": "monaco" }), "munich"),
            (json!({ "eq": "munchen" }), "munich"),
        ] {
            let any = json!({ "anyName": condition });
            assert_eq!(found(&server, any.clone()).await, [key], "{backend}: {any}");
            let others = found(&server, json!({ "not": any })).await;
            assert!(others.len() == 2 && !others.contains(&key.to_owned()), "{backend}: not {any}: {others:?}");
            // Below a relation, too.
            let query = "query ($f: CityFilter) { countries(filter: {cities: {some: $f}}) { nodes { key } } }";
            let answer = server.data(query, json!({ "f": any })).await;
            assert_eq!(answer["countries"]["nodes"], json!([{ "key": "XX" }]), "{backend}: {any}");
        }
        // One name must match all of it, and an empty condition says nothing.
        let both = json!({ "anyName": { "startsWith": "stalin", "contains": "volgo" } });
        assert_eq!(found(&server, both).await, [""; 0], "{backend}");
        assert_eq!(found(&server, json!({ "anyName": {} })).await.len(), 3, "{backend}");

        let query = "{ city(by: {key: \"volgograd\"}) { names { language name kind } \
                     en: label(languages: [\"en\"]) { name } ru: label(languages: [\"uk\"]) { name language } } \
                     munich: city(by: {key: \"munich\"}) { label(languages: [\"it-CH\", \"en\"]) { name kind } } }";
        let expected = json!({
            "city": {
                "names": [
                    { "language": "en", "name": "Volgograd", "kind": null },
                    { "language": "en", "name": "Wolgograd", "kind": "ALTERNATIVE" },
                    { "language": "en-x-1925-1961", "name": "Stalingrad", "kind": "FORMER" },
                ],
                "en": { "name": "Volgograd" },
                "ru": { "name": "Волгоград", "language": "ru" },
            },
            "munich": { "label": { "name": "Monaco di Baviera", "kind": "EXONYM" } },
        });
        assert_eq!(server.data(query, json!({})).await, expected, "{backend}");
    }
}

/// What an export writes, another database takes over; and a file without kinds leaves them as they are.
#[tokio::test(flavor = "multi_thread")]
async fn kinds_of_names_survive() {
    let names = "record_kind,record,language,name,kind\n\
                 city,a,en,A,\n\
                 city,a,en,Aa,alternative\n\
                 city,a,en,Aaa,former\n";
    for backend in backends() {
        let server = cities(backend, &[("a", "Á", "hu")], names).await;
        assert_eq!(String::from_utf8_lossy(&exported(&server.data).await["names.csv"]), names, "{backend}");
        let without = "record_kind,record,language,name\ncity,a,en,A\ncity,a,en,Aa\ncity,a,en,Aaa\ncity,a,fi,A\n";
        server.data.import(&set(&[("names.csv", without)]).files()).await.expect("an import");
        let expected = format!("{names}city,a,fi,A,\n");
        assert_eq!(String::from_utf8_lossy(&exported(&server.data).await["names.csv"]), expected, "{backend}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_in_the_language_that_stands_in() {
    let names = "record_kind,record,language,name\n\
                 city,a,zh-Hans,赛吉\ncity,a,zh-Hant,賽吉\ncity,a,no,Norsk\ncity,a,pt,Português\n";
    for backend in backends() {
        let server = cities(backend, &[("a", "A", "en")], names).await;
        for (languages, name, language) in [
            (json!(["zh-TW"]), "賽吉", "zh-Hant"),
            (json!(["zh-HK", "en"]), "賽吉", "zh-Hant"),
            (json!(["zh-SG"]), "赛吉", "zh-Hans"),
            (json!(["zh"]), "赛吉", "zh-Hans"),
            (json!(["nb"]), "Norsk", "no"),
            (json!(["nn-NO", "en"]), "Norsk", "no"),
            (json!(["pt-BR"]), "Português", "pt"),
            (json!(["de", "sv"]), "A", "en"),
        ] {
            let query = "query ($l: [String!]!) { city(by: {key: \"a\"}) { label(languages: $l) { name language } } }";
            let answer = server.data(query, json!({ "l": languages })).await;
            assert_eq!(
                answer["city"]["label"],
                json!({ "name": name, "language": language }),
                "{backend}: {languages}"
            );
        }
    }
}

/// Identifiers are written as their scheme writes them, and languages are registered; the message says what was meant.
#[tokio::test(flavor = "multi_thread")]
async fn values_are_what_they_claim_to_be() {
    for backend in backends() {
        let server = cities(backend, &[("a", "A", "en")], "").await;
        for (scheme, value, message) in [
            ("wikidata", "http://www.wikidata.org/entity/Q6225", "write Q6225"),
            ("wikidata", "q6225", "write Q6225"),
            ("wikidata", "6225", "write Q6225"),
            ("wikidata", "Q6225 ", "write Q6225"),
            ("wikidata", "Coventry", "expected the letter Q and a number, such as Q47034"),
            ("geonames", "https://www.geonames.org/2652221/coventry.html", "write 2652221"),
            ("geonames", "GB-COV", "expected a number, such as 660158"),
            ("ror", "https://ror.org/05k73zm37", "write 05k73zm37"),
            ("iso_3166_2", "cn-sh", "write CN-SH"),
        ] {
            let text = format!("record_kind,record,scheme,value\ncity,a,{scheme},{value}\n");
            let refused = problems(server.data.import(&set(&[("identifiers.csv", &text)]).files()).await);
            let [problem] = &refused.listed[..] else { panic!("{backend}: {refused}") };
            assert_eq!((problem.line, &*problem.column, &*problem.message), (2, "value", message), "{backend}");
        }
        for (file, text) in [
            ("names.csv", "record_kind,record,language,name\ncity,a,LANGUAGE,B\n"),
            ("cities.csv", "key,name,language,kind,country,visibility\nb,B,LANGUAGE,city,XX,public\n"),
        ] {
            for (language, ends) in [("jp", "write ja"), ("cz", "write cs"), ("xx", "such as en, fi or zh-Hans")] {
                let text = text.replace("LANGUAGE", language);
                let refused = problems(server.data.import(&set(&[(file, &text)]).files()).await);
                let [problem] = &refused.listed[..] else { panic!("{backend}: {refused}") };
                assert!(problem.message.ends_with(ends), "{backend}: {problem}");
            }
        }
        let hebrew = "record_kind,record,language,name\ncity,a,iw,א\n";
        server.data.import(&set(&[("names.csv", hebrew)]).files()).await.expect("an import");
        let names = server.data("{ city(by: {key: \"a\"}) { names { language } } }", json!({})).await;
        assert_eq!(names["city"]["names"], json!([{ "language": "he" }]), "{backend}");
    }
}
