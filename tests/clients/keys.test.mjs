// API keys over all transports: over HTTP in headers, over WebSockets in headers or in the first message.
//
//   BASE_URL=http://127.0.0.1:8000 PARTNER_KEY=… REVOKE_COMMAND=… node keys.test.mjs
//
// PARTNER_KEY is a key whose owner is a partner; REVOKE_COMMAND revokes it, which the last test does.

import assert from "node:assert/strict";
import { exec } from "node:child_process";
import { test } from "node:test";
import { createClient as createEventClient } from "graphql-sse";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { endpoint, within } from "./support.mjs";

const KEY = process.env.PARTNER_KEY;
const VIEWER = "{ viewer { role name } }";
const CHANGED = "subscription { datasetChanged { version } }";

async function ask(headers) {
  const response = await fetch(endpoint(), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: VIEWER }),
  });
  return { status: response.status, challenge: response.headers.get("www-authenticate"), body: await response.json() };
}

function socketClient(t, more) {
  const client = createClient({ url: endpoint("ws"), webSocketImpl: WebSocket, retryAttempts: 0, ...more });
  t.after(() => client.dispose());
  return client;
}

/** The reason with which the server ends a subscription that has begun, which is not complete. */
async function closing(results) {
  try {
    while (!(await within(results.next(), "the end")).done);
    return { reason: "complete" };
  } catch (error) {
    return error;
  }
}

test("over HTTP, in a header", async () => {
  assert.deepEqual((await ask({})).body.data.viewer, { role: "READER", name: null });
  const { status, body } = await ask({ authorization: `Bearer ${KEY}` });
  assert.equal(status, 200);
  assert.deepEqual(body.data.viewer, { role: "PARTNER", name: "Partner" });
});

test("a wrong key is refused, and is not taken for none", async () => {
  for (const authorization of [`Bearer ${KEY}x`, `Bearer ${KEY.slice(0, -1)}`, "Bearer abc", "Basic abc", KEY]) {
    const { status, challenge, body } = await ask({ authorization });
    assert.equal(status, 401, authorization);
    assert.match(challenge, /^Bearer realm="coopgraph", error="invalid_token"$/);
    assert.equal(body.errors[0].extensions.code, "UNAUTHENTICATED");
    assert.ok(!("data" in body) && !JSON.stringify(body).includes(KEY));
  }
});

test("over a WebSocket, in the first message", async (t) => {
  for (const name of ["Authorization", "authorization"]) {
    const results = socketClient(t, { connectionParams: { [name]: `Bearer ${KEY}` } }).iterate({ query: VIEWER });
    const { value } = await within(results.next(), "a result");
    assert.equal(value.data.viewer.role, "PARTNER");
  }
  const results = socketClient(t, {}).iterate({ query: VIEWER });
  assert.equal((await within(results.next(), "a result")).value.data.viewer.role, "READER");
});

test("over a WebSocket, in a header", async (t) => {
  class WithHeader extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { headers: { authorization: `Bearer ${KEY}` } });
    }
  }
  const results = socketClient(t, { webSocketImpl: WithHeader }).iterate({ query: VIEWER });
  assert.equal((await within(results.next(), "a result")).value.data.viewer.role, "PARTNER");
});

test("a WebSocket with a wrong key is closed", async (t) => {
  const wrong = [`Bearer ${KEY}x`, "abc", 5];
  for (const authorization of wrong) {
    const results = socketClient(t, { connectionParams: { authorization } }).iterate({ query: VIEWER });
    const { code, reason } = await closing(results);
    assert.equal(code, 4403);
    assert.match(reason, /^Forbidden: the API key is wrong/);
  }
});

test("what is open ends when the key is revoked", async (t) => {
  const authorization = `Bearer ${KEY}`;
  const results = socketClient(t, { connectionParams: { authorization } }).iterate({ query: CHANGED });
  await within(results.next(), "the first event");
  const events = createEventClient({ url: endpoint(), retryAttempts: 1, headers: { authorization } });
  t.after(() => events.dispose());
  const streamed = events.iterate({ query: CHANGED });
  await within(streamed.next(), "the first event");
  await new Promise((resolve, reject) => {
    exec(process.env.REVOKE_COMMAND, (error, _, stderr) => (error ? reject(new Error(stderr)) : resolve()));
  });
  const { status, body } = await ask({ authorization });
  assert.equal(status, 401);
  assert.match(body.errors[0].message, /^the API key was revoked/);
  const { code, reason } = await closing(results);
  assert.equal(code, 4403);
  assert.match(reason, /^Forbidden: the API key has expired, or it was revoked/);
  // It tries to go on, and is refused.
  const refused = await closing(streamed);
  assert.match(String(refused.message ?? refused), /401|Unauthorized/i);
});
