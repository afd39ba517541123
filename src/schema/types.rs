//! The types of the schema other than objects: interfaces, unions, inputs, enums and scalars.

use async_graphql::{InputType, OutputType};
use indexmap::{IndexMap, IndexSet};

use super::{catalog::Catalog, network, object::better_name, root::IdentifierInput, search};
use crate::{
    async_graphql_internals::{
        Deprecation, EnumBuilder, InputObjectBuilder, MetaEnumValue, MetaField, MetaInputValue, MetaType,
        ObjectBuilder, Registry,
    },
    db::Moment,
    edtf::Precision,
    model::{
        Attribute, AttributeKind, Group, IfMissing, Model, Order, Period, RecordType, Scalar, Vocabulary, camel_case,
        identifier::IdentifierScheme, name::NameKind, uncapitalized, with_article, words,
    },
    query::{
        filter::{
            ANY_NAME, ANY_TEXT, COORDINATES, DURING, IDENTIFIER, IS_DISPUTED, Operand, OperatorInput, QUALITY_ISSUE,
            any_text_input, boolean_input, coordinates_inputs, decimal_input, identifier_input, issue_input,
            period_input,
        },
        order::TIMELINE_ORDERS,
        page::TIMELINE_ENTRY,
    },
};

/// Adds the types of a catalog to async-graphql's registry.
pub(super) fn register(catalog: &'static Catalog, registry: &mut Registry) {
    if registry.types.contains_key("Node") {
        return;
    }
    let model = catalog.model();
    scalars(registry);
    <Moment as OutputType>::create_type_info(registry);
    <Precision as OutputType>::create_type_info(registry);
    <IdentifierScheme as OutputType>::create_type_info(registry);
    <NameKind as OutputType>::create_type_info(registry);
    interfaces(catalog, registry);
    search::register(registry, model);
    catalog.groups().for_each(|groups| groups.register(registry));
    network::register(catalog, registry);
    for object in catalog.objects() {
        object.register(registry);
    }
    for union in model.groups().iter().filter(|group| group.is_union) {
        let members = union.members.iter().map(|table| model.record_type(table).name.to_owned()).collect();
        registry.types.insert(union.name.to_owned(), union_type(union.name, union.description, members));
    }
    <IdentifierInput as InputType>::create_type_info(registry);
    for record in model.types() {
        look_up(registry, record);
        filters(registry, model, record);
        order(registry, record.name, &words(record.plural), record.orders.iter());
    }
    if let Some(vocabulary) = model.timeline() {
        timeline(registry, vocabulary);
    }
    for group in model.listed_groups() {
        group_filter(registry, model, group);
        let first = model.record_type(group.members[0]);
        let is_shared = |order: &&Order| group.orders.contains(&order.name.as_str());
        order(registry, group.name, &words(group.plural), first.orders.iter().filter(is_shared));
    }
}

/// An object type.
pub(super) fn object(name: &str, fields: IndexMap<String, MetaField>) -> MetaType {
    ObjectBuilder::new(name, fields).build()
}

/// A field of an input type.
pub(super) fn field(name: &str, ty: impl Into<String>, description: impl Into<String>) -> (String, MetaInputValue) {
    let mut meta = MetaInputValue::new(name, ty.into());
    meta.description = Some(description.into());
    (name.to_owned(), meta)
}

/// An input type.
pub(super) fn input(
    registry: &mut Registry,
    name: &str,
    description: impl Into<String>,
    one_of: bool,
    fields: impl IntoIterator<Item = (String, MetaInputValue)>,
) {
    if !registry.types.contains_key(name) {
        let builder = InputObjectBuilder::new(name, fields.into_iter().collect());
        registry.types.insert(name.to_owned(), builder.description(Some(description.into())).oneof(one_of).build());
    }
}

/// An input type of which exactly one field must be given: their names, types and descriptions.
pub(super) fn one_of(
    registry: &mut Registry,
    name: &str,
    description: String,
    fields: impl Iterator<Item = (String, String, String)>,
) {
    let fields: Vec<_> = fields.map(|(name, ty, about)| field(&name, ty, about)).collect();
    input(registry, name, description, true, fields);
}

