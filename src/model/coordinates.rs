//! Coordinates: where records are on Earth, and how far it is from one to another.
//!
//! A latitude and a longitude (WGS 84) are also stored as the point of the unit sphere in that direction: the scalar product of
//! two points is the cosine of the angle between them. So databases compare distances without trigonometry, which `SQLite` does
//! not have, and alike. Distances are those of great circles, on a sphere with the mean radius of the Earth: they differ from
//! those on the ellipsoid by at most 0.6 %.

use sea_orm::Value;

use super::{Column, DataType, Description, Order, OrderBy, Record};

/// The mean radius of the ellipsoid of WGS 84, in kilometres: R₁ of Moritz, Geodetic Reference System 1980.
const RADIUS: f64 = 6371.0088;
/// Half of the circumference of the Earth, in kilometres: nothing is farther away.
pub const MAX_DISTANCE: f64 = RADIUS * std::f64::consts::PI;

/// The columns of the coordinates of a record type.
#[derive(Debug)]
pub struct Coordinates {
    /// In degrees, positive in the north.
    pub latitude: Column,
    /// In degrees, positive in the east.
    pub longitude: Column,
    /// The point of the unit sphere: towards 0° N 0° E, 0° N 90° E and the North Pole.
    pub point: [Column; 3],
    /// The order of lists by the distance from a place.
    pub by_distance: Order,
}

/// The point of the unit sphere in the direction of coordinates in degrees.
#[must_use]
pub fn point(latitude: f64, longitude: f64) -> [f64; 3] {
    let ((sin, cos), longitude) = (latitude.to_radians().sin_cos(), longitude.to_radians());
    [cos * longitude.cos(), cos * longitude.sin(), sin]
}

/// The versine (one minus the cosine) of the angle of an arc of the Earth, in kilometres.
#[must_use]
pub fn versine(distance: f64) -> f64 {
    2.0 * (distance / RADIUS / 2.0).sin().powi(2)
}

/// The length of the arc of the Earth whose angle has a versine: kilometres, rounded to metres.
#[must_use]
pub fn distance(versine: f64) -> f64 {
    let distance = 2.0 * RADIUS * (versine / 2.0).clamp(0.0, 1.0).sqrt().asin();
    (distance * 1000.0).round() / 1000.0
}

/// The degrees of latitude of a distance in kilometres.
#[must_use]
pub fn degrees(distance: f64) -> f64 {
    (distance / RADIUS).to_degrees()
}

impl<E: Record> Description<'_, E> {
    /// The latitude and the longitude of a place, and its point of the unit sphere, which is computed from them. Lists can be
    /// filtered by where records are, and ordered by how far away they are.
    pub fn coordinates(&mut self, [latitude, longitude]: [E::Column; 2], point: [E::Column; 3]) {
        self.value(latitude, "The latitude in degrees (WGS 84), positive in the north.").range = Some((-90, 90));
        self.value(longitude, "The longitude in degrees (WGS 84), positive in the east.").range = Some((-180, 180));
        let by_distance = Order {
            name: "DISTANCE".to_owned(),
            former: None,
            description: String::new(),
            by: OrderBy::Distance,
            missing: None,
            is_descending: false,
        };
        let [latitude, longitude] = [latitude, longitude].map(|column| self.at(column));
        let point = point.map(|column| self.at(column));
        self.record.coordinates = Some(Coordinates { latitude, longitude, point, by_distance });
    }
}

impl Coordinates {
    /// The values of the columns of the point, among the values of a record.
    pub(super) fn point_of(&self, values: &[(Column, Value)]) -> [(Column, Value); 3] {
        let number = |of: Column| {
            values.iter().find_map(|(column, value)| match value {
                Value::Double(number) if column.index == of.index => *number,
                _ => None,
            })
        };
        let point = number(self.latitude).zip(number(self.longitude)).map(|(north, east)| point(north, east));
        debug_assert!(self.point.iter().all(|column| column.data_type == DataType::Double), "coordinates are numbers");
        let at = |position: usize| Value::Double(point.map(|point| point[position]));
        let [x, y, z] = self.point;
        [(x, at(0)), (y, at(1)), (z, at(2))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESPOO: (f64, f64) = (60.2052, 24.6522);

    fn distance_between(one: (f64, f64), other: (f64, f64)) -> f64 {
        let [one, other] = [one, other].map(|(latitude, longitude)| point(latitude, longitude));
        distance(1.0 - one.iter().zip(&other).map(|(a, b)| a * b).sum::<f64>())
    }

    /// Quarters and halves of great circles, degrees on the equator, places opposite each other, and the same place.
    #[test]
    fn distances_are_those_of_great_circles() {
        let quarter = MAX_DISTANCE / 2.0;
        for (one, other, expected) in [
            (ESPOO, ESPOO, 0.0),
            ((90.0, 0.0), (-90.0, 0.0), MAX_DISTANCE),
            ((0.0, 0.0), (0.0, 90.0), quarter),
            ((0.0, 179.5), (0.0, -179.5), degrees_long(1.0)),
            ((90.0, 17.0), (0.0, -120.0), quarter),
            // Opposite each other, and almost.
            ((30.0, 100.0), (-30.0, -80.0), MAX_DISTANCE),
            ((0.0, 0.0), (0.0, 179.999), degrees_long(179.999)),
            // Some metres apart.
            ((0.0, 0.0), (0.0, 0.0001), 0.011),
        ] {
            let found = distance_between(one, other);
            assert!((found - expected).abs() <= 0.0011, "{one:?} to {other:?}: {found}, not {expected}");
            assert_eq!(found.to_bits(), distance_between(other, one).to_bits(), "{one:?} to {other:?} and back");
        }
    }

    fn degrees_long(degrees: f64) -> f64 {
        MAX_DISTANCE * degrees / 180.0
    }

    #[test]
    fn versines_and_distances_are_inverse() {
        for kilometers in [0.0, 0.001, 1.0, 50.0, 1234.567, 9999.0, 20000.0] {
            let found = distance(versine(kilometers));
            assert!((found - kilometers).abs() <= 0.001, "{kilometers}: {found}");
        }
        assert!((degrees(MAX_DISTANCE) - 180.0).abs() < 1e-9);
    }
}
