// urql with graphcache, which knows the schema: the normalized cache, pages as Relay has them, persisted queries, and
// subscriptions over WebSockets and event streams.
//
//   BASE_URL=http://127.0.0.1:8000 node urql.test.mjs
//
// CHANGE_COMMAND makes the data change; without it, that test is skipped. DEADLINE_MS is how long anything may take. The data
// are the bundled ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { persistedExchange } from "@urql/exchange-persisted";
import { minifyIntrospectionQuery } from "@urql/introspection";
import { getIntrospectionQuery } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { change, endpoint, setting, within } from "./support.mjs";

const changes = setting("CHANGE_COMMAND");

const ESPOO = gql`
  query Espoo($by: CityBy!) {
    city(by: $by) { id key name country { id name } }
  }
`;
const PAGE = gql`
  query Page($country: String!, $first: Int, $after: String) {
    cities(filter: { country: { key: { eq: $country } } }, orderBy: KEY_ASC, first: $first, after: $after) {
      totalCount
      edges { cursor node { id key name country { id name } } }
      pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    }
  }
`;
const CHANGED = gql`subscription Changed { datasetChanged { version } }`;

/** A client without a cache, and what it sent. */
function client({ before = [], ...more } = {}) {
  const sent = [];
  const recorded = (url, init) => {
    sent.push({ method: init.method, body: init.body && JSON.parse(init.body) });
    return fetch(url, init);
  };
  const made = new Client({
    url: endpoint(), exchanges: [...before, fetchExchange], fetch: recorded, preferGetMethod: false, ...more,
  });
  return { made, sent };
}

let schema;

/** A client with a cache that knows the schema. What the cache warns of fails. */
async function caching(t) {
  schema ??= minifyIntrospectionQuery((await result(client().made.query(getIntrospectionQuery(), {}))).data);
  const warnings = [];
  t.after(() => assert.deepEqual(warnings, []));
  const cache = cacheExchange({
    schema,
    resolvers: {
      Query: {
        cities: relayPagination(),
        // A look-up by the global ID, which a list may have read before.
        city: (parent, { by }, cache, { parentKey, fieldName }) =>
          by.id ? { __typename: "City", id: by.id } : cache.resolve(parentKey, fieldName, { by }),
      },
    },
    keys: { EdtfDate: () => null, DatasetVersion: () => null },
    logger: (_, message) => warnings.push(message),
  });
  return client({ before: [cache] });
}

const result = (asked) => within(asked.toPromise(), "an answer");

/** The data of a query that must not fail. */
async function data(asked) {
  const { data, error } = await result(asked);
  assert.ok(!error, `${error}`);
  return data;
}

test("a query with variables, and errors with their code", async () => {
  const { made } = client();
  const { city } = await data(made.query(ESPOO, { by: { key: "espoo" } }));
  assert.deepEqual([city.name, city.country.name], ["Espoo", "Finland"]);
  for (const [query, variables, code, rest] of [
    ["{ nonsense }", {}, "GRAPHQL_VALIDATION_FAILED", undefined],
    [ESPOO, { by: {} }, "INVALID_VARIABLES", undefined],
    ['{ city(by: {key: "espoo"}) { name } cities(first: 1000) { totalCount } }', {}, "INVALID_PAGE", "Espoo"],
  ]) {
    const { data, error } = await result(made.query(query, variables));
    assert.deepEqual(error?.graphQLErrors.map(({ extensions }) => extensions.code), [code], `${error}`);
    assert.ok(!error.networkError);
    assert.equal(data?.city.name, rest);
  }
});

test("relayPagination joins the pages of a list", async (t) => {
  const { made, sent } = await caching(t);
  const variables = { country: "FI", first: 10 };
  let { cities } = await data(made.query(PAGE, variables));
  while (cities.pageInfo.hasNextPage) {
    ({ cities } = await data(made.query(PAGE, { ...variables, after: cities.pageInfo.endCursor })));
  }
  assert.ok(sent.length > 2, `${sent.length} pages`);
  const keys = cities.edges.map(({ node }) => node.key);
  assert.equal(keys.length, cities.totalCount);
  assert.deepEqual(keys, [...new Set(keys)].sort());
  // The first page now has all of them, without another request.
  const requests = sent.length;
  assert.equal((await data(made.query(PAGE, variables))).cities.edges.length, keys.length);
  assert.equal(sent.length, requests);
});

