//! Import tells values that do not fit together: it refuses those that cannot be, and writes others only if the warnings are
//! accepted.

use std::sync::Mutex;

use coopgraph::{
    clock::{Clock, IdSource},
    import_export::{self, Import, Warnings},
};

use super::{partial_files::set, value_changes::careful, *};

/// Two countries, their cities, an official and an organization that was dissolved.
fn world() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "countries.csv",
            "key,name,language,alpha3,numeric,visibility\nGB,Britain,en,GBR,826,public\nIT,Italy,en,ITA,380,public\n",
        ),
        (
            "cities.csv",
            "key,name,language,kind,country,visibility\ncov,Coventry,en,city,GB,public\ndre,Dresden,en,city,GB,public\n\
             rom,Rome,en,city,IT,public\n",
        ),
        ("officials.csv", "key,name,language,visibility\nof1,An Official,und,public\n"),
        (
            "organizations.csv",
            "key,name,language,kind,founded,dissolved,visibility\no1,X,en,association,2001-05,2013-01-14,public\no2,Y,en,association,,,public\n",
        ),
        (
            "partnerships.csv",
            "key,members,kind,since,ended,status,visibility\nfirst,cov;dre,sister_city,1956,,active,public\n",
        ),
        ("visits.csv", "key,title,language,visibility\nv,A journey,en,public\n"),
    ]
}

fn warnings(done: Result<Imported, Failure>, case: &str) -> Warnings {
    match done {
        Err(Failure::Warnings(warnings)) => warnings,
        done => panic!("{case}: {done:?}"),
    }
}

