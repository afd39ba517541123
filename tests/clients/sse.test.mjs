// GraphQL over server-sent events, the distinct connections mode of `graphql-sse`: with its own client, and raw.
//
//   BASE_URL=http://127.0.0.1:8000 node sse.test.mjs
//
// Tests that need to know more of the server are skipped without it: CHANGE_COMMAND, ACTIVE_URL, KEEP_ALIVE_MS.
// DEADLINE_MS is how long anything may take. The data are the bundled ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-sse";
import {
  DEADLINE, Events, REFERENCE, active, change, checkRefused, endpoint, setting, until, versionOf, within,
} from "./support.mjs";

const CHANGED = "subscription { datasetChanged { version changedAt } }";
const ESPOO = 'query Espoo($key: String!) { city(by: {key: $key}) { name } }';
const changes = setting("CHANGE_COMMAND");
const counts = setting("ACTIVE_URL");
const keepAlive = setting("KEEP_ALIVE_MS");

/** Asks, and closes after the test. */
async function ask(t, how, what) {
  const events = await Events[how](what);
  t.after(() => events.close());
  return events;
}

/** The answer is an event stream that nobody keeps. */
function checkStream({ response }) {
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream(; ?charset=utf-8)?$/i);
  assert.match(response.headers.get("cache-control") ?? "", /\bno-(cache|store)\b/);
}

async function stream(t, how, what) {
  const events = await ask(t, how, what);
  checkStream(events);
  return events;
}

/** The answer is an ordinary refusal, with errors if it has a body. */
async function checkStatus({ response }, status) {
  assert.equal(response.status, status);
  const text = await within(response.text(), "the body");
  if (/json/.test(response.headers.get("content-type"))) checkRefused(JSON.parse(text));
  else assert.equal(text, "");
}

function client(t) {
  const made = createClient({ url: endpoint(), retryAttempts: 0 });
  t.after(() => made.dispose());
  return made;
}

async function take(results) {
  const { done, value } = await within(results.next(), "a result");
  assert.ok(!done, "no more results");
  return value;
}

test("client: a subscription gives the current version at once", async (t) => {
  const results = client(t).iterate({ query: CHANGED });
  versionOf(await take(results));
  await results.return();
});

test("client: a query gives one result", async (t) => {
  const results = client(t).iterate({ query: ESPOO, variables: { key: "espoo" } });
  assert.deepEqual(await take(results), { data: { city: { name: "Espoo" } } });
  assert.ok((await within(results.next(), "the end")).done);
});

test("client: a validation error is a result", async (t) => {
  const results = client(t).iterate({ query: "{ nonsense }" });
  checkRefused(await take(results));
  assert.ok((await within(results.next(), "the end")).done);
});

test("client: several subscriptions at once, and a query beside them", async (t) => {
  const shared = client(t);
  const subscriptions = [1, 2, 3].map(() => shared.iterate({ query: CHANGED }));
  for (const results of subscriptions) versionOf(await take(results));
  assert.deepEqual(await take(shared.iterate({ query: "{ __typename }" })), { data: { __typename: "Query" } });
  for (const results of subscriptions) await results.return();
});

test("client: each change gives an event", changes, async (t) => {
  const results = client(t).iterate({ query: CHANGED });
  let before = versionOf(await take(results));
  for (let n = 0; n < 2; n++) {
    await change();
    const version = versionOf(await take(results));
    assert.ok(version > before, `${version} after ${before}`);
    before = version;
  }
  await results.return();
});

