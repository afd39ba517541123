// Requests without a pause, a subscription over a WebSocket and one over an event stream, while servers behind a proxy come
// and go.
//
//   BASE_URL=https://localhost:8443/prefix CHANGE_COMMAND=… node load.mjs
//
// Reads orders, one a line: `round` waits for a number of further answers and prints `answered`; `stop` changes the data, waits
// until both subscriptions know, and prints how many requests were answered and failed. DEADLINE_MS is how long anything may
// take.

import { createInterface } from "node:readline";
import { createClient as createEvents } from "graphql-sse";
import { createClient as createSockets } from "graphql-ws";
import WebSocket from "ws";
import { change, endpoint, until } from "./support.mjs";

const CLIENTS = 4;
/** So many answers make a round. */
const ROUND = 100;

const counts = { answered: 0, failed: 0 };
let running = true;

async function ask() {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ query: "{ cities(first: 50) { totalCount nodes { key name country { name } } } }" });
  const answer = await fetch(endpoint(), { method: "POST", headers, body });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status}: ${text}`);
  const { data, errors } = JSON.parse(text);
  if (errors || data.cities.nodes.length !== 50) throw new Error(text);
}

async function askAgainAndAgain() {
  while (running) {
    try {
      await ask();
      counts.answered++;
    } catch (error) {
      counts.failed++;
      console.error(error);
    }
  }
}

/** The newest version that a subscription has told; one that ends for good fails. */
function listen(client) {
  const told = {};
  client.subscribe({ query: "subscription Changed { datasetChanged { version } }" }, {
    next: ({ data }) => (told.version = data.datasetChanged.version),
    error: fail,
    complete: () => fail(new Error("a subscription ended")),
  });
  return told;
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

const retry = { retryAttempts: Infinity, shouldRetry: () => true, retryWait: () => Promise.resolve() };
const subscriptions = [
  listen(createSockets({ url: endpoint("ws"), webSocketImpl: WebSocket, ...retry })),
  listen(createEvents({ url: endpoint(), ...retry })),
];
const clients = Array.from({ length: CLIENTS }, askAgainAndAgain);

/** Waits until there are so many answers more, and both subscriptions have begun. */
async function round() {
  const before = counts.answered;
  await until(() => counts.answered >= before + ROUND, "answers");
  await until(() => subscriptions.every(({ version }) => version !== undefined), "subscriptions");
}

await round();
console.log("begun");
for await (const order of createInterface({ input: process.stdin })) {
  if (order === "round") {
    await round();
    console.log("answered");
  } else if (order === "stop") {
    const [{ version }] = subscriptions;
    await change();
    await until(() => subscriptions.every((told) => told.version === version + 1), "the change in both subscriptions");
    running = false;
    await Promise.all(clients);
    console.log(`${counts.answered} answered, ${counts.failed} failed`);
    break;
  }
}
process.exit();
