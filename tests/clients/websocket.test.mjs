// GraphQL over WebSocket, the protocol `graphql-transport-ws`: with its own client, and with raw messages.
//
//   BASE_URL=http://127.0.0.1:8000 node websocket.test.mjs
//
// Tests that need to know more of the server are skipped without it: INIT_TIMEOUT_MS, MAX_OPERATIONS, CHANGE_COMMAND,
// ACTIVE_URL. DEADLINE_MS is how long anything may take. The data are the bundled ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import {
  REFERENCE, Socket, active, change, checkErrors, checkRefused, endpoint, handshake, setting, until, versionOf, within,
} from "./support.mjs";

const CHANGED = "subscription { datasetChanged { version changedAt } }";
const ESPOO = 'query Espoo($key: String!) { city(by: {key: $key}) { name } }';
const initTimeout = setting("INIT_TIMEOUT_MS");
const maxOperations = setting("MAX_OPERATIONS");
const changes = setting("CHANGE_COMMAND");
const counts = setting("ACTIVE_URL");

/** A ready socket that is closed after the test. */
async function ready(t) {
  const socket = await Socket.ready();
  t.after(() => socket.raw.terminate());
  return socket;
}

async function open(t) {
  const socket = await Socket.open();
  t.after(() => socket.raw.terminate());
  return socket;
}

function client(t, more = {}) {
  const made = createClient({ url: endpoint("ws"), webSocketImpl: WebSocket, retryAttempts: 0, ...more });
  t.after(() => made.dispose());
  return made;
}

/** The next result of the client's. */
async function take(results) {
  const { done, value } = await within(results.next(), "a result");
  assert.ok(!done, "no more results");
  return value;
}