fn scalars(registry: &mut Registry) {
    for (name, description, specified_by) in [
        (
            "ID",
            "A global ID (a TypeID): the type and a UUID in base 32, such as `city_01jx5p7zk3e9tb5h4yq6v8m2nd`.",
            None,
        ),
        (
            "Day",
            "A day in the proleptic Gregorian calendar, in the format of ISO 8601, such as `2019-09-24`.",
            Some("https://scalars.graphql.org/andimarek/local-date"),
        ),
        ("Decimal", "An exact decimal number as a string, such as `\"6400000000\"` or `\"0.35\"`.", None),
    ] {
        let scalar = MetaType::Scalar {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            is_valid: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: specified_by.map(str::to_owned),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        };
        registry.types.insert(name.to_owned(), scalar);
    }
}

fn interfaces(catalog: &'static Catalog, registry: &mut Registry) {
    let records: IndexSet<String> = catalog.model().types().map(|record| record.name.to_owned()).collect();
    let objects: Vec<_> = catalog.model().types().filter_map(|record| catalog.object(record.name)).collect();
    let mut shared = objects.first().map(|object| object.meta_fields()).unwrap_or_default();
    shared.retain(|field, _| objects.iter().all(|object| object.field(field).is_some()));
    let id = shared.get_key_value("id").map(|(name, meta)| (name.clone(), meta.clone())).into_iter().collect();
    let record = Group::RECORD;
    let about = catalog.model().group(record).map_or("", |group| group.description);
    let node = "A record with a global ID, as in Relay's global object identification.";
    for (name, description, fields) in [("Node", node, id), (record, about, shared)] {
        let interface = MetaType::Interface {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            fields,
            possible_types: records.clone(),
            extends: false,
            keys: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        };
        registry.types.insert(name.to_owned(), interface);
    }
    registry.add_implements(record, "Node");
}

fn union_type(name: &str, description: &str, possible_types: IndexSet<String>) -> MetaType {
    MetaType::Union {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        possible_types,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
    }
}

/// The input type of a look-up.
fn look_up(registry: &mut Registry, record: &RecordType) {
    let about = format!("The values that identify {}: exactly one of them must be given.", with_article(record.name));
    input(
        registry,
        &format!("{}By", record.name),
        about,
        true,
        [
            field("id", "ID", "The global ID."),
            field("key", "String", "The key."),
            field("identifier", "IdentifierInput", "An identifier of the record in an external system."),
        ],
    );
}

