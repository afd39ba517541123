// Exports and addresses of records, read by libraries: GeoJSON by check-geojson, JSON-LD by jsonld, Popolo by its field lists.
//
//   BASE_URL=http://127.0.0.1:8000 node --test formats.test.mjs
//
// DEADLINE_MS is how long anything may take. The data are the bundled ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "@placemarkio/check-geojson";
import jsonld from "jsonld";
import { endpoint, within } from "./support.mjs";

const base = process.env.BASE_URL;

async function get(path, headers = {}) {
  const answer = await within(fetch(`${base}${path}`, { headers }), path);
  return { answer, text: await within(answer.text(), path) };
}

async function ask(query) {
  const headers = { "content-type": "application/json" };
  const answer = await within(fetch(endpoint(), { method: "POST", headers, body: JSON.stringify({ query }) }), query);
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined);
  return data;
}

// The context of schema.org cannot be fetched here: all of its words are in one vocabulary.
const documentLoader = async (url) => {
  assert.match(url, /^https?:\/\/schema\.org\/?$/);
  return { contextUrl: null, documentUrl: url, document: { "@context": { "@vocab": "https://schema.org/" } } };
};
const SCHEMA = "https://schema.org/";

test("GeoJSON is valid, and each point is that of the record", async () => {
  const { cities } = await ask("{ cities(first: 100) { nodes { id key latitude longitude } } }");
  for (const [type, list] of [["cities", cities.nodes], ["innovation_centers"], ["events"], ["visits"], ["organizations"]]) {
    const { answer, text } = await get(`/export/${type}.geojson`);
    assert.equal(answer.headers.get("content-type"), "application/geo+json");
    const { type: kind, features } = check(text);
    assert.equal(kind, "FeatureCollection");
    assert.ok(features.some(({ geometry }) => geometry), type);
    const byId = new Map(features.map((feature) => [feature.id, feature]));
    assert.equal(byId.size, features.length);
    for (const { id, key, latitude, longitude } of list ?? []) {
      const { geometry, properties } = byId.get(id);
      assert.deepEqual(geometry?.coordinates ?? [null, null], [longitude, latitude]);
      assert.equal(properties.key, key);
    }
  }
});

test("JSON Lines are what GraphQL answers", async () => {
  const { text } = await get("/export/topics.jsonl?orderBy=KEY_ASC");
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const { topics } = await ask("{ topics(first: 100, orderBy: KEY_ASC) { nodes { id key name names { name language } broader { key } } } }");
  assert.equal(lines.length, topics.nodes.length);
  for (const [i, { id, key, name, names, broader }] of topics.nodes.entries()) {
    const found = lines[i];
    assert.deepEqual([found.id, found.key, found.name, found.broader?.key], [id, key, name, broader?.key]);
    assert.deepEqual(found.names.map(({ name, language }) => ({ name, language })), names);
  }
});

// The properties of Popolo's schemas (popoloproject.com/schemas); `true` for those that must be there.
const POPOLO = {
  persons: { id: true, name: true, other_names: 0, identifiers: 0, family_name: 0, given_name: 0, email: 0, gender: 0, birth_date: 0, image: 0, summary: 0, biography: 0, links: 0, sources: 0, created_at: true, updated_at: true },
  organizations: { id: true, name: true, other_names: 0, identifiers: 0, classification: 0, parent_id: 0, area_id: 0, abstract: 0, description: 0, founding_date: 0, dissolution_date: 0, image: 0, contact_details: 0, links: 0, sources: 0, created_at: true, updated_at: true },
  memberships: { id: true, label: 0, role: 0, member: 0, member_id: 0, person_id: 0, organization_id: 0, post_id: 0, on_behalf_of_id: 0, area_id: 0, start_date: 0, end_date: 0, contact_details: 0, links: 0, sources: 0, created_at: true, updated_at: true },
  areas: { id: true, name: true, identifier: 0, identifiers: 0, classification: 0, parent_id: 0, geometry: 0, sources: 0, created_at: true, updated_at: true },
};