/// The lines of the problems, or of the warnings.
fn lines(done: Result<Imported, Failure>, is_problem: bool, case: &str) -> Vec<String> {
    match done {
        Err(Failure::Problems(problems)) if is_problem => problems.listed.iter().map(ToString::to_string).collect(),
        Err(Failure::Warnings(warnings)) if !is_problem => warnings.lines().collect(),
        done => panic!("{case}: {done:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inconsistencies_are_told() {
    const PARTNERSHIP: &str = "key,members,kind,since,ended,status,visibility\n";
    const ORGANIZATION: &str = "key,name,language,kind,city,country,visibility\n";
    const POSITION: &str = "key,official,title,language,organization,start,end,visibility\n";
    const MEMBERSHIP: &str = "key,member_kind,member,organization,since,until,visibility\n";
    const VISIT: &str = "key,title,language,kind,from_country,from_city,to_country,to_city,visibility\n";
    const AGREEMENT: &str = "key,title,language,kind,status,signed,ended,visibility\n";
    const CENTER: &str = "key,name,language,kind,city,founded,closed,status,visibility\n";
    const COUNTRY: &str = "key,name,language,alpha3,numeric,visibility\n";
    const EVENT: &str = "key,name,language,is_series,status,start,end,visibility\n";
    const ORGANIZER: &str = "key,name,language,is_series,status,start,end,organizer,visibility\n";
    const STOP: &str = "key,visit,country,city,visibility\n";
    const CITY: &str = "key,name,language,kind,country,parent,visibility\n";
    let cases = [
        (
            "cities.csv",
            CITY,
            "cy2,Y,en,city,GB,cy1,public\ncy1,X,en,city,GB,cy2,public\ncy3,Z,en,city,GB,cy1,public",
            Some("parent = \"cy2\": city cy1: the references form a cycle: cy1 → cy2 → cy1"),
        ),
        (
            "countries.csv",
            COUNTRY,
            "XX,X,en,GBR,999,public",
            Some("alpha3 = \"GBR\": country XX: the country GB has the same code"),
        ),
        (
            "countries.csv",
            COUNTRY,
            "XX,X,en,,826,public",
            Some("numeric = \"826\": country XX: the country GB has the same code"),
        ),
        (
            "countries.csv",
            COUNTRY,
            "AA,X,en,XXX,999,public\nBB,X,en,XXX,998,public",
            Some("country BB: the country AA has the same"),
        ),
        ("countries.csv", COUNTRY, "XX,X,en,,,public\nYY,Y,en,,,public", None),
        (
            "events.csv",
            EVENT,
            "e,E,en,false,took_place,2999-01-01,,public",
            Some("it lies in the future, but status is took_place"),
        ),
        (
            "events.csv",
            EVENT,
            "e,E,en,false,took_place,2999,,public",
            Some(":2: start = \"2999\": it lies in the future"),
        ),
        ("events.csv", EVENT, "e,E,en,false,planned,2999,,public", None),
        ("events.csv", EVENT, "e,E,en,false,took_place,2019/2999,,public", None),
        ("events.csv", EVENT, "e,E,en,false,,2999,,public", None),
        (
            "events.csv",
            EVENT,
            "e,E,en,false,,2019,9999-12-31,public",
            Some("end = \"9999-12-31\": the year 9999 usually stands for"),
        ),
        ("events.csv", EVENT, "e,E,en,false,,2019-01-01,2019-03-02,public", Some("that is more than 60 days")),
        ("events.csv", EVENT, "e,E,en,false,,2019-01-01,2019-03-01,public", None),
        ("events.csv", EVENT, "e,E,en,true,,2019-01-01,2020,public", None),
        (
            "events.csv",
            ORGANIZER,
            "e,E,en,false,,2000,,o1,public",
            Some("event e: it is earlier than the date `founded` of the organization o1"),
        ),
        ("events.csv", ORGANIZER, "e,E,en,false,,2001,,o1,public", None),
        (
            "memberships.csv",
            MEMBERSHIP,
            "m1,official,of1,o2,2008,9999-12,public",
            Some("until = \"9999-12\": the year 9999"),
        ),
        ("memberships.csv", MEMBERSHIP, "m1,official,of1,o2,2008,9998,public", None),
        (
            "innovation_centers.csv",
            CENTER,
            "c,C,en,incubator,rom,2001,2009,active,public",
            Some("closed = \"2009\": it must be empty"),
        ),
        ("innovation_centers.csv", CENTER, "c,C,en,accelerator,rom,2001,2009,closed,public", None),
        (
            "agreements.csv",
            AGREEMENT,
            "a,A,en,treaty,in_force,1999,,public",
            Some("agreement a: fewer than 2 agreement party records refer to it"),
        ),
        ("visit_stops.csv", STOP, "s,v,GB,rom,public", Some("visit stop s: the city rom has another country")),
        ("visit_stops.csv", STOP, "s,v,IT,rom,public", None),
        ("cities.csv", CITY, "cy1,X,en,city,GB,cy2,public\ncy2,Y,en,city,GB,cov,public", None),
        ("visits.csv", VISIT, "v1,x,en,official,,,IT,cov,public", Some("visit v1: the city cov has another country")),
        (
            "visits.csv",
            VISIT,
            "v1,x,en,official,GB,rom,IT,rom,public",
            Some("visit v1: the city rom has another country"),
        ),
        ("visits.csv", VISIT, "v1,x,en,official,GB,dre,IT,rom,public", None),
        ("visits.csv", VISIT, "v1,x,en,official,GB,,,rom,public", None),
        (
            "organizations.csv",
            ORGANIZATION,
            "o3,Z,en,association,cov,IT,public",
            Some("the city cov has another country"),
        ),
        ("organizations.csv", ORGANIZATION, "o3,Z,en,association,cov,GB,public", None),
        (
            "organizations.csv",
            ORGANIZATION,
            "o1,X,en,association,cov,IT,public",
            Some("organization o1: the city cov has"),
        ),
        (
            "memberships.csv",
            MEMBERSHIP,
            "m1,official,of1,o1,2008,2013-03-04,public",
            Some("membership m1: it is later than the date `dissolved` of the organization o1"),
        ),
        ("memberships.csv", MEMBERSHIP, "m1,official,of1,o1,2008,2013-01,public", None),
        ("memberships.csv", MEMBERSHIP, "m1,official,of1,o1,2008,,public", None),
        ("memberships.csv", MEMBERSHIP, "m1,official,of1,o2,2008,2013-03-04,public", None),
        ("positions.csv", POSITION, "p1,of1,Chair,en,o1,2008,2014,public", Some("position p1: it is later than")),
        ("positions.csv", POSITION, "p1,of1,Chair,en,o1,2008,2012-12,public", None),
        (
            "partnerships.csv",
            PARTNERSHIP,
            "p,cov;rom,sister_city,1959,1970,active,public",
            Some(":2: ended = \"1970\": it must be empty while status is active"),
        ),
        ("partnerships.csv", PARTNERSHIP, "p,cov;rom,sister_city,1959,1970,ended,public", None),
        ("partnerships.csv", PARTNERSHIP, "p,cov;rom,sister_city,1959,,suspended,public", None),
        (
            "partnerships.csv",
            PARTNERSHIP,
            "second,dre;cov,sister_city,1959,,active,public",
            Some("partnership second: the partnership first has the same members and kind"),
        ),
        ("partnerships.csv", PARTNERSHIP, "second,dre;cov,friendship_city,1959,,active,public", None),
        ("partnerships.csv", PARTNERSHIP, "second,dre;cov,sister_city,1940,1950,ended,public", None),
        ("partnerships.csv", PARTNERSHIP, "second,dre;cov;rom,sister_city,1959,,active,public", None),
        (
            "partnerships.csv",
            PARTNERSHIP,
            "b,dre;rom,sister_city,1959,,active,public\na,rom;dre,sister_city,,,active,public",
            Some("partnership b: the partnership a has the same members and kind"),
        ),
    ];
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        let (done, _) = careful(&database, &set(&world())).await;
        done.expect("an import");
        let before = state(&database).await;
        for (file, header, rows, expected) in cases {
            let files = set(&[(file, &format!("{header}{rows}\n"))]);
            let Some(expected) = expected else {
                let copy = TestDatabase::new(backend, Data::Empty).await;
                careful(&copy, &set(&world())).await.0.expect("an import");
                let (done, _) = careful(&copy, &files).await;
                done.unwrap_or_else(|cause| panic!("{backend}: {rows}: {cause}"));
                continue;
            };
            let (done, _) = careful(&database, &files).await;
            let is_problem =
                ["another country", "the city cov has", "has the same code", "form a cycle", "the country AA has"];
            let told = lines(done, is_problem.iter().any(|part| expected.contains(part)), rows);
            let [line] = &told[..] else { panic!("{backend}: {rows}: {told:?}") };
            assert!(line.starts_with(file) && line.contains(expected), "{backend}: {line}");
            assert!(state(&database).await == before, "{backend}: {rows}: something was written");
        }
        let topics: String = (0..20).map(|i| format!("t{i:02},T,en,t{:02},public\n", (i + 1) % 20)).collect();
        let topics = set(&[("topics.csv", &format!("key,name,language,broader,visibility\n{topics}"))]);
        let told = lines(careful(&database, &topics).await.0, true, "topics");
        let path = "t00 → t01 → t02 → t03 → t04 → t05 → t06 → t07 → … → t00";
        assert!(told.len() == 1 && told[0].ends_with(path), "{backend}: {told:?}");
        // A change of the other record, which consent does not make right.
        let visit = set(&[("visits.csv", &format!("{VISIT}v1,x,en,official,,,GB,cov,public\n"))]);
        careful(&database, &visit).await.0.expect("an import");
        let cities = set(&[("cities.csv", "key,country\ncov,IT\n")]);
        let refused = lines(database.import(&cities.files()).await, true, "another country");
        assert!(refused[0].starts_with("visits.csv: visit v1: the city cov has another country"), "{refused:?}");
        // What the database has of it already, too.
        let end = "key,name,language,is_series,end,visibility\ne,E,en,false,9999-12-31,public\n";
        database.import(&set(&[("events.csv", end)]).files()).await.expect("an import that accepts warnings");
        careful(&database, &set(&[("events.csv", "key,venue\ne,A hall\n")])).await.0.expect("an import");
    }
}

/// An agreement has two parties when both are imported with it, and loses none of what the files say.
#[tokio::test(flavor = "multi_thread")]
async fn agreements_are_told_by_all_that_they_join() {
    let files = [
        (
            "agreements.csv",
            "key,title,language,kind,status,signed,signed_at_kind,signed_at,result_kind,result,renews,visibility\n\
             old,An older memorandum,en,memorandum,terminated,1999,,,,,,public\n\
             new,A memorandum,en,memorandum,in_force,2016-05,visit,v,partnership,first,old,public\n",
        ),
        (
            "agreement_parties.csv",
            "key,agreement,party_kind,party,signatory,visibility\n1,new,city,cov,of1,public\n2,new,organization,o2,,public\n\
             3,old,country,GB,,public\n4,old,city,dre,,public\n",
        ),
        (
            "visit_stops.csv",
            "key,visit,number,city,start,visibility\n1,v,2,rom,2016-05-02,public\n2,v,1,cov,2016-05-01,public\n",
        ),
        ("cities.csv", "key,dissolved,successors\ndre,1972,cov;rom\n"),
    ];
    let query = "{ city(by: {key: \"cov\"}) { predecessors { nodes { key dissolved { edtf } successors { nodes { key } } } } \
                   visitStops { nodes { visit { key stops { nodes { number city { key } } } } } } \
                   agreementParties { nodes { signatory { key } agreement { key status renews { key } renewals { nodes { key } } \
                     signedAt { ... on Visit { key agreements { nodes { key } } } } result { ... on Partnership { key } } \
                     parties { nodes { party { ... on City { key } ... on Organization { key } } } } } } } } \
                 visits(filter: {stops: {some: {city: {key: {eq: \"rom\"}}}}}) { nodes { key } } }";
    let expected = json!({
        "city": {
            "predecessors": { "nodes": [{ "key": "dre", "dissolved": { "edtf": "1972" },
                "successors": { "nodes": [{ "key": "cov" }, { "key": "rom" }] } }] },
            "visitStops": { "nodes": [{ "visit": { "key": "v", "stops": { "nodes": [
                { "number": 1, "city": { "key": "cov" } }, { "number": 2, "city": { "key": "rom" } }] } } }] },
            "agreementParties": { "nodes": [{ "signatory": { "key": "of1" }, "agreement": {
                "key": "new", "status": "IN_FORCE", "renews": { "key": "old" }, "renewals": { "nodes": [] },
                "signedAt": { "key": "v", "agreements": { "nodes": [{ "key": "new" }] } }, "result": { "key": "first" },
                "parties": { "nodes": [{ "party": { "key": "cov" } }, { "party": { "key": "o2" } }] },
            } }] },
        },
        "visits": { "nodes": [{ "key": "v" }] },
    });
    for backend in backends() {
        let server = Server::start(backend, Data::Empty).await;
        careful(&server.data, &set(&world())).await.0.expect("an import");
        careful(&server.data, &set(&files)).await.0.expect("an import");
        assert_eq!(server.data(query, json!({})).await, expected, "{backend}");
        // One that is taken back leaves the other alone; both, and the agreement with them, leave nothing.
        let header = "kind,key,reason\n";
        let one = set(&[("withdrawals.csv", &format!("{header}agreement_party,3,x\n"))]);
        let told = warnings(careful(&server.data, &one).await.0, "withdrawals");
        assert_eq!(
            told.lines().collect::<Vec<_>>(),
            ["agreements.csv: agreement old: fewer than 2 agreement party records refer to it"],
            "{backend}"
        );
        let rows = "agreement_party,1,x\nagreement_party,2,x\nagreement,new,x\n";
        let all = set(&[("withdrawals.csv", &format!("{header}{rows}"))]);
        let (done, _) = careful(&server.data, &all).await;
        assert_eq!(done.expect("an import").removed, 3, "{backend}");
    }
}

/// A partnership can be one of organizations, and have another status for one of its parties.
#[tokio::test(flavor = "multi_thread")]
async fn partnerships_are_told_for_each_party() {
    const PARTNERSHIPS: &str = "key,kind,since,status,visibility\n";
    const PARTIES: &str = "key,partnership,party_kind,party,status,since,ended,visibility\n";
    let academic = format!("{PARTNERSHIPS}academic,academic_cooperation,2001,active,public\n");
    let parties = format!(
        "{PARTIES}1,academic,organization,o1,,2001,,public\n2,academic,organization,o2,suspended,2002-05,,public\n\
         3,academic,country,GB,planned,,,public\n4,first,city,dre,ended,,2022-03,public\n"
    );
    let query = "{ partnership(by: {key: \"academic\"}) { members { totalCount } parties { nodes { \
                     status since { edtf } party { __typename ... on Organization { key } ... on Country { key } } } } } \
                   organization(by: {key: \"o2\"}) { partnershipParties { nodes { partnership { key kind } } } } \
                   city(by: {key: \"dre\"}) { partnershipParties { nodes { ended { edtf } partnership { key status } } } } \
                   partnerships(filter: {parties: {some: {status: {eq: SUSPENDED}}}}) { nodes { key } } }";
    for backend in backends() {
        let server = Server::start(backend, Data::Empty).await;
        careful(&server.data, &set(&world())).await.0.expect("an import");
        let alone = set(&[("partnerships.csv", &academic)]);
        let told = warnings(careful(&server.data, &alone).await.0, "no party");
        let expected = "partnerships.csv:2: partnership academic: it has no members, and fewer than 2 partnership party records \
                        refer to it";
        assert_eq!(told.lines().collect::<Vec<_>>(), [expected], "{backend}");
        let all = set(&[("partnerships.csv", &academic), ("partnership_parties.csv", &parties)]);
        careful(&server.data, &all).await.0.expect("an import");
        let found = server.data(query, json!({})).await;
        let expected = json!({
            "partnership": { "members": { "totalCount": 0 }, "parties": { "nodes": [
                { "status": null, "since": { "edtf": "2001" }, "party": { "__typename": "Organization", "key": "o1" } },
                { "status": "SUSPENDED", "since": { "edtf": "2002-05" },
                  "party": { "__typename": "Organization", "key": "o2" } },
                { "status": "PLANNED", "since": null, "party": { "__typename": "Country", "key": "GB" } },
            ] } },
            "organization": { "partnershipParties": { "nodes": [
                { "partnership": { "key": "academic", "kind": "ACADEMIC_COOPERATION" } }] } },
            "city": { "partnershipParties": { "nodes": [
                { "ended": { "edtf": "2022-03" }, "partnership": { "key": "first", "status": "ACTIVE" } }] } },
            "partnerships": { "nodes": [{ "key": "academic" }] },
        });
        assert_eq!(found, expected, "{backend}");
        // A status that says the opposite of a date is told.
        let ended = format!("{PARTIES}5,first,city,cov,active,,2022-03,public\n");
        let told = warnings(careful(&server.data, &set(&[("partnership_parties.csv", &ended)])).await.0, "ended");
        assert!(told.listed[0].to_string().contains("ended"), "{backend}: {:?}", told.listed);
    }
}

/// A center can have several operators, each of which finds it.
#[tokio::test(flavor = "multi_thread")]
async fn centers_have_several_operators() {
    let center = "key,name,language,kind,operator,other_operators,status,visibility\n\
                  c,A center,en,accelerator,o1,o2,active,public\n";
    let query = "{ innovationCenter(by: {key: \"c\"}) { operator { key } otherOperators { nodes { key } } } \
                   organization(by: {key: \"o2\"}) { jointInnovationCenters { nodes { key } } } }";
    for backend in backends() {
        let server = Server::start(backend, Data::Empty).await;
        careful(&server.data, &set(&world())).await.0.expect("an import");
        careful(&server.data, &set(&[("innovation_centers.csv", center)])).await.0.expect("an import");
        let expected = json!({
            "innovationCenter": { "operator": { "key": "o1" }, "otherOperators": { "nodes": [{ "key": "o2" }] } },
            "organization": { "jointInnovationCenters": { "nodes": [{ "key": "c" }] } },
        });
        assert_eq!(server.data(query, json!({})).await, expected, "{backend}");
        let one = set(&[("innovation_centers.csv", "key,other_operators\nc,o2;o2\n")]);
        let refused = careful(&server.data, &one).await.0.expect_err("a list that names an operator twice");
        assert!(format!("{refused:?}").contains("o2 is named twice"), "{backend}: {refused:?}");
    }
}

/// All that is wrong is told at once, with its lines; and warnings that are accepted are told, too.
#[tokio::test(flavor = "multi_thread")]
async fn accepted_warnings_are_told() {
    let rows = "p,cov;rom,sister_city,1959,1970,active,public\nsecond,dre;cov,sister_city,1959,,active,public\n";
    let files = set(&[("partnerships.csv", &format!("key,members,kind,since,ended,status,visibility\n{rows}"))]);
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        careful(&database, &set(&world())).await.0.expect("an import");
        let expected: Vec<_> = warnings(careful(&database, &files).await.0, "two").lines().collect();
        let starts =
            ["partnerships.csv:2: ended = \"1970\"", "partnerships.csv:3: partnership second: the partnership first"];
        let is_told = |(line, start): (&String, &&str)| line.starts_with(start);
        assert!(expected.len() == 2 && expected.iter().zip(&starts).all(is_told), "{backend}: {expected:?}");
        let accepted = Mutex::new(Vec::new());
        let (clock, ids) = (Clock::system(), IdSource::system());
        let import = Import {
            database: &database.database,
            files: &files.files(),
            clock: &clock,
            ids: &ids,
            model: coopgraph::domain::model(),
            only_if_empty: false,
            replaced: &[],
            dry_run: false,
            accept_warnings: true,
            on_accepted: &|warnings| accepted.lock().expect("a list").extend(warnings.lines()),
            on_change: &|_| Ok(()),
            progress: &|_, _, _| {},
        };
        import_export::import(import).await.expect("an import");
        assert_eq!(accepted.into_inner().expect("a list"), expected, "{backend}");
    }
}

