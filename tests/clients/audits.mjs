// The audits of GraphQL over HTTP (npm `graphql-http`), one line for each, and the count.
//
//   node audits.mjs BASE_URL [--except ID,ID,…]
//
// Exit code 1 unless all audits are ok, and exactly those of `--except` are not.

import { parseArgs } from "node:util";
import { auditServer } from "graphql-http";
import { DEADLINE } from "./support.mjs";

/** How many audits the pinned version has: an update that drops some should not pass unseen. */
const COUNT = 61;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { except: { type: "string" } } });
if (positionals.length !== 1) {
  console.error("usage: node audits.mjs BASE_URL [--except ID,ID,…]");
  process.exit(2);
}
const excepted = new Set(values.except?.split(",").filter(Boolean));

/** Reads the body at once, so that the connection is free for the next audit. */
async function fetchFn(url, init) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(DEADLINE) });
  const body = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  return new Response(body.byteLength ? body : null, { status, statusText, headers });
}

const results = await auditServer({ url: `${positionals[0]}/graphql`, fetchFn });

let wrong = 0;
for (const { id, name, status, reason, response } of results) {
  const ok = status === "ok";
  const expected = ok !== excepted.has(id);
  if (!expected) wrong++;
  const verdict = `${expected ? "" : "UNEXPECTED "}${ok ? "ok" : `not ok (${status})`}`;
  console.log(`${id}  ${verdict}  ${name}${ok ? "" : `: ${reason}, but ${response.status}`}`);
}
const unknown = [...excepted].filter((id) => !results.some((result) => result.id === id));
for (const id of unknown) console.log(`${id}  UNKNOWN  there is no such audit`);

const ok = results.filter(({ status }) => status === "ok").length;
console.log(`${ok} of ${results.length} audits ok, ${excepted.size} expected not to be`);
if (results.length !== COUNT) console.log(`there should be ${COUNT} audits`);
process.exit(wrong + unknown.length === 0 && results.length === COUNT ? 0 : 1);
