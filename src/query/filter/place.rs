//! Conditions on where records are, and the distance from a place.

use async_graphql::Value;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{
    ExprTrait,
    sea_query::{Expr, Query, SelectStatement},
};

use super::{
    FilterScope, Misplaced, OperatorInput, Read, Reader, all, each, global_id,
    identifier::{identified_by, scheme},
    is_visible, non_empty, null,
    number::is_null,
    operator::{id_text, text},
    unknown,
};
use crate::{
    error::{Code, Error, Result},
    model::{
        Column, Coordinates, Model, RecordType, camel_case,
        coordinates::{MAX_DISTANCE, degrees, point, versine},
        words,
    },
    query::statement::column,
};

/// The name of the condition on coordinates.
pub const COORDINATES: &str = "coordinates";
/// The name of the condition on the distance from a place, and of the argument that orders a list by it.
pub const NEAR: &str = "near";
/// The name of the condition that a place lies in an area.
pub const AREA: &str = "within";
/// The field with the distance.
const KILOMETERS: &str = "kilometers";
/// The alias of the record that distances are measured from.
const ORIGIN: &str = "origin";
/// What a versine may be off by: about 30 cm at no distance, and less the farther away.
const ROUNDING: f64 = 1e-15;
/// What a latitude may be off by, in degrees: about a metre.
const LATITUDE_ROUNDING: f64 = 1e-5;

/// A place that distances are measured from, and how far away from it records may be.
pub struct Near {
    /// What tells it apart from other places, of the alphabet of base64 for addresses.
    pub(in crate::query) place: String,
    latitude: Latitude,
    point: [Expr; 3],
    kilometers: Option<f64>,
    /// The columns of the records that are compared.
    of: &'static Coordinates,
}

enum Latitude {
    Known(f64),
    /// That of a record.
    Of(Expr),
}

/// The input types of conditions on coordinates, each before those that refer to it.
#[must_use]
pub fn coordinates_inputs(model: &Model) -> Vec<OperatorInput> {
    let mut near: Vec<_> = (model.types().filter(|record| record.coordinates.is_some()))
        .map(|record| (camel_case(record.table), format!("{}By", record.name)))
        .map(|(name, by)| (&*name.leak(), by, "The place of this record. If there is none, nothing is near it."))
        .collect();
    near.extend([
        ("latitude", "Float".to_owned(), "The latitude of the place in degrees (WGS 84), positive in the north."),
        ("longitude", "Float".to_owned(), "The longitude of the place in degrees (WGS 84), positive in the east."),
        (KILOMETERS, "Float".to_owned(), "The largest distance, in kilometres along the great circle."),
    ]);
    let side = |name, about| (name, "Float!".to_owned(), about);
    vec![
        OperatorInput {
            name: "NearInput".into(),
            description:
                "A place, which is a record or a `latitude` with a `longitude`, and a distance from it. Without \
                          a place, it says nothing."
                    .to_owned(),
            fields: near,
        },
        OperatorInput {
            name: "AreaInput".into(),
            description:
                "An area between two parallels and two meridians, in degrees (WGS 84). It crosses the 180th meridian \
                          if `west` is greater than `east`."
                    .to_owned(),
            fields: vec![
                side("south", "The smallest latitude, from -90."),
                side("west", "The longitude in the west, from -180 to 180."),
                side("north", "The greatest latitude, to 90."),
                side("east", "The longitude in the east, from -180 to 180."),
            ],
        },
        OperatorInput {
            name: "CoordinatesFilter".into(),
            description: "A filter by the place where something is.".to_owned(),
            fields: vec![
                (NEAR, "NearInput".to_owned(), "Is at most `kilometers` away from this place."),
                (AREA, "AreaInput".to_owned(), "Lies in this area, or on its border."),
                ("isNull", "Boolean".to_owned(), "If `true`, the coordinates are unknown; if `false`, they are known."),
            ],
        },
    ]
}

fn invalid(message: impl Into<String>) -> Error {
    Error::input(Code::InvalidArgument, message)
}