/** The server closes the socket with this code, and with the reason that the protocol has for it. */
async function closes(socket, code, reason) {
  const closed = await socket.closed();
  assert.equal(closed.code, code, closed.reason);
  if (reason) assert.equal(closed.reason, reason);
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

test("client: several operations share a socket", async (t) => {
  let sockets = 0;
  const shared = client(t, { on: { opened: () => sockets++ } });
  const subscriptions = [1, 2, 3].map(() => shared.iterate({ query: CHANGED }));
  for (const results of subscriptions) versionOf(await take(results));
  const query = shared.iterate({ query: ESPOO, variables: { key: "nowhere" } });
  assert.deepEqual(await take(query), { data: { city: null } });
  await subscriptions[0].return();
  assert.deepEqual(await take(shared.iterate({ query: "{ __typename }" })), { data: { __typename: "Query" } });
  assert.equal(sockets, 1);
});

test("client: a validation error ends the operation only", async (t) => {
  const shared = client(t);
  const running = shared.iterate({ query: CHANGED });
  versionOf(await take(running));
  await assert.rejects(within(shared.iterate({ query: "{ nonsense }" }).next(), "an error"), (errors) => {
    checkErrors(errors);
    return true;
  });
  assert.deepEqual(await take(shared.iterate({ query: "{ __typename }" })), { data: { __typename: "Query" } });
});

test("client: each change gives an event", changes, async (t) => {
  const shared = client(t);
  const both = [shared.iterate({ query: CHANGED }), shared.iterate({ query: CHANGED })];
  const before = await Promise.all(both.map(async (results) => versionOf(await take(results))));
  for (let n = 0; n < 2; n++) {
    await change();
    for (const [i, results] of both.entries()) {
      const version = versionOf(await take(results));
      assert.ok(version > before[i], `${version} after ${before[i]}`);
      before[i] = version;
    }
  }
});

test("acknowledged: with a payload, with null and without", async (t) => {
  for (const payload of [{ token: "none" }, null, undefined]) {
    const socket = await open(t);
    socket.send({ type: "connection_init", payload });
    assert.equal((await socket.next()).type, "connection_ack");
    await socket.alive();
  }
});

test("a query: next, then complete, and nothing more", async (t) => {
  const socket = await ready(t);
  const more = { variables: { key: "espoo" }, operationName: "Espoo", extensions: { any: "thing" } };
  socket.subscribe("q", `${ESPOO} query Other { __typename }`, more);
  assert.deepEqual(await socket.next(), { id: "q", type: "next", payload: { data: { city: { name: "Espoo" } } } });
  assert.deepEqual(await socket.next(), { id: "q", type: "complete" });
  socket.subscribe("q", "{ __typename }", { variables: null, operationName: null, extensions: null });
  assert.deepEqual(await socket.next(), { id: "q", type: "next", payload: { data: { __typename: "Query" } } });
  assert.deepEqual(await socket.next(), { id: "q", type: "complete" });
  await socket.alive();
});

test("a subscription: complete stops it, and its id is free", async (t) => {
  const socket = await ready(t);
  for (let n = 0; n < 3; n++) {
    socket.subscribe("s", CHANGED);
    const { id, type, payload } = await socket.next();
    assert.deepEqual([id, type], ["s", "next"]);
    versionOf(payload);
    socket.send({ id: "s", type: "complete" });
    await socket.alive();
  }
  // The client said so itself.
  assert.ok(socket.received.every(({ type }) => type !== "complete"));
});

test("a stopped subscription gives no event of a later change", changes, async (t) => {
  const socket = await ready(t);
  for (const id of ["stopped", "running"]) {
    socket.subscribe(id, CHANGED);
    assert.equal((await socket.next()).id, id);
  }
  socket.send({ id: "stopped", type: "complete" });
  await socket.alive();
  for (let n = 0; n < 2; n++) {
    await change();
    assert.equal((await socket.next()).id, "running");
  }
});

test("complete for an operation that is over, or never was, is ignored", async (t) => {
  const socket = await ready(t);
  socket.subscribe("q", "{ __typename }");
  await socket.next();
  await socket.next();
  for (const id of ["q", "never"]) socket.send({ id, type: "complete" });
  await socket.alive();
});

const refused = {
  "a field that is not there": ["{ nonsense }"],
  "two fields at the root of a subscription": ["subscription { a: datasetChanged { version } __typename }"],
  "an operation that is not there": ["query A { __typename }", { operationName: "B" }],
};
// The library closes the socket (4500) when a document cannot be parsed.
if (!REFERENCE) refused["a document that cannot be parsed"] = ["{"];

for (const [what, [query, more]] of Object.entries(refused)) {
  test(`refused with an error message, and the socket goes on: ${what}`, async (t) => {
    const socket = await ready(t);
    for (let n = 0; n < 2; n++) {
      socket.subscribe("e", query, more);
      const { id, type, payload } = await socket.next();
      assert.deepEqual([id, type], ["e", "error"]);
      checkErrors(payload);
    }
    socket.subscribe("e", "{ __typename }");
    assert.equal((await socket.next()).type, "next");
    assert.equal((await socket.next()).type, "complete");
    // No complete for what ended with an error.
    assert.equal(socket.received.filter(({ type }) => type === "complete").length, 1);
  });
}

test("a variable of the wrong type: an error message, or a result of errors only", async (t) => {
  const socket = await ready(t);
  socket.subscribe("v", ESPOO, { variables: { key: null } });
  const { type, payload } = await socket.next();
  if (type === "error") checkErrors(payload);
  else {
    checkRefused(payload);
    assert.deepEqual(await socket.next(), { id: "v", type: "complete" });
  }
  await socket.alive();
});

const subscribe = (payload) => ({ id: "m", type: "subscribe", payload });
const malformed = {
  "no JSON": "nonsense",
  "nothing": "",
  "a list": [],
  "null": "null",
  "a number": "42",
  "no type": { id: "m" },
  "a type that is no string": { type: 1 },
  "an unknown type": { type: "start", id: "m", payload: { query: "{ __typename }" } },
  "no id": { type: "subscribe", payload: { query: "{ __typename }" } },
  "an empty id": { type: "subscribe", id: "", payload: { query: "{ __typename }" } },
  "an id that is no string": { type: "subscribe", id: 1, payload: { query: "{ __typename }" } },
  "complete without id": { type: "complete" },
  "no payload": { id: "m", type: "subscribe" },
  "a payload that is a string": subscribe("{ __typename }"),
  "no query": subscribe({}),
  "a query that is no string": subscribe({ query: 1 }),
  "variables in a list": subscribe({ query: "{ __typename }", variables: [] }),
  "an operationName that is no string": subscribe({ query: "{ __typename }", operationName: 1 }),
  "extensions that are a string": subscribe({ query: "{ __typename }", extensions: "x" }),
  "a ping with a string": { type: "ping", payload: "x" },
  "a long unknown type": { type: "x".repeat(1000) },
  "binary nonsense": Buffer.from([0, 159, 146, 150]),
};
if (!REFERENCE) {
  malformed["a long id"] = { type: "subscribe", id: "x".repeat(257), payload: { query: "{ __typename }" } };
  // The library reads binary frames as text, and closes with 4500 on messages that are the server's.
  malformed["binary JSON"] = Buffer.from('{"type":"ping"}');
  malformed["a message that is the server's"] = { id: "m", type: "next", payload: {} };
}

for (const [what, message] of Object.entries(malformed)) {
  test(`4400 for a malformed message: ${what}`, async (t) => {
    const socket = await ready(t);
    socket.send(message);
    await closes(socket, 4400);
  });
}

test("4400 for an initialisation with a list", async (t) => {
  const socket = await open(t);
  socket.send({ type: "connection_init", payload: [] });
  await closes(socket, 4400);
});

test("4401 for an operation before the initialisation", async (t) => {
  const socket = await open(t);
  socket.subscribe("u", "{ __typename }");
  await closes(socket, 4401, "Unauthorized");
  assert.deepEqual(socket.received, []);
});

test("4406 or no handshake without the subprotocol", async () => {
  for (const protocol of ["graphql-ws", "soap, wamp", ""]) {
    const { status, chosen, code } = await handshake(protocol);
    assert.equal(chosen, undefined, protocol);
    if (status === 101) assert.equal(code, 4406, protocol);
    else assert.ok(status >= 400 && status < 500, `${status} for ${protocol}`);
  }
});

test("the subprotocol is found among several", async () => {
  const { status, chosen } = await handshake("graphql-ws, graphql-transport-ws");
  assert.deepEqual([status, chosen], [101, "graphql-transport-ws"]);
});

test("4408 without initialisation, and only then", initTimeout, async (t) => {
  const first = await open(t);
  first.send({ type: "connection_init" });
  assert.equal((await first.next()).type, "connection_ack");
  const silent = await open(t);
  const start = Date.now();
  // A ping is no initialisation.
  await silent.alive();
  const end = within(silent.end, "the timeout", Number(initTimeout.value) + 5000);
  assert.deepEqual(await end, { code: 4408, reason: "Connection initialisation timeout", error: null });
  assert.ok(Date.now() - start > Number(initTimeout.value) / 2, "too early");
  // Opened earlier, it is past the time as well.
  await first.alive();
});

test("4409 for an id that is in use", async (t) => {
  const socket = await ready(t);
  socket.subscribe("twice", CHANGED);
  await socket.next();
  socket.subscribe("twice", CHANGED);
  await closes(socket, 4409, "Subscriber for twice already exists");
});

test("4409 for a long id that is in use: the reason has at most 123 bytes", async (t) => {
  for (const id of ["x".repeat(250), "ä".repeat(51), "😀".repeat(40)]) {
    const socket = await ready(t);
    socket.subscribe(id, CHANGED);
    assert.equal((await socket.next()).id, id);
    socket.subscribe(id, CHANGED);
    // The library's own reason is too long for a frame, at which it closes with 4500.
    await closes(socket, REFERENCE ? 4500 : 4409);
  }
});

test("4429 for a second initialisation", async (t) => {
  const socket = await ready(t);
  socket.send({ type: "connection_init" });
  await closes(socket, 4429, "Too many initialisation requests");
});

test("ping is answered at any time, with its payload", async (t) => {
  const socket = await open(t);
  const payload = { n: 1, deep: { text: "ä😀" } };
  socket.send({ type: "ping", payload });
  assert.deepEqual(await socket.next(), { type: "pong", payload });
  socket.send({ type: "connection_init" });
  assert.equal((await socket.next()).type, "connection_ack");
  socket.send({ type: "ping" });
  assert.deepEqual(await socket.next(), { type: "pong" });
});

test("a pong nobody asked for is ignored", async (t) => {
  const socket = await open(t);
  socket.send({ type: "pong" });
  socket.send({ type: "connection_init" });
  assert.equal((await socket.next()).type, "connection_ack");
  socket.send({ type: "pong", payload: { any: "thing" } });
  await socket.alive();
});

test("one operation more than a socket may have: refused, and the socket goes on", maxOperations, async (t) => {
  const socket = await ready(t);
  const most = Number(maxOperations.value);
  for (let n = 0; n < most; n++) {
    socket.subscribe(`s${n}`, CHANGED);
    assert.deepEqual([`s${n}`, "next"], (({ id, type }) => [id, type])(await socket.next()));
  }
  for (const query of [CHANGED, "{ __typename }"]) {
    socket.subscribe("more", query);
    const { id, type, payload } = await socket.next();
    assert.deepEqual([id, type], ["more", "error"]);
    checkErrors(payload);
    assert.match(payload[0].extensions?.code ?? "", /^[A-Z_]+$/);
  }
  socket.send({ id: "s0", type: "complete" });
  socket.subscribe("more", CHANGED);
  assert.deepEqual(["more", "next"], (({ id, type }) => [id, type])(await socket.next()));
  await socket.alive();
});

for (const kibibytes of REFERENCE ? [1024] : [129, 1024]) {
  test(`a message of ${kibibytes} KiB closes the socket`, async (t) => {
    const socket = await ready(t);
    socket.send({ type: "ping", payload: { pad: "x".repeat(kibibytes << 10) } });
    const { code } = await socket.closed();
    assert.ok(code === 1009 || code === 4400, `${code}`);
  });
}

test("a close frame is answered with one", async (t) => {
  const socket = await ready(t);
  socket.subscribe("a", CHANGED);
  await socket.next();
  socket.close();
  // Without a reply, the code would be 1006.
  assert.equal((await socket.closed()).code, 1000);
});

test("the end of a socket ends its subscriptions", counts, async (t) => {
  const before = await active();
  const sockets = await Promise.all([ready(t), ready(t)]);
  for (const socket of sockets) {
    socket.subscribe("a", CHANGED);
    socket.subscribe("b", CHANGED);
    await socket.next();
    await socket.next();
  }
  await until(async () => (await active()) === before + 4, "four more subscriptions");
  sockets[0].send({ id: "a", type: "complete" });
  await until(async () => (await active()) === before + 3, "one subscription less");
  sockets[0].close();
  await until(async () => (await active()) === before + 2, "the end of the first socket's");
  sockets[1].raw.terminate();
  await until(async () => (await active()) === before, "the end of all");
});
