// Asks a server the documents in `rules`: what is to be accepted has no errors, what is to be refused has errors and no
// `data`. That the documents are right is checked by rules.mjs.
//
//   node rules-against.mjs BASE_URL
//
// Exit code 1 when the server sees something differently.

import { documents } from "./documents.mjs";
import { DEADLINE } from "./support.mjs";

const [base] = process.argv.slice(2);
if (!base) {
  console.error("usage: node rules-against.mjs BASE_URL");
  process.exit(2);
}

/** The answer, the first one where there are many. */
async function ask(accept, { document: query, variables, operation: operationName }) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(new Error(`no answer within ${DEADLINE} ms: ${query}`)), DEADLINE);
  const response = await fetch(`${base}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify({ query, variables, operationName }),
    signal: stop.signal,
  });
  const events = response.headers.get("content-type").startsWith("text/event-stream");
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true });
    if (events && text.includes("\n\n")) break;
  }
  clearTimeout(late);
  return JSON.parse(events ? text.match(/^data: ?(.*)$/m)[1] : text);
}

const problems = [];
const counts = { [true]: 0, [false]: 0 };
const rules = new Set();
for (const one of documents()) {
  let answer = await ask("application/graphql-response+json", one);
  // A subscription can only be asked for where there may be many answers.
  if (answer.errors?.[0]?.extensions?.code === "OPERATION_NOT_ALLOWED") answer = await ask("text/event-stream", one);
  const right = one.accepted ? "data" in answer && !answer.errors : answer.errors?.length > 0 && !("data" in answer);
  if (!right) {
    problems.push(`${one.file}: ${one.rule}: ${one.accepted ? "+" : "-"} ${one.what}: ${JSON.stringify(answer)}`);
  }
  counts[one.accepted]++;
  rules.add(one.rule);
}

for (const problem of problems) console.log(problem);
const count = `${rules.size} rules, ${counts[true]} documents accepted, ${counts[false]} refused`;
console.log(`${count}, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
