//! Filters that could tell a hidden record apart from none.

use serde_json::Value;

use super::Guard;
use crate::{
    columns::header_of,
    population::{MARKER, Record},
    walk::{Field, is_connection, kind_of, lower_first},
};

impl Guard {
    /// Every filter that could tell a hidden record apart from none.
    pub async fn filters(&mut self) {
        for record in self.schema.records().to_vec() {
            let list = self.schema.list(&record).name.clone();
            let (mut near, far) = (self.tests(&record, 1), self.tests(&record, 2));
            let nots: Vec<_> = near.iter().step_by(5).map(|test| format!("{{not: {test}}}")).collect();
            near.extend(nots);
            assert!(near.len() > 80 && far.len() > 20, "{record}: {} and {} filters", near.len(), far.len());
            let all: Vec<_> =
                near.iter().chain(&far).map(|test| format!("{list}(filter: {test}) {{ totalCount }}")).collect();
            self.ask_all(&all).await;
        }
        self.filters_of_several_types().await;
    }

    /// The filters of lists of several types: those of each type, and what combines them.
    async fn filters_of_several_types(&mut self) {
        let is_of_several = |list: &&Field| self.schema.is_abstract(self.schema.target(list));
        let at_root = self.schema.lists().filter(is_of_several).map(|list| (list, String::new()));
        let of_records = self.schema.records().iter().flat_map(|record| {
            let lists =
                self.schema.get(record).fields.iter().filter(|field| is_connection(field)).filter(is_of_several);
            lists.map(|list| (list, self.schema.list(record).name.clone()))
        });
        let mut fields = Vec::new();
        for (list, parents) in at_root.chain(of_records) {
            let mut ask = |filter: String| {
                let asked = format!("{}(filter: {filter}) {{ totalCount }}", list.name);
                let nested = format!("{parents}(first: 3) {{ nodes {{ {asked} }} }}");
                fields.push(if parents.is_empty() { asked } else { nested });
            };
            for ty in self.schema.targets(list) {
                let kind = lower_first(&ty);
                for test in self.own_tests(&ty, true) {
                    ask(format!("{{{kind}: {test}}}"));
                    ask(format!("{{not: {{{kind}: {test}}}}}"));
                }
                for hidden in self.some(&ty, true, 5) {
                    ask(format!("{{id: \"{}\"}}", hidden.id()));
                    ask(format!("{{or: [{{id: \"{}\"}}, {{{kind}: {{key: {{eq: \"none\"}}}}}}]}}", hidden.id()));
                }
            }
        }
        assert!(fields.len() > 400, "{} filters", fields.len());
        self.ask_all(&fields).await;
    }

    /// Filters of a type: of the record itself, or through `depth` relations.
    fn tests(&self, record: &str, depth: usize) -> Vec<String> {
        let mut tests = if depth < 2 { self.own_tests(record, depth == 0) } else { Vec::new() };
        if depth == 0 {
            return tests;
        }
        for input in self.schema.get(&format!("{record}Filter")).inputs.clone() {
            let (name, ty) = (input.name, input.ty.name);
            let Some(ty) = ty.strip_suffix("Filter").filter(|_| !matches!(name.as_str(), "and" | "or" | "not")) else {
                continue;
            };
            if self.schema.is_record(ty) {
                tests.extend(self.inner_tests(ty, depth).iter().map(|test| format!("{{{name}: {test}}}")));
            } else if let Some(target) = ty.strip_suffix("List") {
                for quantifier in if depth == 1 { &["some", "every", "none"][..] } else { &["some"] } {
                    tests.extend(
                        self.inner_tests(target, depth)
                            .iter()
                            .map(|test| format!("{{{name}: {{{quantifier}: {test}}}}}")),
                    );
                }
            } else if self.schema.is_composite_name(ty) && self.schema.is_abstract(ty) {
                for target in self.schema.members(ty) {
                    let kind = lower_first(&target);
                    if depth == 1 {
                        for hidden in self.some(&target, true, 2) {
                            tests.push(format!("{{{name}: {{id: \"{}\"}}}}", hidden.id()));
                            tests.push(format!("{{{name}: {{not: {{id: \"{}\"}}}}}}", hidden.id()));
                        }
                        tests.push(format!("{{{name}: {{or: [{{not: {{{kind}: {{}}}}}}, {{{kind}: {{}}}}]}}}}"));
                    }
                    tests.extend(
                        self.inner_tests(&target, depth).iter().map(|test| format!("{{{name}: {{{kind}: {test}}}}}")),
                    );
                }
            }
        }
        tests
    }