test("Popolo has its fields alone, and what it refers to", async () => {
  const { text } = await get("/popolo.json");
  const file = JSON.parse(text);
  assert.deepEqual(Object.keys(file).sort(), Object.keys(POPOLO).sort());
  for (const [list, fields] of Object.entries(POPOLO)) {
    for (const item of file[list]) {
      for (const name of Object.keys(item)) assert.ok(name in fields, `${list}: ${name}`);
      for (const [name, needed] of Object.entries(fields)) assert.ok(!needed || item[name], `${list}: ${name}`);
      for (const name of ["start_date", "end_date", "founding_date", "dissolution_date"]) {
        assert.match(item[name] ?? "2000", /^[0-9]{4}(-[0-9]{2}){0,2}$/);
      }
    }
  }
  const ids = (list) => new Set(file[list].map(({ id }) => id));
  const [persons, organizations, areas] = ["persons", "organizations", "areas"].map(ids);
  for (const { person_id, organization_id, area_id } of file.memberships) {
    assert.ok(persons.has(person_id));
    assert.ok(!organization_id || organizations.has(organization_id));
    assert.ok(!area_id || areas.has(area_id));
  }
  const { officials, positions } = await ask("{ officials { totalCount } positions { totalCount } }");
  assert.deepEqual([persons.size, file.memberships.length], [officials.totalCount, positions.totalCount]);
});

test("JSON-LD expands to what GraphQL knows, for a record of each type", async () => {
  const { __schema } = await ask("{ __schema { queryType { fields { name type { name } } } } }");
  const lists = __schema.queryType.fields.filter(({ name, type }) => type.name?.endsWith("Connection") && !["activities", "search", "timeline"].includes(name));
  assert.ok(lists.length > 15);
  let asked = 0;
  for (const { name: list } of lists) {
    const { [list]: { nodes } } = await ask(`{ ${list}(first: 3) { nodes { id updatedAt identifiers { url } citations(first: 100) { nodes { id source { id } } } } } }`);
    for (const { id, updatedAt, identifiers, citations } of nodes) {
      asked += 1;
      const { answer, text } = await get(`/id/${id}`, { accept: "application/ld+json" });
      assert.equal(answer.status, 200, text);
      assert.equal(answer.headers.get("content-type"), "application/ld+json");
      const expanded = await jsonld.expand(JSON.parse(text), { documentLoader, safe: true });
      assert.equal(expanded.length, 1);
      const [record] = expanded;
      assert.equal(record["@id"], `${base}/id/${id}`);
      assert.ok(record["@type"].every((type) => type.startsWith(SCHEMA) && type.length > SCHEMA.length), text);
      const same = (record[`${SCHEMA}sameAs`] ?? []).map((value) => value["@value"]);
      assert.deepEqual(same, identifiers.map(({ url }) => url).filter(Boolean));
      const cited = (record[`${SCHEMA}citation`] ?? []).map((source) => source["@id"]);
      assert.deepEqual(new Set(cited), new Set(citations.nodes.map(({ source }) => `${base}/id/${source.id}`)));
      const [page] = record[`${SCHEMA}mainEntityOfPage`];
      assert.equal(page[`${SCHEMA}dateModified`][0]["@value"], updatedAt);
    }
  }
  assert.ok(asked > 30, `${asked} records`);
});

test("JSON-LD names things, and leads to others", async () => {
  const { city } = await ask('{ city(by: {key: "espoo"}) { id country { id } } }');
  const { text } = await get(`/id/${city.id}.jsonld`);
  const [espoo] = await jsonld.expand(JSON.parse(text), { documentLoader, safe: true });
  assert.deepEqual(espoo["@type"], [`${SCHEMA}City`]);
  assert.equal(espoo[`${SCHEMA}name`][0]["@value"], "Espoo");
  assert.ok(espoo[`${SCHEMA}alternateName`].some((name) => name["@language"] === "sv" && name["@value"] === "Esbo"));
  assert.equal(espoo[`${SCHEMA}containedInPlace`][0]["@id"], `${base}/id/${city.country.id}`);
  assert.ok(espoo[`${SCHEMA}sameAs`].some(({ "@value": url }) => url === "https://www.wikidata.org/entity/Q47034"), text);
  const quads = await jsonld.toRDF(JSON.parse(text), { documentLoader, format: "application/n-quads" });
  assert.match(quads, /<https:\/\/schema\.org\/latitude> "6\.0\d*E1"\^\^<http:\/\/www\.w3\.org\/2001\/XMLSchema#double>/);
});