for (const how of ["post", "get"]) {
  const variables = (given) => (how === "get" ? JSON.stringify(given) : given);

  test(`${how}: a subscription gives an event at once, and stays open`, async (t) => {
    const events = await stream(t, how, { query: CHANGED });
    versionOf(await events.result());
    assert.ok(!events.text.includes("complete"));
  });

  test(`${how}: a query gives next and complete, and the stream ends`, async (t) => {
    const query = `${ESPOO} query Other { __typename }`;
    const events = await stream(t, how, { query, operationName: "Espoo", variables: variables({ key: "espoo" }) });
    assert.deepEqual(await events.result(), { data: { city: { name: "Espoo" } } });
    await events.complete();
  });

  test(`${how}: a validation error comes as an event`, async (t) => {
    for (const query of ["{ nonsense }", "subscription { __typename }", "subscription { nonsense }"]) {
      const events = await stream(t, how, { query });
      checkRefused(await events.result());
      await events.complete();
    }
  });

  test(`${how}: a variable of the wrong type comes as an event`, async (t) => {
    const events = await stream(t, how, { query: ESPOO, variables: variables({ key: null }) });
    checkRefused(await events.result());
    await events.complete();
  });

  const unreadable = {
    "a document that cannot be parsed": { query: "{" },
    "an operation that is not there": { query: "query A { __typename }", operationName: "B" },
  };
  for (const [what, parameters] of Object.entries(unreadable)) {
    test(`${how}: ${what} comes as an event`, async (t) => {
      // The library answers with 400 here, which the protocol wants for nothing that concerns the document.
      if (REFERENCE) return checkStatus(await ask(t, how, parameters), 400);
      const events = await stream(t, how, parameters);
      checkRefused(await events.result());
      await events.complete();
    });
  }
}

test("a change gives another event on the same stream", changes, async (t) => {
  const events = await stream(t, "post", { query: CHANGED });
  let before = versionOf(await events.result());
  for (let n = 0; n < 2; n++) {
    await change();
    const version = versionOf(await events.result());
    assert.ok(version > before, `${version} after ${before}`);
    before = version;
  }
});

test("get: a mutation is refused", async (t) => {
  const events = await ask(t, "get", { query: "mutation { __typename }" });
  const allow = events.response.headers.get("allow") ?? "";
  await checkStatus(events, 405);
  assert.deepEqual(allow.split(/, */), ["POST"]);
});

test("what is no GraphQL request is refused as without event streams", async (t) => {
  for (const body of ["nonsense", "[]", "{}", '{"query": 1}', '{"query": "{ __typename }", "variables": []}']) {
    await checkStatus(await ask(t, "post", body), 400);
  }
  await checkStatus(await ask(t, "get", {}), 400);
  await checkStatus(await ask(t, "get", { query: "{ __typename }", variables: "nonsense" }), 400);
  const headers = { "content-type": "text/plain" };
  const events = await ask(t, "ask", { method: "POST", headers, body: '{"query": "{ __typename }"}' });
  await checkStatus(events, 415);
});

test("who accepts JSON gets JSON", async () => {
  const response = await fetch(endpoint(), {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: '{"query": "{ __typename }"}',
    signal: AbortSignal.timeout(DEADLINE),
  });
  assert.match(response.headers.get("content-type"), /^application\/json/);
  assert.deepEqual(await response.json(), { data: { __typename: "Query" } });
});

test("the end of a connection ends its subscription", counts, async (t) => {
  const before = await active();
  const streams = [await stream(t, "post", { query: CHANGED }), await stream(t, "get", { query: CHANGED })];
  for (const events of streams) await events.result();
  await until(async () => (await active()) === before + 2, "two more subscriptions");
  streams[0].close();
  await until(async () => (await active()) === before + 1, "the end of the first");
  streams[1].close();
  await until(async () => (await active()) === before, "the end of both");
});

test("connections can be opened and closed again and again", async (t) => {
  for (let n = 0; n < 50; n++) {
    const events = await stream(t, "post", { query: CHANGED });
    versionOf(await events.result());
    events.close();
  }
});

test("a comment keeps a silent connection alive", keepAlive, async (t) => {
  const events = await stream(t, "post", { query: CHANGED });
  versionOf(await events.result());
  const before = events.comments;
  // Nothing else is to come, but only who reads sees comments.
  const nothing = events.next().catch(() => {});
  await until(() => events.comments > before, "a comment", 3 * Number(keepAlive.value));
  events.close();
  await nothing;
});
