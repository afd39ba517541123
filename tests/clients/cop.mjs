// The active checks of GraphQL Cop (the Python tool dolevf/graphql-cop), written anew from what it sends and how it
// judges.
//
//   node cop.mjs BASE_URL --profile public|hardened
//
// Exit code 1 on findings that the profile does not allow. Where versions of the tool differ, a finding of any counts.

import { parseArgs } from "node:util";
import { DEADLINE } from "./support.mjs";

/** What a profile lives with. */
const ALLOWED = { public: ["Introspection", "GET Method Query Support"], hardened: [] };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { profile: { type: "string" } } });
const allowed = ALLOWED[values.profile];
if (positionals.length !== 1 || !allowed) {
  console.error("usage: node cop.mjs BASE_URL --profile public|hardened");
  process.exit(2);
}
const base = positionals[0];

/** Sends as Python's `requests` does: any media type is fine, redirects are followed. */
async function send(init, url = `${base}/graphql`) {
  const headers = { "user-agent": "graphql-cop", accept: "*/*", ...init.headers };
  const start = performance.now();
  const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(DEADLINE) });
  const text = await response.text();
  const took = performance.now() - start;
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // No JSON is no finding.
  }
  return { status: response.status, ok: response.ok, text, json, took };
}

const sendJson = (body) =>
  send({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const post = (query) => sendJson({ query, operationName: "cop" });
const get = (query) => send({ method: "GET" }, `${base}/graphql?${new URLSearchParams({ query })}`);

const typename = ({ ok, json }) => ok && Boolean(json?.data?.__typename);

/** Something in the extensions of the first error, or as the first of some extensions anywhere. */
const extension = ({ json, text }, name) =>
  Boolean(json?.errors?.[0]?.extensions?.[name]) ||
  new RegExp(`"extensions": ?\\{ ?"${name}":`, "i").test(json ? JSON.stringify(json) : text);

async function aliases() {
  const list = Array.from({ length: 101 }, (_, i) => `alias${i}:__typename \n`).join("");
  const { json } = await post(`query cop { ${list} }`);
  return Boolean(json?.data?.alias100);
}

async function batch() {
  const { json } = await sendJson(Array.from({ length: 10 }, () => ({ query: "query cop { __typename }" })));
  return json !== null && typeof json === "object" && Object.keys(json).length >= 10;
}

/** Released versions: ten unknown directives give ten errors. Who looks at each of them has no limit. */
async function unknownDirectives() {
  const { json } = await post(`query cop { __typename ${"@aa".repeat(10)} }`);
  return json?.errors?.length === 10;
}

/** Newer versions: more and more of a known directive, until the server names a limit, fails or becomes slow. */
async function knownDirectives() {
  const ladder = async (count) => post(`query cop { __typename ${"@skip(if:true)".repeat(count)} }`);
  const limit = /too many directives|directive.*limit|exceeds maximum|query complexity|depth limit|maxDirectives/i;
  // The tool takes one measurement; a warm server and a floor keep noise from being a finding here.
  await ladder(0);
  const { took } = await ladder(0);
  for (const count of [10, 100, 500, 1000]) {
    const step = await ladder(count);
    if (limit.test(step.text)) return false;
    if (step.status >= 500 || step.took > Math.max(10 * took, 250)) return true;
  }
  return false;
}

async function circular() {
  const nested = (depth) => (depth === 0 ? "name" : `fields { type { ${nested(depth - 1)} } }`);
  const { json } = await post(`query cop { __schema { types { ${nested(4)} } } }`);
  return json?.data?.__schema?.types?.length > 25;
}

async function introspection() {
  const { json } = await post("query cop { __schema { types { name fields { name } } } }");
  return json?.data?.__schema?.types?.length > 0;
}

async function form() {
  const body = new URLSearchParams({ query: "query cop {__typename}" });
  if (typename(await send({ method: "POST", body }))) return true;
  // Older versions put the query into the address of a POST without a body.
  return typename(await send({ method: "POST" }, `${base}/graphql?${body}`));
}

async function suggestions() {
  const { json } = await post("query cop { __schema { directive } }");
  return Boolean(json?.errors?.[0]?.message?.includes("Did you mean"));
}

const IDE = ["graphiql.min.css", "GraphQL Playground", "GraphiQL", "graphql-playground"];

async function ideAt(path, accept) {
  const { ok, text } = await send({ method: "GET", headers: { accept } }, base + path);
  return ok && IDE.some((word) => text.includes(word));
}

/** Current versions look at the endpoint only, as a browser; older ones at paths that are usual for a playground. */
async function ide() {
  if (await ideAt("/graphql", "text/html")) return true;
  const pages = [];
  for (const path of ["/graphiql", "/playground", "/console", "/graphql"]) {
    if (await ideAt(path, "*/*")) pages.push(path);
  }
  if (pages.length > 0) console.log(`GraphiQL is at ${pages.join(", ")}, which only old versions of the tool find`);
  return values.profile === "hardened" && pages.length > 0;
}

/** Of a plain query; the current version only looks into errors, and so overlooks it in answers without any. */
async function tracing() {
  const answer = await post("query cop { __typename }");
  return extension(answer, "tracing") || extension(answer, "exception") || /stacktrace/i.test(answer.text);
}

const CHECKS = [
  ["HIGH", "Alias Overloading", aliases],
  ["HIGH", "Array-based Query Batching", batch],
  ["HIGH", "Directive Overloading", async () => (await unknownDirectives()) || (await knownDirectives())],
  ["HIGH", "Introspection-based Circular Query", circular],
  ["HIGH", "Introspection", introspection],
  ["MEDIUM", "GET Method Query Support", async () => typename(await get("query cop {__typename}"))],
  ["MEDIUM", "Mutation over GET", async () => typename(await get("mutation cop {__typename}"))],
  ["MEDIUM", "POST url-encoded Query", form],
  ["LOW", "Field Suggestions", suggestions],
  ["LOW", "GraphQL IDE", ide],
  ["INFO", "Trace Mode", tracing],
  ["INFO", "Unhandled Errors", async () => extension(await post("qwerty cop { abc }"), "exception")],
];

const { json } = await post("query cop { __typename }");
if (json?.data?.__typename !== "Query") {
  console.error(`no GraphQL at ${base}/graphql: ${JSON.stringify(json)}`);
  process.exit(1);
}

const findings = [];
for (const [severity, title, check] of CHECKS) {
  const found = await check();
  if (found) findings.push(title);
  const verdict = found ? (allowed.includes(title) ? "finding, allowed" : "FINDING") : "none";
  console.log(`${severity.padEnd(6)}  ${title.padEnd(34)}  ${verdict}`);
}
const wrong = findings.filter((title) => !allowed.includes(title));
const count = `${findings.length} of ${CHECKS.length} checks have findings`;
console.log(`${count}, ${wrong.length} not allowed for ${values.profile}`);
process.exit(wrong.length === 0 ? 0 : 1);
