// Asks the server and the reference the same documents, and prints what differs.
//
//   node check.mjs DIRECTORY URL [SEED [library]]
//
// DIRECTORY is an export, with `rows.csv` beside it: kind, key, id, version, created_at, updated_at of every record.
// `library` says that async-graphql's own HTTP integration answers.
// Prints a line of JSON for each group of documents; `differences` are empty where all answers are the same.

import { readFileSync, readdirSync } from "node:fs";
import { coercions } from "./coercion.mjs";
import { compare } from "./compare.mjs";
import { everything } from "./everything.mjs";
import { generate } from "./random.mjs";
import { Reference, isOfArgument } from "./reference.mjs";

const [directory, url, seed = "1", library] = process.argv.slice(2);
const here = (path) => new URL(path, import.meta.url);
const reference = new Reference(readFileSync(here("../../schema.graphql"), "utf8"), directory);
const RANDOM = 150;

/** Sends a request. The variables are text: `2.0` and `2` are the same to JavaScript. */
async function ask({ query, operationName, variables = "{}" }) {
  const rest = JSON.stringify({ query, operationName }).slice(1);
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"variables":${variables},${rest}`,
  });
  return response.text();
}

/** The documents of a file: each after a line `#= name`, then its lines `#: operation NAME` and `#: variables JSON`. */
function* documents(file) {
  for (const part of readFileSync(here(`documents/${file}`), "utf8").split(/^#= /m).slice(1)) {
    const name = part.split("\n", 1)[0];
    const settings = (word) => [...part.matchAll(new RegExp(`^#: ${word} (.*)$`, "gm"))].map((match) => match[1]);
    const query = part.slice(name.length + 1).replace(/^#: .*\n/gm, "");
    const variables = settings("variables");
    yield { name, query, operationName: settings("operation")[0], runs: variables.length ? variables : ["{}"] };
  }
}

/**
 * `<<id city espoo>>` is the global id of a record; `<<cursor City NAME_ASC espoo>>` a cursor that the server gave for it, and
 * `<<cursor Activity START_DESC Visit/espoo-shanghai-2015>>` one of a list of several types. Several orders are separated by commas.
 */
async function fill(text) {
  let filled = text;
  for (const [place, what, ...words] of text.matchAll(/<<(\w+) (\w+) (\S+?)(?: (\S+?))?>>/g)) {
    filled = filled.replace(place, what === "id" ? idOf(...words) : await cursor(...words));
  }
  return filled;
}

function idOf(type, key) {
  const record = reference.records.get(type, key);
  if (!record) throw new Error(`the documents name a ${type} ${key}, which is not there`);
  return record.id;
}

async function cursor(type, order, record) {
  const [key, member = type] = record.split("/").reverse();
  const lists = Object.values(reference.schema.getQueryType().getFields());
  const list = lists.find((field) => String(field.type) === `${type}Connection`).name;
  const byKey = `{key: {eq: "${key}"}}`;
  const filter = member === type ? byKey : `{${member[0].toLowerCase()}${member.slice(1)}: ${byKey}}`;
  const [first, ...then] = order.replace("DISTANCE,", "").split(",");
  // Distances in the documents that have cursors are those from Espoo.
  const near = order.startsWith("DISTANCE,") ? ', near: {city: {key: "espoo"}}' : "";
  const [, language] = /@(.*)$/.exec(first) ?? [];
  const alphabet = language ? `, collation: "${language}"` : "";
  const query = `{ ${list}(filter: ${filter}, orderBy: ${first.split("@")[0]}, thenBy: [${then}]${near}${alphabet}) { edges { cursor } } }`;
  const given = JSON.parse(await ask({ query })).data[list].edges[0].cursor;
  reference.lists.cursors.set(given, `cursor!${type}!${order}!${member}!${key}`);
  return given;
}

function withoutData(text) {
  const { data, ...rest } = JSON.parse(text);
  const isRefused = data === null && rest.errors?.length > 0 && rest.errors.every((error) => !error.path?.length);
  return JSON.stringify(isRefused ? rest : { data, ...rest });
}

async function check(group, all) {
  const result = { group, documents: 0, answers: 0, failed: 0, same: 0, differences: [] };
  for await (const { name, query, operationName, runs } of all) {
    result.documents++;
    const document = await fill(query);
    for (const run of runs) {
      const variables = await fill(run);
      const text = await ask({ query: document, variables, operationName });
      const request = { query: document, variables: JSON.parse(variables), operationName };
      const { answer: expected, occurred } = await reference.answer(request);
      const unknown = expected.errors?.find((error) => error.path && !error.extensions.code);
      if (group === "coercion" && (expected.errors?.some(isOfArgument) || unknown || expected.data === undefined)) {
        // A value that cannot be coerced: whether the request fails or only the field is left open.
        result.answers++;
        result.failed++;
        if (!JSON.parse(text).errors?.length) result.differences.push(`${name}: is accepted\n${document}${run}`);
        continue;
      }
      if (unknown) throw unknown.originalError ?? unknown;
      if (!["refused", "coercion"].includes(group) && expected.data === undefined) throw new Error(`${group}, ${name}: ${expected.errors}`);
      // async-graphql's own responses have `data: null` where the specification has no `data`.
      const answer = library && expected.data === undefined ? withoutData(text) : text;
      const { differences, same } = compare(answer, expected, occurred, reference.lists.cursors);
      result.answers++;
      result.failed += expected.errors ? 1 : 0;
      result.same += same ? 1 : 0;
      result.differences.push(...differences.map((what) => `${name}: ${what}\n${document}${run}`));
    }
  }
  console.log(JSON.stringify(result));
}

for (const file of readdirSync(here("documents")).sort()) {
  await check(file.replace(/\.graphql$/, ""), documents(file));
}
await check("coercion", coercions());
await check("everything", everything(reference.schema));
await check("random", generate(reference, Number(seed), RANDOM));
