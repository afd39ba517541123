// Relay: its compiler reads the schema and the documents in `relay`, its runtime sends what that makes of them.
//
//   BASE_URL=http://127.0.0.1:8000 node relay.test.mjs
//
// CHANGE_COMMAND makes the data change; without it, that test is skipped. DEADLINE_MS is how long anything may take. The data
// are the bundled ones.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "graphql-ws";
import relay from "relay-runtime";
import WebSocket from "ws";
import { change, endpoint, setting, within } from "./support.mjs";

const {
  Environment, Network, Observable, RecordSource, Store, createOperationDescriptor, fetchQuery, getPaginationMetadata,
  getPaginationVariables, getRefetchMetadata, getSelector, requestSubscription,
} = relay;

const changes = setting("CHANGE_COMMAND");

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const place = mkdtempSync(join(tmpdir(), "coopgraph-relay-"));
after(() => rmSync(place, { recursive: true }));
// What it makes are CommonJS modules, which the package.json of this folder says there are none of.
cpSync(here("relay"), place, { recursive: true });
cpSync(here("../../schema.graphql"), join(place, "schema.graphql"));
mkdirSync(join(place, "artifacts"));
execFileSync("node", [here("node_modules/relay-compiler/cli.js"), "relay.config.json"], { cwd: place });
const artifact = (name) => createRequire(join(place, "artifacts/"))(`./${name}.graphql.js`);

/** A network as Relay's documentation has it; `requests` are the names of what was sent. */
function environment(t) {
  const requests = [];
  const sockets = createClient({ url: endpoint("ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  t.after(() => sockets.dispose());
  async function ask({ id, name, text }, variables) {
    requests.push(name);
    const response = await fetch(endpoint(), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id, query: text, variables }),
    });
    return response.json();
  }
  const listen = ({ name, text }, variables) =>
    Observable.create((sink) => sockets.subscribe({ operationName: name, query: text, variables }, sink));
  const made = new Environment({ network: Network.create(ask, listen), store: new Store(new RecordSource()) });
  return { made, requests };
}

/** Sends an operation, keeps its data, and gives what it reads. */
async function load(environment, request, variables) {
  const operation = createOperationDescriptor(request, variables);
  environment.retain(operation);
  return within(fetchQuery(environment, request, variables).toPromise(), request.params.name);
}

/** What a fragment reads in the store. */
function read(environment, fragment, owner) {
  const { data, isMissingData } = environment.lookup(getSelector(fragment, owner));
  assert.ok(!isMissingData, `${fragment.name} lacks data`);
  return data;
}

/** Loads more of the connection in a fragment, as the hooks of Relay do. */
async function loadMore(environment, fragment, direction, count, cursor, variables) {
  const { paginationRequest, paginationMetadata } = getPaginationMetadata(fragment, "test");
  const all = getPaginationVariables(direction, count, cursor, variables, {}, paginationMetadata);
  return load(environment, paginationRequest, all);
}

test("a connection grows page by page", async (t) => {
  const { made } = environment(t);
  const fragment = artifact("cities_page");
  const variables = { country: "FI", first: 10 };
  const query = await load(made, artifact("citiesQuery"), variables);
  const sizes = [];
  for (;;) {
    const { edges, pageInfo } = read(made, fragment, query).cities;
    sizes.push(edges.length);
    if (!pageInfo.hasNextPage) break;
    await loadMore(made, fragment, "forward", 10, pageInfo.endCursor, variables);
  }
  assert.ok(sizes.length > 2 && sizes.slice(0, -1).every((size, page) => size === 10 * (page + 1)), `${sizes}`);
  const keys = read(made, fragment, query).cities.edges.map(({ node }) => node.key);
  assert.deepEqual(keys, [...new Set(keys)].sort());
});

