// What the tests share: deadlines, raw WebSockets and raw event streams.

import assert from "node:assert/strict";
import { exec } from "node:child_process";
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";

/** How long anything may take, in milliseconds. */
export const DEADLINE = Number(process.env.DEADLINE_MS ?? 10_000);

/** The servers of the JavaScript libraries are wrong in a few places, each of which the tests name. */
export const REFERENCE = process.env.REFERENCE === "1";

/** A setting that only some runs have; without it, the tests that need it are skipped. */
export function setting(name) {
  const value = process.env[name];
  return { value, skip: value ? false : `needs ${name}` };
}

export function endpoint(scheme = "http") {
  const base = process.env.BASE_URL;
  assert.ok(base, "BASE_URL is missing: where is the server?");
  return `${base.replace(/^http/, scheme)}/graphql`;
}

/** The value of a promise, or a failure that says what did not come. */
export async function within(promise, what, milliseconds = DEADLINE) {
  const stop = new AbortController();
  const late = pause(milliseconds, null, { signal: stop.signal }).then(() => {
    throw new Error(`${what}: nothing within ${milliseconds} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    late.catch(() => {});
  }
}

/** Waits until `holds` gives true. */
export async function until(holds, what, milliseconds = DEADLINE) {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${milliseconds} ms`);
    await pause(20);
  }
}

/** Makes the server's data change, by the command in CHANGE_COMMAND. */
export async function change() {
  const run = new Promise((resolve, reject) => {
    exec(process.env.CHANGE_COMMAND, (error, _, stderr) => (error ? reject(new Error(stderr)) : resolve()));
  });
  await within(run, "CHANGE_COMMAND");
}

/** How many subscriptions the server runs: the first number in what ACTIVE_URL gives, or what ACTIVE_PATTERN finds. */
export async function active() {
  const text = await (await fetch(process.env.ACTIVE_URL)).text();
  const found = text.match(new RegExp(process.env.ACTIVE_PATTERN ?? "(\\d+)", "m"));
  assert.ok(found, `no number of subscriptions in ${text}`);
  return Number(found[1]);
}

/** Checks what a subscription to `datasetChanged` gives, and returns its version. */
export function versionOf(result) {
  assert.deepEqual(Object.keys(result), ["data"], JSON.stringify(result));
  const { version, changedAt } = result.data.datasetChanged;
  assert.ok(Number.isInteger(version), `version ${version}`);
  assert.ok(!Number.isNaN(Date.parse(changedAt)), `changedAt ${changedAt}`);
  return version;
}

/** A request that was not executed: errors with messages, and no data at all. */
export function checkRefused(result) {
  assert.ok(!("data" in result), `data in ${JSON.stringify(result)}`);
  checkErrors(result.errors);
}

export function checkErrors(errors) {
  assert.ok(Array.isArray(errors) && errors.length > 0, JSON.stringify(errors));
  for (const error of errors) assert.equal(typeof error.message, "string");
}

/** Headers that a page may send to another origin without asking (Fetch, section 2.2.2), if its values are harmless. */
const SAFE_HEADERS = ["accept", "accept-language", "content-language"];

/**
 * `fetch` as a browser does it for a page of `origin`, as far as other origins matter: it asks before it sends headers of its
 * own, and gives nothing that the server does not allow. `preflights` are the headers that it asked for.
 */
export function browserFetch(origin) {
  const preflights = [];
  const allow = (condition, what) => {
    if (!condition) throw new TypeError(`CORS: ${what} is not allowed`);
  };
  async function asBrowser(url, init = {}) {
    const headers = new Headers(init.headers);
    const asked = [...headers.keys()].filter((name) => !SAFE_HEADERS.includes(name)).sort().join();
    const method = init.method ?? "GET";
    const isOfOrigin = (answer) => ["*", origin].includes(answer.headers.get("access-control-allow-origin"));
    headers.set("origin", origin);
    if (asked) {
      preflights.push(asked);
      const question = { origin, "access-control-request-method": method, "access-control-request-headers": asked };
      const answer = await fetch(url, { method: "OPTIONS", headers: question });
      const list = (name) => (answer.headers.get(name) ?? "").toLowerCase().split(/ *, */);
      allow(answer.ok && isOfOrigin(answer), `the origin ${origin}`);
      allow(list("access-control-allow-methods").includes(method.toLowerCase()), method);
      for (const name of asked.split(",")) allow(list("access-control-allow-headers").includes(name), name);
    }
    const answer = await fetch(url, { ...init, headers });
    allow(isOfOrigin(answer), `the origin ${origin}`);
    return answer;
  }
  return Object.assign(asBrowser, { preflights });
}

/** A queue to wait at. */
class Queue {
  #items = [];
  #waiting = [];

  push(item) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  }

  shift() {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A WebSocket whose messages one waits for, one after the other. */
export class Socket {
  /** All messages that came. */
  received = [];
  #queue = new Queue();
  #error = null;

  constructor(protocols = "graphql-transport-ws") {
    this.raw = new WebSocket(endpoint("ws"), protocols, { perMessageDeflate: false });
    this.opened = new Promise((resolve, reject) => this.raw.once("open", resolve).once("error", reject));
    this.opened.catch(() => {});
    // The library reports here what breaks the framing, such as a reason that is too long.
    this.raw.on("error", (error) => (this.#error ??= error));
    this.raw.on("message", (data, binary) => {
      assert.ok(!binary, "a binary message");
      const message = JSON.parse(data);
      this.received.push(message);
      // A server may ask at any time whether we are there.
      if (message.type === "ping") this.send({ type: "pong" });
      else this.#queue.push(message);
    });
    this.end = new Promise((resolve) => {
      this.raw.once("close", (code, reason) => resolve({ code, reason: String(reason), error: this.#error }));
    });
    this.end.then(() => this.#queue.push(null));
  }

  /** Opens a socket. */
  static async open() {
    const socket = new Socket();
    await within(socket.opened, "the handshake");
    return socket;
  }

  /** Opens a socket, and waits until the server is ready for operations. */
  static async ready() {
    const socket = await Socket.open();
    socket.send({ type: "connection_init" });
    assert.equal((await socket.next()).type, "connection_ack");
    return socket;
  }

  send(message) {
    this.raw.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  subscribe(id, query, more = {}) {
    this.send({ id, type: "subscribe", payload: { query, ...more } });
  }

  /** The next message. */
  async next() {
    const message = await within(this.#queue.shift(), "a message");
    if (!message) {
      const { code, reason } = await this.end;
      assert.fail(`the server closed the socket: ${code} ${reason}`);
    }
    return message;
  }

  /** The server still answers, and has said nothing since. */
  async alive() {
    this.send({ type: "ping" });
    assert.deepEqual(await this.next(), { type: "pong" });
  }

  /** How the server closed the socket. */
  async closed() {
    const { code, reason, error } = await within(this.end, "the end of the socket");
    assert.ok(!error, `the socket broke: ${error?.message}`);
    assert.ok(Buffer.byteLength(reason) <= 123, `a long reason: ${reason}`);
    return { code, reason };
  }

  close() {
    this.raw.close(1000);
  }
}

/** What the server does with a handshake: the status, the subprotocol it chose, and the code it closes with. */
export function handshake(protocol) {
  const headers = {
    connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13",
    "sec-websocket-key": Buffer.from("0123456789abcdef").toString("base64"),
  };
  if (protocol) headers["sec-websocket-protocol"] = protocol;
  const answer = new Promise((resolve, reject) => {
    const asked = request(endpoint(), { headers });
    asked.once("error", reject);
    asked.once("response", (response) => {
      response.destroy();
      resolve({ status: response.statusCode });
    });
    asked.once("upgrade", ({ statusCode, headers }, socket, head) => {
      let bytes = head;
      const chosen = headers["sec-websocket-protocol"];
      const give = (code) => {
        socket.destroy();
        resolve({ status: statusCode, chosen, code });
      };
      // Nothing is to come when the server is content, and a close frame when it is not.
      if (chosen) return give();
      const look = () => {
        if (bytes[0] === 0x88 && bytes.length >= 4) give(bytes.readUInt16BE(2));
      };
      socket.on("data", (more) => {
        bytes = Buffer.concat([bytes, more]);
        look();
      });
      socket.once("error", reject).once("end", () => give());
      look();
    });
    asked.end();
  });
  return within(answer, "the handshake");
}

/** An event stream: `next` waits for the next event, `text` is all that came. */
export class Events {
  text = "";
  comments = 0;
  #parts;
  #stop = new AbortController();

  /** Sends a request; the answer may be no event stream at all. */
  static async ask(init, url = endpoint()) {
    const events = new Events();
    const headers = { accept: "text/event-stream", ...init.headers };
    const sent = fetch(url, { ...init, headers, signal: events.#stop.signal });
    events.response = await within(sent, "the head of the answer");
    events.#parts = events.#read();
    return events;
  }

  static post(body) {
    return Events.ask({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  static get(parameters) {
    return Events.ask({ method: "GET" }, `${endpoint()}?${new URLSearchParams(parameters)}`);
  }

  async *#read() {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of this.response.body) {
      const text = decoder.decode(bytes, { stream: true });
      this.text += text;
      const blocks = (rest + text).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      yield* blocks.flatMap((block) => this.#event(block));
    }
    assert.equal(rest, "", "an event has no end");
  }

  #event(block) {
    const lines = block.split(/\r?\n/).filter((line) => line !== "");
    const fields = lines.filter((line) => !line.startsWith(":")).map((line) => line.match(/^(\w+): ?(.*)$/));
    this.comments += lines.length - fields.length;
    assert.ok(fields.every(Boolean), `no event: ${block}`);
    if (fields.length === 0) return [];
    const all = (name) => fields.filter((field) => field[1] === name).map((field) => field[2]);
    const data = all("data");
    return [{ event: all("event")[0], data: data.length > 0 ? data.join("\n") : undefined }];
  }

  /** The next event, `null` at the end. */
  async next() {
    const { done, value } = await within(this.#parts.next(), "an event");
    return done ? null : value;
  }

  /** The result in the next event, which must be one. */
  async result() {
    const found = await this.next();
    assert.equal(found?.event, "next", JSON.stringify(found));
    return JSON.parse(found.data);
  }

  /** The operation is complete, and the stream ends. Browsers pass over events without a data field in silence. */
  async complete() {
    assert.deepEqual(await this.next(), { event: "complete", data: "" });
    assert.equal(await this.next(), null, "more after complete");
  }

  close() {
    this.#stop.abort();
  }
}