/// The input types of the filters of a record type.
fn filters(registry: &mut Registry, model: &Model, record: &RecordType) {
    let name = format!("{}Filter", record.name);
    let mut fields = combinators(&name);
    for attribute in record.attributes.iter().filter(|attribute| attribute.is_filterable) {
        let (ty, about) = match &attribute.kind {
            AttributeKind::ToOne(to_one) => {
                let target = model.record_type(to_one.target);
                (format!("{}Filter", target.name), by_record(attribute))
            }
            AttributeKind::ToAny(to_any) => {
                if let Some(group) = model.group(to_any.group) {
                    group_filter(registry, model, group);
                }
                (format!("{}Filter", to_any.group), by_record(attribute))
            }
            AttributeKind::ToMany(to_many) => {
                let target = model.record_type(to_many.target);
                if let Some(field) = to_many.roles {
                    (field.vocabulary.register)(registry);
                }
                list_filter(registry, target);
                (format!("{}ListFilter", target.name), format!("Filters by the list `{}`.", attribute.name))
            }
            kind => {
                let Some(operand) = Operand::of(record, kind) else { continue };
                if let AttributeKind::Scalar(_, Scalar::Word(vocabulary)) = kind {
                    (vocabulary.register)(registry);
                }
                let operators = operators(registry, operand.input());
                let about = match kind {
                    AttributeKind::Id => "Filters by the global ID.".to_owned(),
                    AttributeKind::Name { .. } => "Filters by the main name, whatever its spelling.".to_owned(),
                    AttributeKind::Decimal(_) => "Filters by the numeric value.".to_owned(),
                    _ => format!("Filters by {}", uncapitalized(&without_null(attribute.description))),
                };
                (operators, about)
            }
        };
        fields.push(field(&attribute.name, ty.clone(), about.clone()));
        if let Some(former) = &attribute.former {
            let (name, mut meta) = field(former, ty, about);
            meta.deprecation = Deprecation::Deprecated { reason: Some(better_name(&attribute.name)) };
            fields.push((name, meta));
        }
        if let AttributeKind::Name { .. } = attribute.kind {
            let about = "Filters by any of the names: the main name or one of `names`.";
            fields.push(field(ANY_NAME, "TextFilter", about));
        }
    }
    if record.coordinates.is_some() {
        let inputs: Vec<_> = coordinates_inputs(model).into_iter().map(|inputs| operators(registry, inputs)).collect();
        let about = "Filters by the place where it is.";
        fields.extend(inputs.into_iter().last().map(|filter| field(COORDINATES, filter, about)));
    }
    operators(registry, decimal_input());
    let about = "Filters by words in any of its texts, such as names, titles, notes and the key.";
    fields.push(field(ANY_TEXT, operators(registry, any_text_input()), about));
    let about = "Filters by an identifier in an external system.";
    fields.push(field(IDENTIFIER, operators(registry, identifier_input()), about));
    if model.claims.is_some() {
        let about = "Filters by whether a source contradicts what is recorded.";
        fields.push(field(IS_DISPUTED, operators(registry, boolean_input()), about));
    }
    if let Some(issues) = model.issues() {
        (issues.register)(registry);
        let about = "Filters by what is doubtful about the record.";
        fields.push(field(QUALITY_ISSUE, operators(registry, issue_input(issues)), about));
    }
    if let Some(period) = &record.period {
        fields.push(field(DURING, operators(registry, period_input()), by_period(record, period)));
    }
    input(registry, &name, about_filter(record.plural), false, fields);
}

/// The input type of a kind of conditions; its name.
fn operators(registry: &mut Registry, operators: OperatorInput) -> String {
    let fields = operators.fields.into_iter().map(|(name, ty, about)| field(name, ty, about));
    input(registry, &operators.name, operators.description, false, fields.collect::<Vec<_>>());
    operators.name.into_owned()
}

/// The description of a condition on a period.
fn by_period(record: &RecordType, period: &Period) -> String {
    let name_of = |column: &str| {
        let is_of = |attribute: &&Attribute| attribute.columns().iter().any(|of| of.name == column);
        record.attributes.iter().find(is_of).map_or_else(|| camel_case(column), |attribute| attribute.name.clone())
    };
    let [start, end] = [period.start, period.end].map(|[column, ..]| name_of(column));
    let if_missing = match period.if_missing {
        IfMissing::OneDay => "if only one of them is known, it is that day".to_owned(),
        IfMissing::Open => format!(
            "if `{end}` is unknown, it can have gone on for any time, and if `{start}` is unknown, it can have started at \
             any time"
        ),
    };
    let includes = period.includes.map(|[column, ..]| format!(" It goes on at `{}`.", camel_case(column)));
    format!("Filters by the period from `{start}` to `{end}`: {if_missing}.{}", includes.unwrap_or_default())
}

/// The description of a condition on the record of a reference.
fn by_record(attribute: &Attribute) -> String {
    format!("Filters by the record in `{}`. With an empty filter: there is one.", attribute.name)
}

/// A description without what it says of `null`.
fn without_null(description: &str) -> String {
    description.split_once("; `null`").map_or_else(|| description.to_owned(), |(about, _)| format!("{about}."))
}