/// A number from `least` to `most`.
fn number(name: &str, value: &Value, least: f64, most: f64) -> Result<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    let found = number.filter(|number| (least..=most).contains(number));
    found.ok_or_else(|| invalid(format!("`{name}` is {value}: expected a number from {least} to {}", most.floor())))
}

impl Near {
    /// Reads a place for records of a type; `None` if it does not say which.
    pub fn read(scope: FilterScope, record: &'static RecordType, value: &Value) -> Result<Option<Self>> {
        let Some(of) = &record.coordinates else { return Err(unknown(NEAR)) };
        let Value::Object(fields) = value else { return Err(invalid(format!("{value} is not a place"))) };
        let (mut latitude, mut longitude, mut kilometers, mut origin) = (None, None, None, None);
        for (name, value) in fields {
            match name.as_str() {
                _ if *value == Value::Null => return Err(null(name)),
                "latitude" => latitude = Some(number(name, value, -90.0, 90.0)?),
                "longitude" => longitude = Some(number(name, value, -180.0, 180.0)?),
                KILOMETERS => kilometers = Some(number(name, value, 0.0, MAX_DISTANCE)?),
                name => {
                    let place = scope.model.types().find(|record| camel_case(record.table) == name);
                    let place = place.ok_or_else(|| unknown(name))?;
                    if origin.replace((place, only(place, value)?)).is_some() {
                        return Err(invalid("`near` names two records: name one of them"));
                    }
                }
            }
        }
        let (latitude, point) = match (latitude, longitude, origin) {
            (None, None, None) => return Ok(None),
            (Some(latitude), Some(longitude), None) => {
                (Latitude::Known(latitude), point(latitude, longitude).map(Expr::val))
            }
            (None, None, Some((place, is_origin))) => {
                let of = place.coordinates.as_ref().ok_or_else(|| unknown(place.name))?;
                let of_origin = |name: &'static str| {
                    let mut value = Query::select();
                    value.expr(column(ORIGIN, name)).from_as(place.table, ORIGIN);
                    value.and_where(is_visible(ORIGIN, scope.rank)).and_where(is_origin.clone());
                    Expr::SubQuery(None, Box::new(value.into()))
                };
                (Latitude::Of(of_origin(of.latitude.name)), of.point.map(|column| of_origin(column.name)))
            }
            (_, _, Some(_)) => return Err(invalid("`near` has a record and degrees: give one of them")),
            _ => return Err(invalid("`near` has one of `latitude` and `longitude`: give both")),
        };
        let place = fields.iter().filter(|(name, _)| *name != KILOMETERS);
        let mut place: Vec<String> = place.map(|(name, value)| format!("{name}: {value}")).collect();
        place.sort_unstable();
        let place = URL_SAFE_NO_PAD.encode(place.join(", "));
        Ok(Some(Self { place, latitude, point, kilometers, of }))
    }

    /// The versine of the angle between the place and the record of an alias, by which distances are compared.
    pub(in crate::query) fn versine(&self, alias: &'static str) -> Expr {
        versine_of(self.of.point.map(|of| column(alias, of.name)), self.point.clone())
    }

    /// What the distance is computed from.
    pub(in crate::query) fn columns(&self) -> impl Iterator<Item = Column> + use<> {
        self.of.point.iter().copied()
    }

    /// Whether the record of an alias has coordinates, and is near enough.
    pub(in crate::query) fn is_near(&self, alias: &'static str) -> Expr {
        let Some(kilometers) = self.kilometers else { return self.versine(alias).is_not_null() };
        let is_near = self.versine(alias).lte(versine(kilometers) + ROUNDING);
        // An index finds the latitudes.
        let (latitude, degrees) = (column(alias, self.of.latitude.name), degrees(kilometers) + LATITUDE_ROUNDING);
        let (south, north) = match &self.latitude {
            Latitude::Known(of) => (Expr::val(of - degrees), Expr::val(of + degrees)),
            Latitude::Of(record) => (record.clone().sub(degrees), record.clone().add(degrees)),
        };
        latitude.clone().gte(south).and(latitude.lte(north)).and(is_near)
    }
}