    /// Whether a type of filter is of other records, which `tests` goes through.
    fn leads_to_records(&self, filter: &str) -> bool {
        let of = filter.strip_suffix("Filter").unwrap_or(filter);
        let target = of.strip_suffix("List").unwrap_or(of);
        self.schema.is_record(target) || !self.schema.get(target).possible.is_empty()
    }

    fn inner_tests(&self, record: &str, depth: usize) -> Vec<String> {
        if depth == 1 {
            return self.own_tests(record, true);
        }
        // Two relations away: whether there is anything at all.
        let mut tests = Vec::new();
        for input in &self.schema.get(&format!("{record}Filter")).inputs {
            let (name, ty) = (&input.name, input.ty.name.trim_end_matches("Filter"));
            if self.schema.is_record(ty) && name != "not" && !input.ty.list {
                tests.push(format!("{{{name}: {{}}}}"));
            } else if ty.ends_with("List") {
                tests.push(format!("{{{name}: {{some: {{}}}}}}"));
            }
        }
        tests
    }

    /// Filters that hidden records of a type pass, or that they alone fail.
    pub(super) fn own_tests(&self, record: &str, any: bool) -> Vec<String> {
        let hidden = self.some(record, true, 40);
        let list =
            |of: &dyn Fn(&Record) -> String| Value::from(hidden.iter().map(|r| of(r)).collect::<Vec<_>>()).to_string();
        let mut tests = vec![
            format!("{{id: {{in: {}}}}}", list(&Record::id)),
            format!("{{key: {{in: {}}}}}", list(&|r: &Record| r.key.clone())),
            format!("{{key: {{eq: \"{}\"}}}}", hidden[0].key),
            "{visibility: {in: [PARTNER, INTERNAL]}}".to_owned(),
            "{visibility: {eq: PUBLIC}}".to_owned(),
        ];
        for input in &self.schema.get(&format!("{record}Filter")).inputs {
            let (name, ty) = (&input.name, input.ty.name.as_str());
            let test = match ty {
                "TextFilter" => format!("{{contains: \"{MARKER}\"}}"),
                "DateFilter" => {
                    let date = hidden[0].get(&header_of(&kind_of(record), name));
                    format!("{{possiblyWithin: \"{}\"}}", date.split('-').next().expect("a year"))
                }
                "PeriodFilter" => {
                    let period = coopgraph::domain::model().record_type(&kind_of(record)).period.expect("a period");
                    let date = hidden[0].get(period.start[0]);
                    format!("{{possiblyOverlaps: \"{}\"}}", date.split('-').next().expect("a year"))
                }
                "IdentifierFilter" => "{scheme: WIKIDATA, isNull: false}".to_owned(),
                "DateTimeFilter" => "{before: \"2100-01-01T00:00:00Z\"}".to_owned(),
                "StringFilter" => format!("{{eq: {}}}", Value::from(hidden[0].get(&kind_of(name)))),
                "IdFilter" => format!("{{eq: \"{}\"}}", hidden[0].id()),
                "IntFilter" | "FloatFilter" | "DecimalFilter" => "{gte: 0}".to_owned(),
                "BooleanFilter" => "{eq: true}".to_owned(),
                "AnyTextFilter" => format!("{{words: {}}}", Value::from(hidden[0].key.as_str())),
                "CoordinatesFilter" => "{within: {south: -90, west: -180, north: 90, east: 180}}".to_owned(),
                _ if self.leads_to_records(ty) => continue,
                _ => match ty.strip_suffix("Filter").map(|words| &self.schema.get(words).values) {
                    Some(words) if !words.is_empty() => format!("{{in: [{}]}}", words.join(", ")),
                    _ => panic!("{record}Filter.{name}: what would {ty} tell of a hidden record?"),
                },
            };
            tests.push(format!("{{{name}: {test}}}"));
        }
        tests.extend(any.then(|| "{}".to_owned()));
        tests
    }
}