/// A new record that looks like another one is told, unless something tells the two apart.
#[tokio::test(flavor = "multi_thread")]
async fn records_that_look_alike_are_told() {
    const CITY: &str = "key,name,language,kind,country,latitude,longitude,visibility\n";
    let cases = [
        (
            "cities.csv",
            format!("{CITY}cov2,COVENTRY,en,city,GB,,,public\n"),
            Some("cities.csv:2: city cov2: the city cov has the same name"),
        ),
        ("cities.csv", format!("{CITY}cov2,Coventry,en,city,IT,,,public\n"), None),
        ("cities.csv", format!("{CITY}cov2,Coventry,en,region,GB,,,public\n"), None),
        (
            "cities.csv",
            format!("{CITY}a,Newport,en,city,GB,51.5,-3,public\nb,Newport,en,city,GB,51.6,-3.1,public\n"),
            Some("cities.csv:3: city b: the city a has the same name"),
        ),
        (
            "cities.csv",
            format!("{CITY}a,Newport,en,city,GB,51.5,-3,public\nb,Newport,en,city,GB,50.7,-1.3,public\n"),
            None,
        ),
        (
            "officials.csv",
            "key,name,language,visibility\nof2,An  official,und,public\n".to_owned(),
            Some("official of2: the official of1"),
        ),
        (
            "organizations.csv",
            "key,name,language,kind,country,visibility\no9,x,en,company,,public\n".to_owned(),
            Some("organization o9: the organization o1 has the same name"),
        ),
        ("visits.csv", "key,title,language,start,visibility\nv2,A journey,en,2019,public\n".to_owned(), None),
        (
            "visits.csv",
            "key,title,language,visibility\nv2,A Journey,en,public\n".to_owned(),
            Some("visit v2: the visit v has the same name, \"A Journey\": if it is the same visit, use its key"),
        ),
    ];
    for backend in backends() {
        for (file, rows, expected) in &cases {
            let database = TestDatabase::new(backend, Data::Empty).await;
            careful(&database, &set(&world())).await.0.expect("an import");
            let done = careful(&database, &set(&[(file, rows)])).await.0;
            let Some(expected) = expected else {
                done.unwrap_or_else(|cause| panic!("{backend}: {rows}: {cause}"));
                continue;
            };
            let told = warnings(done, rows);
            assert!(told.total == 1 && told.listed[0].to_string().contains(expected), "{backend}: {told}");
        }
        // Identifiers of one scheme tell two records apart.
        let database = TestDatabase::new(backend, Data::Empty).await;
        careful(&database, &set(&world())).await.0.expect("an import");
        let identified = set(&[
            ("cities.csv", &format!("{CITY}cov2,Coventry,en,city,GB,,,public\n")),
            ("identifiers.csv", "record_kind,record,scheme,value\ncity,cov,wikidata,Q6225\ncity,cov2,wikidata,Q1\n"),
        ]);
        careful(&database, &identified).await.0.expect("an import");
    }
}