test("a connection grows at its beginning", async (t) => {
  const fragment = artifact("cities_page");
  const page = (environment, query) => {
    const { edges, pageInfo } = read(environment, fragment, query).cities;
    return { keys: edges.map(({ node }) => node.key), pageInfo };
  };
  const { made: whole } = environment(t);
  const { keys, pageInfo } = page(whole, await load(whole, artifact("citiesQuery"), { country: "FI", first: 5 }));

  const { made } = environment(t);
  const fromEnd = { country: "FI", first: null, after: null, last: 2, before: pageInfo.endCursor };
  const query = await load(made, artifact("citiesPageQuery"), fromEnd);
  assert.deepEqual(page(made, query).keys, keys.slice(2, 4));
  const { startCursor } = page(made, query).pageInfo;
  await loadMore(made, fragment, "backward", 2, startCursor, { country: "FI" });
  assert.deepEqual(page(made, query).keys, keys.slice(0, 4));
  assert.equal(page(made, query).pageInfo.hasPreviousPage, false);
});

test("a record is fetched again by its global ID", async (t) => {
  const { made, requests } = environment(t);
  const fragment = artifact("cities_details");
  const { city } = await load(made, artifact("citiesCityQuery"), { key: "espoo" });
  const before = read(made, fragment, city);
  assert.equal(before.country.name, "Finland");
  const { refetchableRequest, identifierInfo } = getRefetchMetadata(fragment, "test");
  const { node } = await load(made, refetchableRequest, { [identifierInfo.identifierQueryVariableName]: city.id });
  assert.deepEqual(read(made, fragment, node), before);
  assert.deepEqual(requests, ["citiesCityQuery", "citiesDetailsQuery"]);
});

test("a record of any type is read by its interface", async (t) => {
  const { made } = environment(t);
  const { city } = await load(made, artifact("citiesCityQuery"), { key: "espoo" });
  const { node } = await load(made, artifact("citiesRecordQuery"), { id: city.id });
  const { key, kind, version } = read(made, artifact("cities_record"), node.cities_record);
  assert.deepEqual([key, kind, version >= 1], ["espoo", "CITY", true]);
});

test("all lists and look-ups that read a record change it in the store", async (t) => {
  const { made, requests } = environment(t);
  await load(made, artifact("citiesQuery"), { country: "FI", first: 100 });
  const { city } = await load(made, artifact("citiesCityQuery"), { key: "espoo" });
  const record = made.getStore().getSource().get(city.id);
  // `key` is from the list, `population` from the look-up.
  assert.equal(record.key, "espoo");
  assert.ok(Number.isInteger(record.population));
  // All that the second operation reads is there.
  const again = createOperationDescriptor(artifact("citiesCityQuery"), { key: "espoo" });
  assert.equal(made.check(again).status, "available");
  assert.deepEqual(requests, ["citiesQuery", "citiesCityQuery"]);
});

test("errors reach the caller", async (t) => {
  const { made } = environment(t);
  // Without data.
  await assert.rejects(load(made, artifact("citiesRecordQuery"), { id: null }), /\$id/);
  // The error of a field, beside data.
  await assert.rejects(load(made, artifact("citiesStrictQuery"), { first: 1000 }), /Unexpected response/);
  const { cities } = await load(made, artifact("citiesStrictQuery"), { first: 1 });
  assert.ok(cities.totalCount > 0);
});

test("a subscription tells of changes", { skip: changes.skip }, async (t) => {
  const { made } = environment(t);
  const versions = [];
  let wake;
  const arrived = async (count) => {
    while (versions.length < count) await within(new Promise((resolve) => (wake = resolve)), "an event");
  };
  const failed = new Promise((_, reject) => {
    const listening = requestSubscription(made, {
      subscription: artifact("citiesChangedSubscription"),
      variables: {},
      onNext: ({ datasetChanged }) => {
        versions.push(datasetChanged.version);
        wake?.();
      },
      onError: reject,
      onCompleted: () => reject(new Error("the subscription ended")),
    });
    t.after(() => listening.dispose());
  });
  await Promise.race([arrived(1), failed]);
  await change();
  await Promise.race([arrived(2), failed]);
  assert.equal(versions[1], versions[0] + 1);
});
