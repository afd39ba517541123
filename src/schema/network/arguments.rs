//! The arguments of networks: what joins records, and which record is meant.

use async_graphql::{Enum, ID, InputType, OutputType, Value};
use uuid::Uuid;

use super::{NetworkTypes, Place};
use crate::{
    async_graphql_internals::Registry,
    edtf::Date,
    error::{Code, Error, Result},
    model::{RecordType, camel_case, with_article, words},
    query::{
        filter::global_id,
        keys::Shape,
        network::{AsOf, Selection},
        projection::ProjectionBuilder,
    },
    quoted::Quoted,
    schema::{
        catalog::Catalog,
        execute::Call,
        leaf::enum_name,
        object::Argument,
        root::{By, find},
        types::one_of,
    },
};

/// How sure it must be that something held at a date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub(super) enum Certainty {
    /// It can have held: nothing that is known rules it out.
    #[default]
    Possible,
    /// It held, whichever days its dates stand for.
    Certain,
}

/// Registers the types of the arguments.
pub(in crate::schema) fn register(catalog: &Catalog, registry: &mut Registry) {
    for types in catalog.networks() {
        <Certainty as OutputType>::create_type_info(registry);
        let types_of_nodes = types.nodes.types();
        if types_of_nodes.len() > 1 {
            let field = |record: &&'static RecordType| {
                (camel_case(record.table), format!("{}By", record.name), format!("The {}.", words(record.name)))
            };
            let about =
                format!("The values that identify {}: exactly one must be given.", with_article(types.nodes.name()));
            one_of(registry, &types.by(), about, types_of_nodes.iter().map(field));
        }
    }
}

impl NetworkTypes {
    /// The input type that identifies a record of the network.
    pub(super) fn by(&self) -> String {
        format!("{}By", self.nodes.name())
    }

    /// The arguments that say what joins records.
    pub(super) fn selection_arguments(&self) -> Vec<Argument> {
        let (joints, vocabulary) = (words(self.network.joints.list), self.network.vocabulary(self.model));
        let list = |values: &[&str]| {
            let names = values.iter().filter_map(|value| vocabulary.by_value(value));
            names.map(|word| format!("`{}`", word.name)).collect::<Vec<_>>().join(", ")
        };
        let statuses = &self.network.statuses;
        let past = if statuses.past.is_empty() {
            String::new()
        } else {
            format!(", and with `asOf` also {}", list(statuses.past))
        };
        let ended = if statuses.past.is_empty() { "" } else { ", and had not ended," };
        let is_always_known = !self.model.record_type(self.network.joints.tables[0]).column("status").nullable;
        let unknown = if is_always_known { "" } else { "; those of which no status is known count, too" };
        let mut arguments = vec![
            Argument::new(
                "asOf",
                "String",
                format!(
                    "A date in EDTF, such as `2010` or `1998-09-24`: only {joints} that had begun by then{ended} count. By \
                     default, their dates do not matter, but their status does."
                ),
            ),
            Argument::new(
                "certainty",
                "Certainty",
                format!(
                    "Whether {joints} count of which that can be so at `asOf`, or only those of which it is certain. The default \
                     is `POSSIBLE`: so those of unknown dates count."
                ),
            ),
            Argument::new(
                "statuses",
                format!("[{}!]", vocabulary.name),
                format!(
                    "The statuses of the {joints} that count. The default is {}{past}{unknown}.",
                    list(statuses.counted)
                ),
            ),
        ];
        if let Some(parts) = &self.network.parts {
            let about = format!(
                "Whether {} and the {} that they are part of are counted as one. The default is `false`.",
                parts.words,
                words(self.network.nodes.list)
            );
            arguments.push(Argument::new("withParts", "Boolean", about));
        }
        arguments
    }

