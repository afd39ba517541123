//! Planning one record of a mapping: what it names is found in the model and in its table.

use sea_orm::ActiveEnum;

use super::{
    mapping::{IfExists, IfNew, Mapping, OneOrMany, RecordMapping, Value},
    plan::{FieldPlan, KeyPlan, LookUp, RecordPlan, Source, ValuePlan, Way},
    table::{Table, choices},
};
use crate::{
    import_export::{HISTORY, headers_of, imported},
    model::{AttributeKind, Model, RecordType, identifier::IdentifierScheme, with_article},
};

/// Plans one record.
pub(super) struct Planner<'a> {
    pub(super) model: &'static Model,
    pub(super) mapping: &'a Mapping,
    pub(super) table: &'a Table,
    pub(super) all: &'a [(usize, &'a RecordMapping)],
    pub(super) position: usize,
    /// What is wrong.
    pub(super) found: Vec<String>,
}

impl Planner<'_> {
    pub(super) fn record(&mut self, label: &str, table: usize, mapping: &RecordMapping) -> Option<RecordPlan> {
        let kinds: Vec<&str> = self.model.types().map(|record| record.table).collect();
        let Some(kind) = self.model.get(&mapping.kind) else {
            let known = choices("the kinds are", &mapping.kind, &kinds);
            self.found.push(format!("there is no kind {}: {known}", mapping.kind));
            return None;
        };
        let twins = self.all.iter().filter(|(_, other)| mapping.name.is_some() && other.name == mapping.name);
        if twins.count() > 1 {
            self.found.push("another record is called the same: `as` must be unique".to_owned());
        }
        let text = |planner: &mut Self, value: &Value, of: &str| planner.value(value, of, None);
        let key = match (&mapping.key.column, &mapping.key.value, &mapping.key.slug.0[..]) {
            (Some(column), None, []) => self.column(column, "key").map(|at| KeyPlan::As(ValuePlan::column(at))),
            (None, Some(value), []) => Some(KeyPlan::As(ValuePlan::fixed(value))),
            (None, None, parts @ [_, ..]) => {
                let parts: Vec<_> = parts.iter().filter_map(|part| text(self, part, "key")).collect();
                Some(KeyPlan::Slug(parts))
            }
            _ => {
                self.found.push("key: write one of `column`, `value` and `slug`".to_owned());
                None
            }
        };
        let only_if = mapping.only_if.0.iter().filter_map(|column| self.column(column, "only-if")).collect();
        let for_each = mapping.for_each.as_ref().and_then(|each| {
            let column = self.column(&each.column, "for-each")?;
            Some((column, each.separator.0.clone()))
        });
        let of_kind = [kind.table];
        let matches = mapping.matches.0.iter().filter_map(|value| {
            if value.0.find.0.is_empty() {
                self.found
                    .push("match: say by what it is found: find = \"name\" or the scheme of an identifier".to_owned());
            }
            self.value(value, "match", Some(&of_kind))
        });
        let matches = matches.collect();
        let fields = self.fields(kind, mapping);
        let names = mapping.names.iter().map(|name| {
            let of_name = text(self, &name.name, "names: name");
            let language = text(self, &name.language, "names: language");
            [of_name, language, name.kind.as_ref().and_then(|kind| text(self, kind, "names: kind"))]
        });
        let names = names.collect();
        let identifiers = mapping.identifiers.iter().filter_map(|(name, value)| {
            let scheme = IdentifierScheme::try_from_value(name);
            if scheme.is_err() {
                self.found.push(format!("identifiers: there is no scheme {name}: {}", schemes()));
            }
            Some((scheme.ok()?, text(self, value, name)?))
        });
        let identifiers = identifiers.collect();
        let topics = mapping.topics.0.iter().filter_map(|topic| self.value(topic, "topics", Some(&["topic"])));
        let topics = topics.collect();
        let members = self.members(kind, mapping);
        let (keeps_existing, skips_new) = (mapping.if_exists == IfExists::Keep, mapping.if_new == IfNew::Skip);
        let id = mapping.id.as_ref().and_then(|id| text(self, id, "id"));
        let label = label.to_owned();
        let key = key?;
        Some(RecordPlan {
            table,
            kind,
            label,
            key,
            only_if,
            for_each,
            matches,
            members,
            keeps_existing,
            skips_new,
            id,
            fields,
            names,
            identifiers,
            topics,
        })
    }

    /// The field with the members by which a record is found, if it is.
    fn members(&mut self, kind: &'static RecordType, mapping: &RecordMapping) -> Option<String> {
        if !mapping.match_members {
            return None;
        }
        let found = kind.members().map(|(attribute, ..)| attribute.name.clone());
        let found = found.filter(|field| mapping.fields.contains_key(field));
        if found.is_none() {
            self.found.push("match-members: it is for partnerships, with the field members".to_owned());
        }
        found
    }

    fn fields(&mut self, kind: &'static RecordType, mapping: &RecordMapping) -> Vec<FieldPlan> {
        let attributes: Vec<_> = imported(kind).map(|attribute| (attribute, headers_of(attribute))).collect();
        let known: Vec<&str> = attributes.iter().flat_map(|(_, headers)| headers).map(String::as_str).collect();
        for field in mapping.fields.keys().filter(|field| !known.contains(&field.as_str())) {
            let message = match field.as_str() {
                "key" => "the key is made by `key` beside `fields`".to_owned(),
                field if HISTORY.contains(&field) => format!("a foreign file cannot say the {field} of a record"),
                field => format!(
                    "{} has no field {field}: {}",
                    with_article(kind.table),
                    choices("the fields are", field, &known)
                ),
            };
            self.found.push(format!("fields: {message}"));
        }
        for field in mapping.only_new.0.iter().filter(|field| !mapping.fields.contains_key(*field)) {
            self.found.push(format!("only-new: {field} is none of the `fields` of the record"));
        }
        let mut plans = Vec::new();
        for (attribute, headers) in &attributes {
            let said: Vec<_> = headers.iter().filter_map(|header| mapping.fields.get_key_value(header)).collect();
            let (targets, kind_header) = match &attribute.kind {
                AttributeKind::ToOne(to_one) => (vec![to_one.target], None),
                AttributeKind::Keys { target, .. } => (vec![*target], None),
                AttributeKind::ToAny(to_any) => (to_any.targets.clone(), headers.first().cloned()),
                AttributeKind::Name { .. } if said.len() == 1 => {
                    let missing = headers.iter().find(|header| *header != said[0].0).map_or("", |header| header);
                    self.found.push(format!(
                        "fields: {} needs {missing} beside it, such as {missing} = {{ value = \"en\" }}",
                        said[0].0
                    ));
                    continue;
                }
                _ => (Vec::new(), None),
            };
            let is_list = matches!(attribute.kind, AttributeKind::Keys { .. });
            for (header, values) in said {
                if Some(header) == kind_header.as_ref() {
                    self.found.push(format!("fields: {header} follows from the record that is found: write kinds = [\"official\"] or the like in it"));
                    continue;
                }
                if !is_list && values.0.len() != 1 {
                    self.found.push(format!("fields: {header}: write one value"));
                }
                let targets = Some(&targets[..]).filter(|targets| !targets.is_empty());
                let planned = values.0.iter().filter_map(|value| {
                    if !is_list && !value.0.optional && !value.0.separator.0.is_empty() {
                        self.found
                            .push(format!("fields: {header} has one value: use `for-each` for a record of each value"));
                    }
                    self.value(value, header, targets)
                });
                let is_only_new = mapping.only_new.0.contains(header);
                plans.push(FieldPlan {
                    is_only_new,
                    header: header.clone(),
                    kind_header: kind_header.clone(),
                    is_list,
                    values: planned.collect(),
                });
            }
        }
        plans
    }

    fn column(&mut self, name: &str, of: &str) -> Option<usize> {
        self.table
            .column(name)
            .map_err(|message| {
                let fixed = format!("; for the same value in all rows write {{ value = {name:?} }}");
                let is_value = !["key", "only-if", "for-each"].contains(&of);
                self.found.push(format!("{of}: {}: {message}{}", self.table.label, if is_value { &fixed } else { "" }));
            })
            .ok()
    }

    /// Plans a value. `targets` are the kinds of records that it can mean.
    fn value(&mut self, value: &Value, of: &str, targets: Option<&[&'static str]>) -> Option<ValuePlan> {
        let said = &value.0;
        let sources = [&said.column, &said.value, &said.text, &said.record];
        if sources.iter().filter(|source| source.is_some()).count() != 1 {
            self.found.push(format!("{of}: write one of `column`, `value`, `text` and `record`"));
            return None;
        }
        let source = if let Some(column) = &said.column {
            Source::Column(self.column(column, of)?)
        } else if let Some(value) = &said.value {
            Source::Fixed(value.clone())
        } else if let Some(text) = &said.text {
            Source::Text(self.template(text, of)?)
        } else {
            self.record_source(said.record.as_deref().unwrap_or_default(), of, targets)?
        };
        let look_up = self.look_up(value, of, targets);
        let unknown = self.mapping.unknown.iter().chain(&said.unknown.0).cloned().collect();
        let separators = said.separator.0.clone();
        Some(ValuePlan {
            source,
            unknown,
            separators,
            words: said.words.clone(),
            date: said.date,
            number: said.number,
            look_up,
        })
    }

    fn template(&mut self, text: &str, of: &str) -> Option<Vec<(String, Option<usize>)>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((column, after)) = after.split_once('}') else {
                self.found.push(format!("{of}: a brace stays open in {text:?}"));
                return None;
            };
            pieces.push((before.to_owned(), Some(self.column(column, of)?)));
            rest = after;
        }
        pieces.push((rest.to_owned(), None));
        Some(pieces)
    }

    fn record_source(&mut self, name: &str, of: &str, targets: Option<&[&'static str]>) -> Option<Source> {
        let table = self.all[self.position].0;
        let named = |(_, (of_table, record)): &(usize, &(usize, &RecordMapping))| {
            *of_table == table && record.name.as_deref() == Some(name)
        };
        let Some((found, (_, record))) = self.all.iter().enumerate().find(named) else {
            let names: Vec<_> =
                self.all.iter().filter(|(of, _)| *of == table).filter_map(|(_, of)| of.name.as_deref()).collect();
            self.found.push(format!(
                "{of}: no record of the table is called {name}: {}",
                choices("`as` names", name, &names)
            ));
            return None;
        };
        if let Some(targets) = targets
            && !targets.contains(&record.kind.as_str())
        {
            let right = targets.iter().map(|table| with_article(table)).collect::<Vec<_>>().join(" or ");
            self.found.push(format!("{of}: {name} is {}, but {right} is needed", with_article(&record.kind)));
        }
        Some(Source::Record(found))
    }

    fn look_up(&mut self, value: &Value, of: &str, targets: Option<&[&'static str]>) -> Option<LookUp> {
        let said = &value.0;
        let OneOrMany(ways) = &said.find;
        if ways.is_empty() {
            if said.country.is_some() || said.of_kind.is_some() || !said.kinds.0.is_empty() && said.record.is_some() {
                self.found.push(format!("{of}: `country`, `of-kind` and `kinds` belong to `find`"));
            }
            // The key of a record of one of several kinds is looked for, too, to know its kind.
            if targets.is_none_or(|targets| targets.len() < 2) || said.record.is_some() {
                return None;
            }
        }
        let all: Vec<&'static str> = self.model.types().map(|record| record.table).collect();
        let targets = match targets {
            _ if said.record.is_some() => None,
            None if of == "key" && !said.kinds.0.is_empty() => Some(&all[..]),
            targets => targets,
        };
        let Some(targets) = targets else {
            let right =
                if of == "key" { "say also among which `kinds`" } else { "it is for fields that refer to records" };
            self.found.push(format!("{of}: `find`: {right}"));
            return None;
        };
        let known = ways.iter().filter_map(|name| match name.as_str() {
            "key" => Some(Way::Key),
            "name" => Some(Way::Name),
            "id" => Some(Way::Id),
            scheme => IdentifierScheme::try_from_value(&scheme.to_owned())
                .map(Way::Identifier)
                .map_err(|_| {
                    self.found.push(format!(
                        "{of}: nothing is found by {scheme}: write key, name, id or a scheme: {}",
                        schemes()
                    ));
                })
                .ok(),
        });
        let mut known: Vec<Way> = known.collect();
        if ways.is_empty() {
            known.push(Way::Key);
        }
        let mut kinds = targets.to_vec();
        for kind in &said.kinds.0 {
            if !targets.contains(&kind.as_str()) {
                self.found.push(format!(
                    "{of}: it cannot be {}: {}",
                    with_article(kind),
                    choices("the kinds are", kind, targets)
                ));
            }
        }
        if !said.kinds.0.is_empty() {
            kinds.retain(|kind| said.kinds.0.iter().any(|of| of == kind));
        }
        let country = said.country.as_ref().and_then(|country| {
            let of = format!("{of}: country");
            let mut plan = self.value(country, &of, Some(&["country"]))?;
            if plan.look_up.is_none() && matches!(plan.source, Source::Column(_)) {
                plan.look_up = Some(LookUp {
                    ways: vec![Way::Key, Way::Name],
                    kinds: vec!["country"],
                    country: None,
                    of_kind: None,
                    is_optional: false,
                });
            }
            Some(Box::new(plan))
        });
        Some(LookUp { ways: known, kinds, country, of_kind: said.of_kind.clone(), is_optional: said.optional })
    }
}

fn schemes() -> String {
    use sea_orm::Iterable;
    let schemes: Vec<String> = IdentifierScheme::iter().map(|scheme| scheme.to_value()).collect();
    format!("the schemes are {}", schemes.join(", "))
}