/// The input type of filters on related records.
fn list_filter(registry: &mut Registry, target: &RecordType) {
    let filter = format!("{}Filter", target.name);
    let about = format!("A filter by {}. All conditions that are given must match.", words(target.plural));
    input(
        registry,
        &format!("{}ListFilter", target.name),
        about,
        false,
        [
            field("some", filter.clone(), "At least one of them matches. With an empty filter: there is at least one."),
            field("every", filter.clone(), "All of them match, or there are none."),
            field("none", filter, "None of them matches. With an empty filter: there are none."),
        ],
    );
}

/// The description of a filter.
fn about_filter(plural: &str) -> String {
    format!(
        "A filter for {}. All conditions that are given must match. A condition whose variable is not given is left out, \
         with everything around it that says nothing else.",
        words(plural)
    )
}

/// The fields that combine filters of a type.
fn combinators(name: &str) -> Vec<(String, MetaInputValue)> {
    vec![
        field("and", format!("[{name}!]"), "All of these filters match."),
        field("or", format!("[{name}!]"), "At least one of these filters matches."),
        field("not", name, "This filter does not match."),
    ]
}

/// The input type of filters on records of several types.
fn group_filter(registry: &mut Registry, model: &Model, group: &Group) {
    let name = format!("{}Filter", group.name);
    let of_type = group.members.iter().map(|table| {
        let target = model.record_type(table);
        let about = format!("It is {} that matches this filter.", with_article(target.name));
        field(&camel_case(table), format!("{}Filter", target.name), about)
    });
    let mut fields = combinators(&name);
    fields.push(field("id", "ID", "It has this global ID."));
    fields.extend(of_type);
    input(registry, &name, about_filter(group.plural), false, fields);
}

/// The types of the arguments of timelines.
fn timeline(registry: &mut Registry, vocabulary: &Vocabulary) {
    (vocabulary.register)(registry);
    let [ascending, descending] = TIMELINE_ORDERS;
    let orders = [
        EnumValue::new(ascending, "By the earliest day that the date can stand for, ascending."),
        EnumValue::new(descending, "By the latest day that the date can stand for, descending."),
    ];
    let about =
        "The orders for a timeline. Ties are broken by the time of creation of the record, then by what happened.";
    enumeration(registry, format!("{TIMELINE_ENTRY}Order"), about.to_owned(), orders.into_iter());
}

/// The enum of the orders of a list.
fn order<'a>(registry: &mut Registry, ty: &str, plural: &str, orders: impl Iterator<Item = &'a Order>) {
    let about =
        format!("The orders for a list of {plural}. Ties are broken by `thenBy`, and then by the time of creation.");
    let values =
        orders.flat_map(|order| EnumValue::with_former(&order.name, order.former.as_deref(), &order.description));
    enumeration(registry, format!("{ty}Order"), about, values);
}

/// A value of an enum.
pub(super) struct EnumValue {
    name: String,
    description: String,
    /// The better name, if it is the former one of another value.
    better: Option<String>,
}

impl EnumValue {
    /// A value.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self { name: name.into(), description: description.into(), better: None }
    }

    /// A value, and behind it that of the name that it had before.
    pub fn with_former(name: &str, former: Option<&str>, description: &str) -> Vec<Self> {
        let former = former.map(|former| Self { better: Some(name.to_owned()), ..Self::new(former, description) });
        [Self::new(name, description)].into_iter().chain(former).collect()
    }
}

/// An enum with its values and their descriptions.
pub(super) fn enumeration(
    registry: &mut Registry,
    name: String,
    description: String,
    values: impl Iterator<Item = EnumValue>,
) {
    let value = |EnumValue { name, description, better }: EnumValue| {
        let mut value = MetaEnumValue::new(name.clone());
        value.description = Some(description);
        if let Some(better) = better {
            value.deprecation = Deprecation::Deprecated { reason: Some(better_name(&better)) };
        }
        (name, value)
    };
    let values = values.map(value).collect();
    registry.types.insert(name.clone(), EnumBuilder::new(name, values).description(Some(description)).build());
}