    /// What joins records, as a client says it.
    pub(super) fn selection(&self, call: Call<'_>) -> Result<Selection> {
        let statuses = &self.network.statuses;
        let as_of: Option<String> = call.argument("asOf")?;
        let certainty: Option<Certainty> = call.argument("certainty")?;
        let as_of = as_of.map(|text| as_of_date(&text, certainty.unwrap_or_default())).transpose()?;
        if as_of.is_none() && certainty == Some(Certainty::Certain) {
            let message = format!(
                "`certainty` is {} without `asOf`: give the date at which it must be certain",
                enum_name(Certainty::Certain)
            );
            return Err(Error::input(Code::InvalidArgument, message));
        }
        let named = call.arguments().find(|(name, value)| *name == "statuses" && *value != Value::Null);
        let named = named.map(|(_, value)| match value {
            Value::List(names) => names.iter().map(name).collect(),
            one => vec![name(&one)],
        });
        let past = if as_of.is_some() { statuses.past } else { &[] };
        let vocabulary = self.network.vocabulary(self.model);
        let counts = vocabulary.words.iter().map(|word| match &named {
            Some(named) => named.iter().any(|name| name == word.name),
            None => statuses.counted.iter().chain(past).any(|value| *value == word.value),
        });
        Ok(Selection {
            statuses: counts.collect(),
            has_unknown_status: named.is_none(),
            as_of,
            is_merged: call.argument::<Option<bool>>("withParts")?.unwrap_or(false),
        })
    }

    /// The argument that says which other record is meant.
    pub(super) fn other_argument(&self, name: &'static str) -> Argument {
        let about = format!("The other {}: its ID, key or external identifier.", words(self.nodes.name()));
        Argument::new(name, format!("{}!", self.by()), about)
    }

    /// The record that an argument says, as it is in the network of each place.
    pub(super) async fn other<'p>(
        &self,
        call: Call<'_>,
        argument: &str,
        places: impl Iterator<Item = &'p Place>,
    ) -> Result<Vec<u32>> {
        let id = self.other_id(call, argument).await?;
        let found: Option<Vec<_>> = places.map(|place| place.view.find(id?)).collect();
        found.ok_or_else(|| {
            let message = format!(
                "`{argument}`: there is no {} with this ID, key or identifier",
                self.nodes.types().iter().map(|record| words(record.name)).collect::<Vec<_>>().join(" or ")
            );
            Error::input(Code::InvalidArgument, message)
        })
    }

    async fn other_id(&self, call: Call<'_>, argument: &str) -> Result<Option<Uuid>> {
        let types = self.nodes.types();
        let value = call.arguments().find(|(name, _)| *name == argument).map(|(_, value)| value);
        let (record, value) = match (&*types, value) {
            ([record], value) => (*record, value),
            (several, Some(Value::Object(fields))) => {
                let of = |record: &&&'static RecordType| fields.contains_key(camel_case(record.table).as_str());
                // Validation has made sure that there is exactly one.
                let record = several.iter().find(of).copied().unwrap_or(several[0]);
                (record, fields.get(camel_case(record.table).as_str()).cloned())
            }
            (several, value) => (several[0], value),
        };
        let by = By::parse(value).map_err(|error| {
            let message = error.into_server_error(async_graphql::Pos::default()).message;
            Error::input(Code::InvalidArgument, message)
        })?;
        if let By::Id(ID(id)) = &by {
            return global_id(id, &[record.table]).map(|(_, id)| Some(id));
        }
        let of = Shape::new(ProjectionBuilder::new(record).build());
        Ok(find(call, record, by, of).await?.map(|row| row.id))
    }
}

/// A number of items that a client asks for, within bounds.
pub(super) fn within(name: &str, number: Option<i32>, default: u32, (least, most): (u32, u32)) -> Result<u32> {
    let Some(number) = number else { return Ok(default) };
    let found = u32::try_from(number).ok().filter(|number| (least..=most).contains(number));
    found
        .ok_or_else(|| Error::input(Code::InvalidArgument, format!("`{name}` is {number}: expected {least} to {most}")))
}

fn as_of_date(text: &str, certainty: Certainty) -> Result<AsOf> {
    let date = Date::parse(text)?;
    if date.ranges.len() > 1 {
        let message = format!("`asOf` is {}, which lists several dates: name one date", Quoted(text));
        return Err(Error::input(Code::InvalidDate, message));
    }
    Ok(AsOf { days: (date.earliest, date.latest), is_certain: certainty == Certainty::Certain })
}

/// The name of a value of an enum.
fn name(value: &Value) -> String {
    match value {
        Value::Enum(name) => name.to_string(),
        Value::String(name) => name.clone(),
        _ => String::new(),
    }
}
