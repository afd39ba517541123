// Apollo Client: the normalized cache, pages as Relay has them, persisted queries, client awareness and subscriptions.
//
//   BASE_URL=http://127.0.0.1:8000 ORIGIN=http://localhost:3000 node apollo.test.mjs
//
// ORIGIN is one that the server allows. CHANGE_COMMAND makes the data change. Tests that need a setting are skipped without
// it. DEADLINE_MS is how long anything may take. The data are the bundled ones.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { browserFetch, change, endpoint, setting, within } from "./support.mjs";

const changes = setting("CHANGE_COMMAND");
const origin = setting("ORIGIN");

const ESPOO = gql`
  query Espoo($key: String!) {
    city(by: { key: $key }) { id key name country { id name } }
  }
`;
const PAGE = gql`
  query Page($country: String!, $first: Int, $after: String) {
    cities(filter: { country: { key: { eq: $country } } }, orderBy: KEY_ASC, first: $first, after: $after) {
      edges { cursor node { id key name } }
      pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    }
  }
`;
// The names of the members of a union and of an interface, from introspection.
const POSSIBLE_TYPES = gql`
  query PossibleTypes { __schema { types { kind name possibleTypes { name } } } }
`;

/** A client, and what it sent. */
function client({ cache = new InMemoryCache(), link, ...more } = {}) {
  const sent = [];
  const recorded = (url, init) => {
    sent.push({ method: init.method, body: init.body && JSON.parse(init.body), url });
    return fetch(url, init);
  };
  const http = new HttpLink({ uri: endpoint(), fetch: recorded, ...more.http });
  const made = new ApolloClient({ cache, link: link ? link.concat(http) : http, ...more });
  return { made, sent };
}

const ask = (made, options) => within(made.query(options), "an answer");

/** The code of the only error that a query fails with. */
async function refusal(asked) {
  const error = await asked.then(() => assert.fail("no error"), (error) => error);
  assert.ok(CombinedGraphQLErrors.is(error), `${error}`);
  assert.equal(error.errors.length, 1);
  return error.errors[0].extensions.code;
}

async function possibleTypes() {
  const { data } = await ask(client().made, { query: POSSIBLE_TYPES });
  const abstract = data.__schema.types.filter(({ kind }) => kind === "UNION" || kind === "INTERFACE");
  return Object.fromEntries(abstract.map(({ name, possibleTypes }) => [name, possibleTypes.map(({ name }) => name)]));
}

test("a query with variables", async () => {
  const { made } = client();
  const { data } = await ask(made, { query: ESPOO, variables: { key: "espoo" } });
  assert.equal(data.city.name, "Espoo");
  assert.equal(data.city.country.name, "Finland");
  const { data: none } = await ask(made, { query: ESPOO, variables: { key: "nowhere" } });
  assert.equal(none.city, null);
});

test("errors have their code, with and without data", async () => {
  const { made } = client();
  assert.equal(await refusal(ask(made, { query: gql`{ nonsense }` })), "GRAPHQL_VALIDATION_FAILED");
  assert.equal(await refusal(ask(made, { query: ESPOO, variables: { key: null } })), "INVALID_VARIABLES");
  const query = gql`
    query Partial { city(by: { key: "espoo" }) { id name } cities(first: 1000) { totalCount } }
  `;
  assert.equal(await refusal(ask(made, { query })), "INVALID_PAGE");
  const { data, error } = await ask(made, { query, errorPolicy: "all" });
  assert.equal(data.city.name, "Espoo");
  assert.deepEqual([data.cities, error.errors[0].path], [null, ["cities"]]);
});

test("relayStylePagination joins the pages of a list", async (t) => {
  const typePolicies = { Query: { fields: { cities: relayStylePagination(["filter", "orderBy"]) } } };
  const { made, sent } = client({ cache: new InMemoryCache({ typePolicies }) });
  const variables = { country: "FI", first: 10 };
  const watched = made.watchQuery({ query: PAGE, variables });
  const first = new Promise((resolve, reject) => {
    const next = ({ data, error, loading }) => (error ? reject(error) : loading || resolve(data));
    t.after(() => watching.unsubscribe());
    const watching = watched.subscribe({ next, error: reject });
  });
  let { edges, pageInfo } = (await within(first, "the first page")).cities;
  while (pageInfo.hasNextPage) {
    await within(watched.fetchMore({ variables: { after: pageInfo.endCursor } }), "a page");
    ({ edges, pageInfo } = made.readQuery({ query: PAGE, variables }).cities);
  }
  const keys = edges.map(({ node }) => node.key);
  assert.ok(sent.length > 2 && keys.length > 10 * (sent.length - 1), `${keys.length} in ${sent.length} pages`);
  assert.deepEqual(keys, [...new Set(keys)].sort());
});