/// The versine of the angle between two points of the unit sphere.
pub(in crate::query) fn versine_of(one: [Expr; 3], other: [Expr; 3]) -> Expr {
    let [x, y, z] = one;
    let [other_x, other_y, other_z] = other;
    Expr::Constant(1.0.into()).sub(x.mul(other_x).add(y.mul(other_y)).add(z.mul(other_z)))
}

/// Whether a record is the one that an input of a look-up names.
fn only(record: &RecordType, value: &Value) -> Result<Expr> {
    let fields = match value {
        Value::Object(fields) => fields,
        value => return Err(invalid(format!("{value} does not name {}", words(record.name)))),
    };
    // Validation has made sure that there is exactly one.
    let Some((name, value)) = fields.first() else { return Err(invalid("`near` names no record")) };
    Ok(match name.as_str() {
        "id" => column(ORIGIN, "id").eq(global_id(&id_text(value)?, &[record.table])?.1),
        "key" => column(ORIGIN, "key").eq(text(value)?),
        "identifier" => column(ORIGIN, "id").in_subquery(identified(value)?),
        name => return Err(unknown(name)),
    })
}

/// The records that have an identifier.
fn identified(value: &Value) -> Result<SelectStatement> {
    let Value::Object(fields) = value else { return Err(invalid(format!("{value} is not an identifier"))) };
    identified_by(scheme(fields.get("scheme"))?, fields.get("value").unwrap_or(&Value::Null))
}

impl Reader {
    /// The condition of a filter by coordinates.
    pub(super) fn coordinates(self, record: &RecordType, value: &Value) -> Read {
        let record = self.scope.model.record_type(record.table);
        let Some(of) = &record.coordinates else { return Err(unknown(COORDINATES).into()) };
        let condition = |operator: &str, value: &Value| {
            Ok(match operator {
                NEAR => {
                    let near = Near::read(self.scope, record, value)?;
                    if near.as_ref().is_some_and(|near| near.kilometers.is_none()) {
                        return Err(Misplaced::from(invalid("`near` has no `kilometers`: say how far away is near")));
                    }
                    near.map(|near| near.is_near(self.alias()))
                }
                AREA => Some(self.area(of, value)?),
                "isNull" => Some(is_null(column(self.alias(), of.point[0].name), value)),
                name => return Err(unknown(name).into()),
            })
        };
        Ok(non_empty(each(value, condition)?))
    }

    fn area(self, of: &Coordinates, value: &Value) -> Result<Expr> {
        let Value::Object(fields) = value else { return Err(invalid(format!("{value} is not an area"))) };
        let side = |name: &str, most: f64| number(name, fields.get(name).unwrap_or(&Value::Null), -most, most);
        let [south, north] = [side("south", 90.0)?, side("north", 90.0)?];
        let [west, east] = [side("west", 180.0)?, side("east", 180.0)?];
        if south > north {
            return Err(invalid(format!("`south` is {south} and `north` is {north}: exchange them")));
        }
        let (latitude, longitude) = (column(self.alias(), of.latitude.name), column(self.alias(), of.longitude.name));
        let (is_east, is_west) = (longitude.clone().gte(west), longitude.clone().lte(east));
        let mut is_between = if west > east { is_east.or(is_west) } else { is_east.and(is_west) };
        // -180 and 180 are one meridian, and all meridians meet at the poles.
        for (is_on_border, same) in [
            (east >= 180.0, longitude.clone().lte(-180.0)),
            (west <= -180.0, longitude.gte(180.0)),
            (north >= 90.0, latitude.clone().gte(90.0)),
            (south <= -90.0, latitude.clone().lte(-90.0)),
        ] {
            if is_on_border {
                is_between = is_between.or(same);
            }
        }
        Ok(all(vec![latitude.clone().gte(south), latitude.lte(north), is_between]))
    }
}
