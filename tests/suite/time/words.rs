//! The dates on which partnerships, agreements and memberships ended are called `end`, as those of visits, events and positions
//! are. The words that they had before go on.

use serde_json::{Value, json};

use crate::{
    import_export::Set,
    support::{Data, Server, TestDatabase, backends},
    walk::{items, text},
};

/// The types, the list of each, and the former word.
const RENAMED: [(&str, &str, &str); 4] = [
    ("Partnership", "partnerships", "ended"),
    ("PartnershipParty", "partnershipParties", "ended"),
    ("Agreement", "agreements", "ended"),
    ("Membership", "memberships", "until"),
];

/// A set of files with dates of all these types, in columns with either word.
fn set(is_better: bool) -> Set {
    let set = Set::bundled();
    let [end, until] = if is_better { ["end", "end"] } else { ["ended", "until"] };
    for (file, text) in [
        (
            "partnerships.csv",
            format!(
                "key,members,kind,since,{end},status,visibility\n\
                 one,espoo;shanghai,sister_city,1999,2004-05,ended,public\n\
                 two,helsinki;beijing,sister_city,1990,2019,ended,public\n\
                 three,kuopio;shanghai,sister_city,2002,,active,public\n"
            ),
        ),
        (
            "partnership_parties.csv",
            format!("key,partnership,party_kind,party,{end},visibility\nparty,one,city,espoo,2004-05-06,public\n"),
        ),
        (
            "agreements.csv",
            format!(
                "key,title,language,kind,status,{end},visibility\npaper,Paper,en,memorandum,terminated,2010,public\n"
            ),
        ),
        ("agreement_parties.csv", "key,agreement,party_kind,party\n".to_owned()),
        (
            "memberships.csv",
            format!(
                "key,member_kind,member,organization,{until},visibility\nseat,city,espoo,city-of-espoo,2001-02,public\n"
            ),
        ),
        ("citations.csv", "key,record_kind,record,field,claimed_value,source,stance\n".to_owned()),
    ] {
        std::fs::write(set.path(file), text).expect("a file");
    }
    std::fs::write(set.path("tags.csv"), "record_kind,record,topic\n").expect("a file");
    std::fs::write(set.path("indicators.csv"), "key,subject_kind,subject,measure,value,unit,comparator\n")
        .expect("a file");
    set
}

fn edtf(answer: &Value) -> Vec<String> {
    items(&answer["nodes"]).map(|node| text(&node["date"]["edtf"])).collect()
}

/// Fields, filters, orders, groups and the columns of files know both words, which mean the same; only the former is deprecated.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_has_one_word_and_the_former_ones_go_on() {
    for backend in backends() {
        let mut answers = Vec::new();
        for is_better in [true, false] {
            let data = TestDatabase::new(backend, Data::Empty).await;
            data.import(&set(is_better).files()).await.unwrap_or_else(|cause| panic!("{cause}"));
            let server = Server::over(data).await;
            for (_, list, former) in RENAMED {
                let ask = |word: &str| {
                    let upper = word.to_uppercase();
                    format!(
                        "{{ {list}(filter: {{{word}: {{certainlyBefore: \"2015\"}}}}, orderBy: {upper}_DESC, thenBy: [{upper}_ASC]) {{ \
                         nodes {{ key date: {word} {{ edtf }} }} }} \
                         all: {list} {{ groups(by: {upper}_YEAR, orderBy: KEY_ASC) {{ nodes {{ count keys {{ value }} }} }} }} }}"
                    )
                };
                let better = server.data(&ask("end"), json!({})).await;
                assert_eq!(edtf(&better[list]).len(), 1, "{backend}: {list}: {better}");
                assert_eq!(server.data(&ask(former), json!({})).await, better, "{backend}: {list}.{former}");
                answers.push(better);
            }
            let cursor = "{ partnerships(first: 1, orderBy: ENDED_ASC) { pageInfo { endCursor } } }";
            let cursor = text(&server.data(cursor, json!({})).await["partnerships"]["pageInfo"]["endCursor"]);
            let next =
                "query($after: String) { partnerships(first: 1, orderBy: END_ASC, after: $after) { nodes { key } } }";
            let next = server.data(next, json!({ "after": cursor })).await;
            assert_eq!(next["partnerships"]["nodes"], json!([{ "key": "two" }]), "{backend}: one order has one cursor");
        }
        let (better, former) = answers.split_at(RENAMED.len());
        assert_eq!(better, former, "{backend}: files with either word");
    }
}

/// What is deprecated says what it is called now, and nothing else is.
#[tokio::test(flavor = "multi_thread")]
async fn the_former_words_are_deprecated() {
    let server = Server::start(backends()[0], Data::Empty).await;
    let deprecated = "name isDeprecated deprecationReason";
    for (ty, _, former) in RENAMED {
        let upper = former.to_uppercase();
        for (name, list, expected) in [
            (ty.to_owned(), "fields", vec![former.to_owned()]),
            (format!("{ty}Filter"), "inputFields", vec![former.to_owned()]),
            (format!("{ty}Order"), "enumValues", vec![format!("{upper}_ASC"), format!("{upper}_DESC")]),
            (
                format!("{ty}GroupKey"),
                "enumValues",
                vec![format!("{upper}_YEAR"), format!("{upper}_MONTH"), format!("{upper}_DECADE")],
            ),
        ] {
            let query =
                format!("{{ __type(name: \"{name}\") {{ all: {list}(includeDeprecated: true) {{ {deprecated} }} }} }}");
            let data = server.data(&query, json!({})).await;
            let is_deprecated = |field: &&Value| field["isDeprecated"] == true;
            let found: Vec<_> = items(&data["__type"]["all"]).filter(is_deprecated).collect();
            let names: Vec<_> = found.iter().map(|field| text(&field["name"])).collect();
            assert_eq!(names, expected, "{name}");
            for field in found {
                let better = text(&field["name"]).replace(&upper, "END").replace(former, "end");
                assert_eq!(text(&field["deprecationReason"]), format!("It is called `{better}` now."), "{name}");
            }
        }
    }
}
