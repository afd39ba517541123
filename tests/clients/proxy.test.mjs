// The server behind a proxy that ends TLS, and passes on what is below a prefix.
//
//   BASE_URL=https://localhost:8443/prefix NODE_EXTRA_CA_CERTS=cert.pem CHANGE_COMMAND=… node proxy.test.mjs
//
// DEADLINE_MS is how long anything may take. The data are the bundled ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { Events, change, endpoint, versionOf, within } from "./support.mjs";

const { origin, pathname: prefix } = new URL(process.env.BASE_URL);
const CHANGED = "subscription { datasetChanged { version changedAt } }";

const get = (path) => within(fetch(`${process.env.BASE_URL}${path}`, { redirect: "manual" }), path);

async function post(query) {
  const headers = { "content-type": "application/json", "accept-encoding": "identity" };
  const answer = await within(fetch(endpoint(), { method: "POST", headers, body: JSON.stringify({ query }) }), query);
  return { answer, text: await within(answer.text(), query) };
}

test("a query is answered, with a request ID", async () => {
  const { answer, text } = await post('{ city(by: {key: "espoo"}) { name } }');
  assert.equal(text, '{"data":{"city":{"name":"Espoo"}}}');
  assert.match(answer.headers.get("x-request-id"), /^[\w.-]+$/);
});

test("a response that is larger than all buffers is complete", async () => {
  const page = "(first: 100) { nodes { id key version createdAt updatedAt citations { nodes { id key field version } } } }";
  const { text } = await post(`{ ${["cities", "countries", "citations", "sources", "partnerships"].map((list) => list + page)} }`);
  assert.ok(text.length > 100 << 10, `${text.length} bytes`);
  const { data } = JSON.parse(text);
  assert.deepEqual(Object.values(data).map(({ nodes }) => nodes.length), [100, 100, 100, 100, 100]);
});

test("pages lead to each other, below the prefix", async () => {
  const bare = await get("");
  assert.deepEqual([bare.status, new URL(bare.headers.get("location"), origin).pathname], [308, `${prefix}/`]);
  assert.match(bare.headers.get("x-request-id") ?? "", /./);
  const start = await get("/");
  const text = await start.text();
  assert.ok(text.includes(` ${origin}${prefix}/graphql `), text);
  const links = [...text.matchAll(/(?:href|src)="([^"#:]+)"/g)].map(([, link]) => link);
  assert.ok(links.length > 1, text);
  for (const link of links) {
    const answer = await within(fetch(new URL(link, `${process.env.BASE_URL}/`)), link);
    assert.equal(answer.status, 200, link);
    assert.ok(answer.url.startsWith(`${process.env.BASE_URL}/`), answer.url);
  }
});

test("events arrive when they happen, though responses are buffered", async (t) => {
  const events = await Events.post({ query: CHANGED });
  t.after(() => events.close());
  const version = versionOf(await events.result());
  await change();
  assert.equal(versionOf(await events.result()), version + 1);
});

test("a subscription over a WebSocket tells of changes", async (t) => {
  const client = createClient({ url: endpoint("ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  t.after(() => client.dispose());
  const results = client.iterate({ query: CHANGED });
  const next = async () => versionOf((await within(results.next(), "a result")).value);
  const version = await next();
  await change();
  assert.equal(await next(), version + 1);
});

test("pages of the proxy's own address may open a WebSocket, others may not", async () => {
  const open = (origin, headers) => {
    const socket = new WebSocket(endpoint("ws"), "graphql-transport-ws", { origin, headers });
    const opened = new Promise((resolve, reject) => {
      socket.once("open", () => resolve(101)).once("error", reject);
      socket.once("unexpected-response", (_, response) => resolve(response.statusCode));
    });
    return within(opened, "the handshake").finally(() => socket.terminate());
  };
  assert.equal(await open(origin), 101);
  assert.equal(await open("https://stranger.example"), 403);
  // The name by which the proxy asks, and what a client claims, do not count.
  assert.equal(await open("https://coopgraph"), 403);
  assert.equal(await open("https://stranger.example", { "x-forwarded-host": "stranger.example" }), 403);
});
