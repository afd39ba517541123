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

/// A name at a date is one that held then; names of other periods are left out, and those without a period come after.
#[tokio::test(flavor = "multi_thread")]
async fn names_hold_for_a_period() {
    let names = "record_kind,record,language,name,kind,period\n\
                 city,v,ru,Царицын,former,../1925-04-10\n\
                 city,v,ru,Сталинград,former,1925-04-10/1961-11-10\n\
                 city,v,en,Stalingrad,former,1925/1961\n\
                 city,v,en,Volgograd,,1961/..\n\
                 city,v,fi,Volgograd,,\n\
                 city,v,fi,Tsaritsyn,former,\n";
    for backend in backends() {
        let server = cities(backend, &[("v", "Волгоград", "ru")], names).await;
        let query =
            "query ($l: [String!]!, $at: String) { city(by: {key: \"v\"}) { label(languages: $l, at: $at) { name } } }";
        for (language, at, name) in [
            ("ru", json!(null), "Волгоград"),
            ("ru", json!("1942-07-17"), "Сталинград"),
            ("ru", json!("1917"), "Царицын"),
            ("ru", json!("1990"), "Волгоград"),
            ("en", json!("1942"), "Stalingrad"),
            ("en", json!("1970/1980"), "Volgograd"),
            ("en", json!("1900"), "Волгоград"),
            ("fi", json!("1942"), "Volgograd"),
            ("en", json!(null), "Volgograd"),
        ] {
            let answer = server.data(query, json!({ "l": [language], "at": at })).await;
            assert_eq!(answer["city"]["label"]["name"], name, "{backend}: {language} at {at}");
        }
        let (code, message) = server.error(query, json!({ "l": ["en"], "at": "17.7.1942" })).await;
        assert_eq!(code, "INVALID_DATE");
        assert!(message.contains("write 1942-07-17"), "{message}");
        let periods = server
            .data(
                "{ city(by: {key: \"v\"}) { names(languages: [\"en\"]) { name period { edtf earliest } } } }",
                json!({}),
            )
            .await;
        let expected = json!([
            { "name": "Volgograd", "period": { "edtf": "1961/..", "earliest": "1961-01-01" } },
            { "name": "Stalingrad", "period": { "edtf": "1925/1961", "earliest": "1925-01-01" } },
        ]);
        assert_eq!(periods["city"]["names"], expected, "{backend}");
        let wrong = "record_kind,record,language,name,period\ncity,v,en,Volgograd,from 1961\n";
        let refused = problems(server.data.import(&set(&[("names.csv", wrong)]).files()).await);
        assert_eq!(refused.listed[0].column, "period", "{backend}: {refused}");
    }
}

