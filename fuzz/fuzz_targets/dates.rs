#![no_main]
//! Anything as a date: what is one has an order of its days, and is its own normal form.

use coopgraph::edtf::Date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(date) = Date::parse(text) {
        let again = Date::parse(&date.edtf).expect("the normal form is a date");
        assert_eq!((&again.edtf, again.earliest, again.latest), (&date.edtf, date.earliest, date.latest), "{text:?}");
        assert!(date.earliest <= date.latest, "{text:?}");
    }
    let query = "query($d: String!) { visits(filter: {start: {possiblyWithin: $d}}) { totalCount } }";
    coopgraph_fuzz::ask(query, serde_json::json!({ "d": text }));
});
