// Places: how far records are from each other, and whether they lie in an area.

import { refuse } from "./lists.mjs";

const RADIUS = 6371.0088;
const radians = (degrees) => (degrees * Math.PI) / 180;

/** The place of a record in degrees; null if it is not known. */
export function placeOf(record) {
  const { latitude, longitude } = record?.cells ?? {};
  if (latitude == null || longitude == null) return null;
  return { latitude: Number(latitude), longitude: Number(longitude) };
}

/** Towards a place, from the middle of the Earth. */
function direction({ latitude, longitude }) {
  const [north, east] = [radians(latitude), radians(longitude)];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

/** One minus the cosine of the angle between two places. */
function versine(one, other) {
  const [a, b] = [direction(one), direction(other)];
  return 1 - (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}

/** Kilometres to the metre; null if one of the places is not known. */
export function distance(one, other) {
  if (!one || !other) return null;
  const half = Math.min(1, Math.max(0, versine(one, other) / 2));
  return Math.round(2 * RADIUS * Math.asin(Math.sqrt(half)) * 1000) / 1000;
}

function number(name, value, least, most) {
  if (value < least || value > most) throw refuse("INVALID_ARGUMENT", `${name} is ${value}`);
  return value;
}

/** Reads `near`: the place, and how far away something may be. `null` if it says nothing. */
export function near(records, { latitude, longitude, kilometers, ...named }) {
  for (const value of [latitude, longitude, kilometers]) if (value === null) throw refuse("INVALID_ARGUMENT", "null");
  if (latitude !== undefined) number("latitude", latitude, -90, 90);
  if (longitude !== undefined) number("longitude", longitude, -180, 180);
  if (kilometers !== undefined) number("kilometers", kilometers, 0, RADIUS * Math.PI);
  const [record, ...more] = Object.entries(named);
  if (more.length > 0 || (record && (latitude ?? longitude) !== undefined)) throw refuse("INVALID_ARGUMENT", "two places");
  if (record) return { place: placeOf(records(record[0], record[1])), kilometers };
  if (latitude === undefined && longitude === undefined) return null;
  if (latitude === undefined || longitude === undefined) throw refuse("INVALID_ARGUMENT", "half of a place");
  return { place: { latitude, longitude }, kilometers };
}

/** Whether a record is near enough. */
export function isNear({ place, kilometers }, record) {
  const at = placeOf(record);
  if (!at || !place) return false;
  const most = kilometers === undefined ? 3 : 2 * Math.sin(kilometers / RADIUS / 2) ** 2 + 1e-15;
  return versine(place, at) <= most;
}

/** Compares records by how far away they are. */
export function byDistance({ place }) {
  const of = (record) => versine(place, placeOf(record));
  return (a, b) => of(a) - of(b);
}

/** Reads an area. */
export function area({ south, west, north, east }) {
  for (const [name, value, most] of [["south", south, 90], ["north", north, 90], ["west", west, 180], ["east", east, 180]]) {
    number(name, value, -most, most);
  }
  if (south > north) throw refuse("INVALID_ARGUMENT", "upside down");
  return (record) => {
    const at = placeOf(record);
    if (!at || at.latitude < south || at.latitude > north) return false;
    if ((north === 90 && at.latitude === 90) || (south === -90 && at.latitude === -90)) return true;
    if ((east === 180 && at.longitude === -180) || (west === -180 && at.longitude === 180)) return true;
    const [isEast, isWest] = [at.longitude >= west, at.longitude <= east];
    return west > east ? isEast || isWest : isEast && isWest;
  };
}