test("a record that a list has read is found in the cache by its global ID", async () => {
  const { made, sent } = client();
  const { data } = await ask(made, { query: PAGE, variables: { country: "FI", first: 100 } });
  const { node } = data.cities.edges.find(({ node }) => node.key === "espoo");
  const id = made.cache.identify(node);
  assert.equal(id, `City:${node.id}`);
  const fragment = gql`fragment Known on City { key name }`;
  assert.deepEqual(made.cache.readFragment({ id, fragment }), { __typename: "City", key: "espoo", name: "Espoo" });
  // Another query completes the same object.
  await ask(made, { query: ESPOO, variables: { key: "espoo" } });
  assert.deepEqual(Object.keys(made.cache.extract()[id]).sort(), ["__typename", "country", "id", "key", "name"]);
  await ask(made, { query: ESPOO, variables: { key: "espoo" } });
  assert.equal(sent.length, 2);
});

test("fragments on interfaces and unions match by introspection", async () => {
  const types = await possibleTypes();
  assert.deepEqual([...types.Activity].sort(), ["Event", "Visit"]);
  assert.deepEqual([...types.Record].sort(), [...types.Node].sort());
  const { made } = client({ cache: new InMemoryCache({ possibleTypes: types }) });
  const query = gql`
    fragment Told on Record { key version }
    query Activities {
      activities(first: 100, orderBy: START_DESC) {
        nodes { ... on Node { id } ... on Visit { title } ... on Event { name } ...Told }
      }
    }
  `;
  const { data } = await ask(made, { query });
  assert.deepEqual(new Set(data.activities.nodes.map(({ __typename }) => __typename)), new Set(["Visit", "Event"]));
  for (const node of data.activities.nodes) {
    assert.ok(node.id && node.key && node.version, JSON.stringify(node));
    assert.ok(node.__typename === "Visit" ? node.title : node.name, JSON.stringify(node));
  }
  // Read from the cache, where only the possible types say which fragments match.
  const { data: kept } = await ask(made, { query, fetchPolicy: "cache-only" });
  assert.deepEqual(kept, data);
});

test("persisted queries are sent by their hash once the server knows them", async () => {
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  // No one has asked this before.
  const query = gql`query Persisted_${Date.now()}($key: String!) { espoo: city(by: { key: $key }) { id name } }`;
  const persisted = (more) => client({ link: new PersistedQueryLink({ sha256, ...more }) });
  const { made, sent } = persisted();
  for (const key of ["espoo", "helsinki"]) await ask(made, { query, variables: { key } });
  // The hash, then the document with it; then the hash again.
  assert.deepEqual(sent.map(({ body }) => "query" in body), [false, true, false]);
  // Another client needs no document, and may ask with GET, which proxies can cache.
  const other = persisted({ useGETForHashedQueries: true });
  const { data } = await ask(other.made, { query, variables: { key: "espoo" } });
  assert.equal(data.espoo.name, "Espoo");
  assert.deepEqual(other.sent.map(({ method }) => method), ["GET"]);
});

test("a page of another origin may say which client it is", { skip: origin.skip }, async () => {
  const browser = browserFetch(origin.value);
  const { made } = client({
    clientAwareness: { name: "map", version: "1.2" },
    http: { uri: endpoint(), fetch: browser },
  });
  const { data } = await ask(made, { query: ESPOO, variables: { key: "espoo" } });
  assert.equal(data.city.name, "Espoo");
  assert.deepEqual(browser.preflights, ["apollographql-client-name,apollographql-client-version,content-type"]);
  // And a page of an origin that is not allowed reads nothing.
  const stranger = client({ http: { uri: endpoint(), fetch: browserFetch("http://stranger.example") } });
  await assert.rejects(ask(stranger.made, { query: ESPOO, variables: { key: "espoo" } }), /CORS/);
});

test("a subscription tells of changes", { skip: changes.skip }, async (t) => {
  const sockets = createClient({ url: endpoint("ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  t.after(() => sockets.dispose());
  const made = new ApolloClient({ cache: new InMemoryCache(), link: new GraphQLWsLink(sockets) });
  const results = made.subscribe({ query: gql`subscription Changed { datasetChanged { version } }` });
  let expected;
  const two = new Promise((resolve, reject) => {
    const listening = results.subscribe({
      next({ data, error }) {
        if (error) return reject(error);
        const { version } = data.datasetChanged;
        if (expected === undefined) {
          expected = version + 1;
          change().catch(reject);
        } else resolve(version);
      },
      error: reject,
      complete: () => reject(new Error("the subscription ended")),
    });
    t.after(() => listening.unsubscribe());
  });
  assert.equal(await within(two, "two versions"), expected);
});