/// What an export writes, another database takes over; and a file without kinds leaves them as they are.
#[tokio::test(flavor = "multi_thread")]
async fn kinds_of_names_survive() {
    let names = "record_kind,record,language,name,kind,period\n\
                 city,a,en,A,,\n\
                 city,a,en,Aa,alternative,\n\
                 city,a,en,Aaa,former,../1950\n";
    for backend in backends() {
        let server = cities(backend, &[("a", "Á", "hu")], names).await;
        assert_eq!(String::from_utf8_lossy(&exported(&server.data).await["names.csv"]), names, "{backend}");
        let without = "record_kind,record,language,name\ncity,a,en,A\ncity,a,en,Aa\ncity,a,en,Aaa\ncity,a,fi,A\n";
        server.data.import(&set(&[("names.csv", without)]).files()).await.expect("an import");
        let expected = format!("{names}city,a,fi,A,,\n");
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

/// What surrounds a text is left out, and texts are kept in one form of normalization.
#[tokio::test(flavor = "multi_thread")]
async fn texts_are_tidied() {
    let rows = [(" a\u{a0}", "\u{feff}A\u{308}hta\u{308}ri\u{200b} ", " fi "), ("b", "\t上海\u{3000}", "zh")];
    let names = "record_kind,record,language, name \ncity, a,sv,  E\u{301}tseri \n";
    for backend in backends() {
        let server = cities(backend, &rows, names).await;
        let query = "{ cities(orderBy: KEY_ASC) { nodes { key name names { name } } } }";
        let expected = json!([
            { "key": "a", "name": "Ähtäri", "names": [{ "name": "Étseri" }] },
            { "key": "b", "name": "上海", "names": [] },
        ]);
        assert_eq!(server.data(query, json!({})).await["cities"]["nodes"], expected, "{backend}");
        // Written in another way, it is the same.
        let again = set(&[("cities.csv", "key,name,language\na,\" Ähta\u{308}ri\",fi\n"), ("names.csv", names)]);
        let imported = server.data.import(&again.files()).await.expect("an import");
        assert_eq!((imported.updated, imported.unchanged, imported.annotations), (0, 1, 0), "{backend}");
    }
}

/// Texts that nobody sees, and characters that are for machines.
#[tokio::test(flavor = "multi_thread")]
async fn texts_can_be_read() {
    for backend in backends() {
        let server = cities(backend, &[("a", "A", "en")], "").await;
        for (file, header, row, column, message) in [
            ("cities.csv", "language,key,name", "en,a,\" \u{200b}\u{2060}\"", "name", "it must not be empty"),
            ("cities.csv", "language,key,name", "en,a,\u{a0}\u{3000}\u{200d}", "name", "it must not be empty"),
            (
                "names.csv",
                "record_kind,record,language,name",
                "city,a,fi,\u{200b}\u{ad}",
                "name",
                "it must not be empty",
            ),
            (
                "cities.csv",
                "language,key,name",
                "en,a,A\u{7}B",
                "name",
                "it contains the control character U+0007: remove it",
            ),
            (
                "cities.csv",
                "language,key,name",
                "en,a,\"A\tB\"",
                "name",
                "it contains the control character U+0009: remove it",
            ),
            ("cities.csv", "language,key,name", "en,a,\"A\nB\"", "name", "it has a line break: write it in one line"),
            ("cities.csv", "key,note", "a,A\u{1b}[31mB", "note", "it contains the control character U+001B: remove it"),
            (
                "names.csv",
                "record_kind,record,language,name",
                "city,a,fi,\"A\r\nB\"",
                "name",
                "it has a line break: write it in one line",
            ),
            (
                "names.csv",
                "record_kind,record,language,name",
                "city,a,fi,A\u{2028}B",
                "name",
                "it contains the control character U+2028: remove it",
            ),
        ] {
            let refused = problems(server.data.import(&set(&[(file, &format!("{header}\n{row}\n"))]).files()).await);
            let [problem] = &refused.listed[..] else { panic!("{backend}: {row:?}: {refused}") };
            assert_eq!((problem.line, &*problem.column, &*problem.message), (2, column, message), "{backend}: {row:?}");
        }
        let note = set(&[("cities.csv", "key,note\na,\"One\n\tTwo\"\n")]);
        server.data.import(&note.files()).await.expect("an import");
        let stored = server.data("{ city(by: {key: \"a\"}) { note } }", json!({})).await;
        assert_eq!(stored["city"]["note"], "One\n\tTwo", "{backend}");
    }
}

/// Codes have their form; what a spreadsheet made of them is told with what they were.
#[tokio::test(flavor = "multi_thread")]
async fn codes_have_their_form() {
    for backend in backends() {
        let server = cities(backend, &[("a", "A", "en")], "").await;
        for (alpha3, numeric, column, message) in [
            ("fin", "246", "alpha3", "write FIN"),
            ("FI", "246", "alpha3", "expected 3 capital letters"),
            ("AUT", "40", "numeric", "write 040"),
            ("ALB", "8", "numeric", "write 008"),
            ("AUT", "040.0", "numeric", "expected 3 digits"),
        ] {
            let text = format!("key,name,language,alpha3,numeric,visibility\nYY,Y,en,{alpha3},{numeric},public\n");
            let refused = problems(server.data.import(&set(&[("countries.csv", &text)]).files()).await);
            let [problem] = &refused.listed[..] else { panic!("{backend}: {alpha3}: {refused}") };
            assert_eq!((&*problem.column, &*problem.message), (column, message), "{backend}");
        }
    }
}

/// Addresses of pages are addresses of pages: a browser runs others.
#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_those_of_pages() {
    const HEADER: &str = "key,name,language,kind,website,visibility\n";
    for backend in backends() {
        let server = cities(backend, &[("a", "A", "en")], "").await;
        for (website, message) in [
            ("www.espoo.fi", "write https://www.espoo.fi"),
            ("espoo.fi/en?x=1", "write https://espoo.fi/en?x=1"),
            ("javascript:alert(1)", "expected the address of a page on the web, such as https://www.espoo.fi/en"),
            ("ftp://example.org", "expected the address of a page on the web, such as https://www.espoo.fi/en"),
            ("https://", "expected the address of a page on the web, such as https://www.espoo.fi/en"),
            ("see the leaflet", "expected the address of a page on the web, such as https://www.espoo.fi/en"),
            ("info@espoo.fi", "expected the address of a page on the web, such as https://www.espoo.fi/en"),
        ] {
            let text = format!("{HEADER}o,O,en,company,{website},public\n");
            let refused = problems(server.data.import(&set(&[("organizations.csv", &text)]).files()).await);
            let [problem] = &refused.listed[..] else { panic!("{backend}: {website}: {refused}") };
            assert_eq!((&*problem.column, &*problem.message), ("website", message), "{backend}");
        }
        for website in ["https://www.espoo.fi/en", "HTTP://Example.org:8080/ä?b=c#d", "https://上海.中国/"] {
            let text = format!("{HEADER}o,O,en,company,{website},public\n");
            server.data.import(&set(&[("organizations.csv", &text)]).files()).await.expect(website);
            let stored = server.data("{ organization(by: {key: \"o\"}) { website } }", json!({})).await;
            assert_eq!(stored["organization"]["website"], website, "{backend}");
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
            for (language, ends) in [
                ("jp", "write ja"),
                ("cz", "write cs"),
                ("xx", "such as en, fi or zh-Hans"),
                ("zh-Hanx", "Hanx in zh-Hanx is not a registered script (ISO 15924), such as Hans or Latn"),
                ("en-QX", "QX in en-QX is not a registered region (ISO 3166), such as FI or CN"),
                ("uz-Cyrx-UZ", "Cyrx in uz-Cyrx-UZ is not a registered script (ISO 15924), such as Hans or Latn"),
            ] {
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
