// A server made of the JavaScript libraries that the protocols come from: what the tests say is proved on it.
//
//   node reference.mjs [--profile NAME] [--port NUMBER]
//
// The profiles: `bare` is the libraries as they are; `public` and `hardened` are what our server wants to be; `open`
// has every weakness that GraphQL Cop looks for. Settings: INIT_TIMEOUT_MS, MAX_OPERATIONS.
// Beside /graphql: POST /change makes the data change, GET /active tells how many subscriptions run.

import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  GraphQLError, MaxIntrospectionDepthRule, buildSchema, execute, parse, specifiedRules, validate as validateBy,
} from "graphql";
import { createHandler as createHttp } from "graphql-http/lib/use/http";
import { createHandler as createSse } from "graphql-sse/lib/use/http";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import { sdl } from "./schema.mjs";

const MAX_MESSAGE = 1 << 20;
const MAX_ALIASES = 15;
const MAX_ERRORS = 5;

/** The version of the data, and who waits for the next one. */
class Dataset {
  version = 1;
  active = 0;
  #waiting = new Set();

  change() {
    this.version++;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** The current version, then each that follows; the latest where several follow at once. */
  subscribe() {
    const dataset = this;
    let [seen, ended, wake] = [0, false, () => {}];
    dataset.active++;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        while (!ended && seen === dataset.version) {
          await new Promise((resolve) => dataset.#waiting.add((wake = resolve)));
        }
        if (ended) return { done: true, value: undefined };
        seen = dataset.version;
        return { done: false, value: { datasetChanged: { version: seen, changedAt: new Date().toISOString() } } };
      },
      async return() {
        if (!ended) dataset.active--;
        ended = true;
        wake();
        return { done: true, value: undefined };
      },
      async throw(error) {
        await this.return();
        throw error;
      },
    };
  }
}

/** The rules of the protected profiles, beside those of the specification. */
function limits(profile) {
  const aliases = (context) => {
    let count = 0;
    return {
      Field(node) {
        if (node.alias && ++count === MAX_ALIASES + 1) context.reportError(new GraphQLError("too many aliases"));
      },
    };
  };
  const directives = (context) => ({
    Field({ directives }) {
      if (directives.length > 5) context.reportError(new GraphQLError("too many directives"));
    },
  });
  // `__type` stays: audits ask for it, and it tells nothing to those who do not know the names already.
  const hidden = (context) => ({
    Field({ name }) {
      if (name.value === "__schema") context.reportError(new GraphQLError("no introspection"));
    },
  });
  return profile === "hardened" ? [aliases, directives, hidden] : [aliases, directives];
}

function validation(profile) {
  if (profile === "bare" || profile === "open") {
    const rules = specifiedRules.filter((rule) => rule !== MaxIntrospectionDepthRule);
    return (schema, document) => validateBy(schema, document, rules);
  }
  return (schema, document) => {
    const first = validateBy(schema, document, limits(profile));
    // What is over a limit is not worth looking at further.
    const errors = first.length > 0 ? first : validateBy(schema, document, specifiedRules).slice(0, MAX_ERRORS);
    for (const error of errors) error.message = error.message.replace(/ Did you mean .*/, "");
    return errors;
  };
}

async function answer(schema, query, variableValues, operationName) {
  try {
    const document = parse(query);
    const errors = validation("open")(schema, document);
    return errors.length > 0 ? { errors } : await execute({ schema, document, variableValues, operationName });
  } catch (error) {
    return { errors: [error] };
  }
}

/** A careless endpoint: takes whatever comes, from wherever, and tells everything. */
async function careless(schema, request, body) {
  const url = new URL(request.url, "http://localhost");
  const form = request.headers["content-type"]?.includes("urlencoded") ? new URLSearchParams(body) : null;
  const parameters = form ?? url.searchParams;
  const asked = body && !form ? JSON.parse(body) : { query: parameters.get("query") };
  const run = async ({ query, variables, operationName }) => {
    const { data, errors } = await answer(schema, query, variables, operationName);
    const told = errors?.map(({ message }) => ({ message, extensions: { exception: { stacktrace: [] } } }));
    return { data, errors: told, extensions: { tracing: { version: 1 } } };
  };
  return JSON.stringify(Array.isArray(asked) ? await Promise.all(asked.map(run)) : await run(asked));
}

async function read(request) {
  let body = "";
  for await (const part of request) body += part;
  return body;
}

function executable(profile, dataset) {
  const isMissing = profile === "open" && !buildSchema(sdl()).getMutationType();
  const mutation = isMissing ? "type Mutation { nothing: Int } extend schema { mutation: Mutation }" : "";
  const schema = buildSchema(`${sdl()}\n${mutation}`);
  const espoo = { key: "espoo", name: "Espoo" };
  schema.getQueryType().getFields().city.resolve = (_, { by }) => (by.key === espoo.key ? espoo : null);
  schema.getSubscriptionType().getFields().datasetChanged.subscribe = () => dataset.subscribe();
  return schema;
}

/** Starts a server, on a free port unless one is given. */
export async function start({ profile = "bare", port = 0, initTimeout = 3000, maxOperations = Infinity } = {}) {
  const dataset = new Dataset();
  const schema = executable(profile, dataset);
  const validate = validation(profile);
  const overHttp = createHttp({ schema, validate });
  // Without a token there are distinct connections only.
  const overSse = createSse({ schema, validate, authenticate: () => null });

  const graphqlOverHttp = async (request, response) => {
    const events = request.headers.accept === "text/event-stream";
    if (profile === "hardened" && request.method === "GET") return response.writeHead(405, { allow: "POST" }).end();
    if (profile !== "open" || events) return (events ? overSse : overHttp)(request, response);
    if (request.headers.accept?.includes("text/html")) return response.end("<title>GraphiQL</title>");
    response.setHeader("content-type", "application/json");
    response.end(await careless(schema, request, await read(request)));
  };
  const server = createServer(async (request, response) => {
    try {
      const path = new URL(request.url, "http://localhost").pathname;
      if (path === "/graphql") return await graphqlOverHttp(request, response);
      if (path === "/active") return response.end(String(dataset.active));
      if (path !== "/change") return response.writeHead(404).end();
      dataset.change();
      response.end();
    } catch (error) {
      if (!response.headersSent) response.writeHead(500);
      response.end(error.message);
    }
  });

  const sockets = new WebSocketServer({ server, path: "/graphql", maxPayload: MAX_MESSAGE });
  const onSubscribe = ({ subscriptions }) => {
    if (Object.keys(subscriptions).length <= maxOperations) return;
    return [new GraphQLError("too many operations", { extensions: { code: "TOO_MANY_OPERATIONS" } })];
  };
  useServer({ schema, validate, connectionInitWaitTimeout: initTimeout, onSubscribe }, sockets);

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    sockets,
    stop() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { profile: { type: "string" }, port: { type: "string" } } });
  const number = (text) => (text ? Number(text) : undefined);
  const { url } = await start({
    profile: values.profile,
    port: number(values.port),
    initTimeout: number(process.env.INIT_TIMEOUT_MS),
    maxOperations: number(process.env.MAX_OPERATIONS),
  });
  console.log(url);
}