/// Another main name may mean another record, unless both are known as names of the record.
#[tokio::test(flavor = "multi_thread")]
async fn other_names_are_told() {
    let renamed = ("cities.csv", "key,name,language\ncov,Pori,en\n");
    let former = "record_kind,record,language,name,kind\ncity,cov,en,Coventry,former\n";
    for backend in backends() {
        let database = TestDatabase::new(backend, Data::Empty).await;
        careful(&database, &set(&world())).await.0.expect("an import");
        let told = warnings(careful(&database, &set(&[renamed])).await.0, "renamed");
        let expected = "cities.csv:2: city cov: name: \"Coventry\" → \"Pori\": the row may mean another record; if it does not, \
                        keep the old name in names.csv";
        assert_eq!(told.lines().collect::<Vec<_>>(), [expected], "{backend}");
        // Another spelling of the same name is none, nor is a correction.
        careful(&database, &set(&[("cities.csv", "key,name,language\ncov,Coventri,en\n")])).await.0.expect("an import");
        careful(&database, &set(&[("cities.csv", "key,name,language\ncov,COVENTRY,en\n")])).await.0.expect("an import");
        careful(&database, &set(&[renamed, ("names.csv", former)])).await.0.expect("an import");
        // Now both are names of the city.
        careful(&database, &set(&[("cities.csv", "key,name,language\ncov,Coventry,en\n")])).await.0.expect("an import");
    }
}