test("a record that a list has read is found in the cache by its global ID", async (t) => {
  const { made, sent } = await caching(t);
  const { cities } = await data(made.query(PAGE, { country: "FI", first: 100 }));
  const { node } = cities.edges.find(({ node }) => node.key === "espoo");
  const { city } = await data(made.query(ESPOO, { by: { id: node.id } }));
  assert.deepEqual([city.name, city.country.name], ["Espoo", "Finland"]);
  assert.equal(sent.length, 1);
});

test("what is in the cache is shown at once, as the schema says which fields may be null", async (t) => {
  const { made, sent } = await caching(t);
  const { city } = await data(made.query(ESPOO, { by: { key: "espoo" } }));
  const more = gql`query More($by: CityBy!) { city(by: $by) { id name population } }`;
  const results = [];
  const complete = new Promise((resolve) => {
    made.query(more, { by: { id: city.id } }).subscribe((result) => {
      results.push(result);
      if (!result.stale) resolve();
    });
  });
  await within(complete, "the rest");
  const [partial, whole] = results;
  assert.deepEqual([partial.stale, partial.data.city.name, partial.data.city.population], [true, "Espoo", null]);
  assert.ok(whole.data.city.population > 0);
  assert.equal(sent.length, 2);
});

test("fragments on interfaces and unions match by the schema", async (t) => {
  const { made, sent } = await caching(t);
  const query = gql`
    fragment Told on Record { key version }
    query Activities {
      activities(first: 100, orderBy: START_DESC) {
        nodes { __typename ... on Node { id } ... on Visit { title start { edtf } } ... on Event { name } ...Told }
      }
    }
  `;
  const { activities } = await data(made.query(query, {}));
  assert.deepEqual(new Set(activities.nodes.map(({ __typename }) => __typename)), new Set(["Visit", "Event"]));
  for (const node of activities.nodes) {
    assert.ok(node.id && node.key && node.version, JSON.stringify(node));
    assert.ok(node.__typename === "Visit" ? node.title : node.name, JSON.stringify(node));
  }
  assert.deepEqual((await data(made.query(query, {}, { requestPolicy: "cache-only" }))).activities, activities);
  assert.equal(sent.length, 1);
});

test("persisted queries are sent by their hash once the server knows them", async () => {
  // No one has asked this before.
  const query = gql`query Known_${Date.now()}($by: CityBy!) { city(by: $by) { id population } }`;
  const { made, sent } = client({ before: [persistedExchange({ preferGetForPersistedQueries: false })] });
  for (const key of ["espoo", "helsinki"]) await data(made.query(query, { by: { key } }));
  assert.deepEqual(sent.map(({ body }) => "query" in body), [false, true, false]);
  const other = client({ before: [persistedExchange({ preferGetForPersistedQueries: true })] });
  assert.ok((await data(other.made.query(query, { by: { key: "espoo" } }))).city.population > 0);
  assert.deepEqual(other.sent.map(({ method }) => method), ["GET"]);
});

/** Subscribes, changes the data after the first event, and gives both versions. */
async function twoVersions(t, made) {
  const versions = [];
  const two = new Promise((resolve, reject) => {
    const listening = made.subscription(CHANGED, {}).subscribe(({ data, error, hasNext }) => {
      if (error) return reject(error);
      if (!data) return reject(new Error(`no data, ${hasNext}`));
      versions.push(data.datasetChanged.version);
      if (versions.length === 1) change().catch(reject);
      else resolve();
    });
    t.after(() => listening.unsubscribe());
  });
  await within(two, "two versions");
  return versions;
}

test("a subscription over a WebSocket tells of changes", { skip: changes.skip }, async (t) => {
  const sockets = createClient({ url: endpoint("ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  t.after(() => sockets.dispose());
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query, variables }, sink) }),
  });
  const { made } = client({ before: [subscriptionExchange({ forwardSubscription })] });
  const [first, second] = await twoVersions(t, made);
  assert.equal(second, first + 1);
});

test("a subscription over an event stream tells of changes", { skip: changes.skip }, async (t) => {
  const { made } = client({ fetchSubscriptions: true });
  const [first, second] = await twoVersions(t, made);
  assert.equal(second, first + 1);
});
