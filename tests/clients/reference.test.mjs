// The tests for our server, run against the servers of the JavaScript libraries: what is red for ours alone is ours to
// mend.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { start } from "./reference.mjs";

const INIT_TIMEOUT = 1000;
const MAX_OPERATIONS = 4;

/** Runs a script; `code` is what it ended with, `printed` what it said. */
async function run(args, env = {}) {
  // Otherwise the child takes itself for a part of this run.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  // What is printed where there is no terminal differs between versions of Node.js.
  const child = spawn(process.execPath, ["--test-reporter=tap", ...args], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  const [code] = await once(child, "close");
  return { code, printed };
}

async function reference(t, options) {
  const server = await start(options);
  t.after(() => server.stop());
  return server;
}

function settings({ url }) {
  return {
    BASE_URL: url,
    REFERENCE: "1",
    INIT_TIMEOUT_MS: String(INIT_TIMEOUT),
    MAX_OPERATIONS: String(MAX_OPERATIONS),
    CHANGE_COMMAND: `"${process.execPath}" -e "fetch('${url}/change')"`,
    ACTIVE_URL: `${url}/active`,
  };
}

const count = (printed, what) => Number(printed.match(new RegExp(`^# ${what} (\\d+)$`, "m"))?.[1]);
const failed = (printed) => [...printed.matchAll(/^not ok \d+ - (.*)$/gm)].map(([, name]) => name);

for (const [file, skipped] of [["websocket.test.mjs", 0], ["sse.test.mjs", 1]]) {
  test(`${file}: the reference passes`, async (t) => {
    const server = await reference(t, { initTimeout: INIT_TIMEOUT, maxOperations: MAX_OPERATIONS });
    t.mock.method(console, "error", () => {});
    const { code, printed } = await run([file], settings(server));
    assert.equal(code, 0, printed);
    // The reference's keep-alive is too slow to wait for.
    assert.equal(count(printed, "skipped"), skipped, printed);
  });
}

test("websocket.test.mjs: wrong close codes are seen", async (t) => {
  const server = await reference(t, { initTimeout: INIT_TIMEOUT, maxOperations: MAX_OPERATIONS });
  t.mock.method(console, "error", () => {});
  server.sockets.prependListener("connection", (socket) => {
    const close = socket.close.bind(socket);
    socket.close = () => close(1000);
  });
  const { code, printed } = await run(["websocket.test.mjs"], settings(server));
  assert.equal(code, 1);
  const names = [...printed.matchAll(/^# Subtest: (.*)$/gm)].map(([, name]) => name);
  const codes = names.filter((name) => /^44\d\d |closes the socket/.test(name));
  assert.ok(codes.length > 25, codes.join());
  assert.deepEqual(failed(printed), codes);
});

test("cop.mjs: every weakness is found, and none where there is none", async (t) => {
  const findings = async (profile, judged) => {
    const { url } = await reference(t, { profile });
    const { code, printed } = await run(["cop.mjs", url, "--profile", judged]);
    return [code, printed.match(/^(\d+ of \d+) checks have findings, (\d+) not allowed/m)?.slice(1).join(", ")];
  };
  assert.deepEqual(await findings("open", "public"), [1, "12 of 12, 10"]);
  assert.deepEqual(await findings("bare", "hardened"), [1, "6 of 12, 6"]);
  assert.deepEqual(await findings("public", "hardened"), [1, "2 of 12, 2"]);
  assert.deepEqual(await findings("public", "public"), [0, "2 of 12, 0"]);
  assert.deepEqual(await findings("hardened", "hardened"), [0, "0 of 12, 0"]);
});

test("audits.mjs: the reference passes; without GET, three audits do not", async (t) => {
  for (const profile of ["bare", "public"]) {
    const { url } = await reference(t, { profile });
    const { code, printed } = await run(["audits.mjs", url]);
    assert.equal(code, 0, printed);
    assert.match(printed, /^61 of 61 audits ok/m);
  }
  const { url } = await reference(t, { profile: "hardened" });
  const without = "5A70,6A70,D6D5";
  assert.equal((await run(["audits.mjs", url, "--except", without])).code, 0);
  for (const wrong of ["", "5A70,6A70", `${without},4655`, `${without},XXXX`]) {
    assert.equal((await run(["audits.mjs", url, "--except", wrong])).code, 1, wrong);
  }
});
