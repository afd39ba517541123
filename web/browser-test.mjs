// Uses the playground of a running server as a person would, in a Chromium that can reach nothing else.
//
//   node browser-test.mjs BASE_URL SCREENSHOT.png
//
// BASE_URL is such as http://127.0.0.1:8000. CHROMIUM is the browser's path, /usr/bin/chromium without it.

import { readdirSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { chromium } from 'playwright-core';

const [base, screenshot] = process.argv.slice(2);
if (!base || !screenshot) {
  console.error('usage: node browser-test.mjs BASE_URL SCREENSHOT.png');
  process.exit(2);
}
const { origin, hostname, host } = new URL(base);
const examples = readdirSync(new URL('examples', import.meta.url)).filter((file) => file.endsWith('.graphql'));

const failures = [];
let passed = 0;

/** Runs a check, and says how it went. What fails stops the checks only if it is `vital`. */
async function check(name, run, vital = false) {
  try {
    await run();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failures.push(name);
    const message = stripVTControlCharacters(String(error?.message ?? error)).trim();
    console.log(`FAILED  ${name}\n        ${message.replaceAll('\n', '\n        ')}`);
    if (vital) throw error;
  }
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

const none = (list) => assert(list.length === 0, [...new Set(list)].join('\n'));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // The network is closed even to what the interception below may not see.
    `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostname}`,
  ],
});

try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  const page = await context.newPage();

  // --- What must not happen at any time ---------------------------------------------------------

  const elsewhere = [];
  const violations = [];
  const complaints = [];
  const missing = [];

  await context.route(
    (url) => url.origin !== origin && !['data:', 'blob:'].includes(url.protocol),
    (route) => {
      elsewhere.push(route.request().url());
      return route.abort();
    },
  );
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) elsewhere.push(socket.url());
  });
  await page.exposeFunction('noteViolation', (text) => violations.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      globalThis.noteViolation(`${event.effectiveDirective} forbids ${event.blockedURI} in ${event.sourceFile}`);
    });
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) missing.push(`${response.status()} ${response.url()}`);
  });

  // --- How to use the page -----------------------------------------------------------------------

  const tabs = page.locator('[id^="graphiql-session-tab-"]');
  const execute = page.locator('.graphiql-execute-button');
  const answer = page.locator('.graphiql-response .view-lines');
  const operation = page.locator('.graphiql-query-editor .view-lines');

  /** Selects a tab, and waits until GraphiQL has taken in its operation, which is a moment after it shows it. */
  async function select(index) {
    const tab = tabs.nth(index);
    const name = (await tab.textContent()).trim();
    if ((await page.locator('.graphiql-tab-active').textContent()).trim() !== name) {
      await tab.click();
      await page.waitForFunction((word) => sessionStorage['graphiql:query']?.includes(` ${word}`), name);
    }
    await operation.getByText(name, { exact: true }).first().waitFor();
    return name;
  }

  /** What the response's pane shows, once that fits. */
  async function shown(pattern) {
    const text = () => answer.innerText().then((value) => value.replaceAll('\u00a0', ' '));
    await page.waitForFunction(
      ([selector, source]) =>
        new RegExp(source).test(document.querySelector(selector)?.innerText.replaceAll('\u00a0', ' ') ?? ''),
      ['.graphiql-response .view-lines', pattern.source],
    );
    return text();
  }

  /** Presses a key in the response's pane. */
  async function press(key) {
    await page.locator('.graphiql-response textarea').first().focus();
    await page.keyboard.press(key);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }

  /** Turns the pages of the response's pane, which draws only the lines that fit, until it shows what is further down. */
  async function turnTo(pattern) {
    const isShown = async () => pattern.test((await answer.innerText()).replaceAll('\u00a0', ' '));
    for (let pages = 0; !(await isShown()); pages++) {
      assert(pages < 100, `${pattern} is not shown`);
      await press('PageDown');
    }
  }

  /** Runs the operation of the tab that is open, and gives the request and the answer. */
  async function run(name) {
    const response = page.waitForResponse((candidate) => {
      if (candidate.url() !== `${origin}/graphql`) return false;
      return candidate.request().postDataJSON()?.operationName === name;
    });
    await execute.click();
    const got = await response;
    return { request: got.request(), result: await got.json() };
  }

  // --- The checks ----------------------------------------------------------------------------------

  let schema;
  await check('the page opens, with a strict Content-Security-Policy', async () => {
    const introspection = page.waitForResponse(
      (response) => response.request().postDataJSON?.()?.operationName === 'IntrospectionQuery',
    );
    const response = await page.goto(`${origin}/playground`);
    assert(response.status() === 200, `status ${response.status()}`);
    const policy = response.headers()['content-security-policy'] ?? '';
    const directives = new Map(
      policy.split(';').map((part) => {
        const [name, ...values] = part.trim().split(/\s+/);
        return [name, values.join(' ')];
      }),
    );
    assert(directives.get('default-src') === "'none'", `no default-src 'none': ${policy}`);
    assert(directives.get('script-src') === "'self'", `scripts from elsewhere: ${policy}`);
    const { data } = await (await introspection).json();
    schema = new Map(data.__schema.types.map((type) => [type.name, type]));
    await operation.getByText('query').first().waitFor();
  }, true);

  await check(`the page has a title, and a tab for each of ${examples.length} examples`, async () => {
    assert((await page.title()) === 'coopgraph playground', await page.title());
    assert((await tabs.count()) === examples.length, `${await tabs.count()} tabs`);
  });

  for (const [index, file] of examples.sort().entries()) {
    await check(`example ${file}`, async () => {
      const name = await select(index);
      if ((await operation.getByText('subscription', { exact: true }).count()) > 0) {
        await subscribe(name);
        return;
      }
      const { result } = await run(name);
      assert(!result.errors, JSON.stringify(result.errors));
      for (const [key, value] of Object.entries(result.data)) {
        assert(value !== null, `${key} is null`);
        for (const list of [value.nodes, value.edges]) assert(list?.length !== 0, `${key} is empty`);
      }
      const [first, ...others] = Object.keys(result.data);
      await shown(new RegExp(`"data"[^]*"${first}"`));
      for (const key of others) await turnTo(new RegExp(`"${key}"`));
      if (others.length > 0) await press('Control+Home');
      assert(!(await answer.innerText()).includes('"errors"'), 'errors are shown');
    });
  }

  /** Starts a subscription, waits until it is open or has said something, and stops it. */
  async function subscribe(name) {
    const received = [];
    const sent = [];
    const changed = new EventTarget();
    const note = (list) => ({ payload }) => {
      list.push(JSON.parse(payload));
      changed.dispatchEvent(new Event('change'));
    };
    // Listens before anything else can happen: the first messages are sent as soon as the socket is open.
    const opened = new Promise((resolve) => {
      page.once('websocket', (socket) => {
        socket.on('framereceived', note(received));
        socket.on('framesent', note(sent));
        socket.on('socketerror', (error) => complaints.push(`WebSocket: ${error}`));
        resolve({ closed: new Promise((close) => socket.on('close', close)) });
      });
    });
    await execute.click();
    const { closed } = await opened;
    const until = (what, condition) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${what} took too long`)), 10_000);
        const look = () => {
          if (!condition()) return;
          clearTimeout(timer);
          resolve();
        };
        changed.addEventListener('change', look);
        closed.then(() => reject(new Error(`${what}: the connection was closed`)));
        look();
      });
    await until('subscribing', () => sent.some((m) => m.type === 'subscribe' && m.payload.operationName === name));
    // The first event, or else the answer to something asked later: an error would have come before it.
    await Promise.any([
      until('the first event', () => received.some((message) => message.type === 'next')),
      page.evaluate(async () => {
        await fetch('/graphql', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: '{"query": "{ __typename }"}',
        });
      }),
    ]);
    const refused = received.find(({ type, payload }) => ['error', 'complete'].includes(type) || payload?.errors);
    assert(!refused, JSON.stringify(refused));
    const first = received.find(({ type }) => type === 'next');
    if (first) {
      const [key] = Object.keys(first.payload.data);
      await shown(new RegExp(`"data"[^]*"${key}"`));
    }
    assert(!(await answer.innerText()).includes('"errors"'), 'errors are shown');
    await page.getByRole('button', { name: /^stop/i }).click();
    await closed;
    assert(sent.some((message) => message.type === 'complete'), 'it was not stopped');
    await page.getByRole('button', { name: /^execute/i }).waitFor();
  }

  await check('a header is sent, and kept in the session only', async () => {
    const name = await select(0);
    await page.getByRole('button', { name: 'Headers', exact: true }).click();
    const pane = page.locator('section[aria-label="Headers"] .graphiql-editor:not(.hidden)');
    await pane.getByText('Bearer').waitFor();
    await pane.click();
    await page.keyboard.insertText('{"X-Test": "playground"}');
    const stored = (storage) => page.evaluate((key) => JSON.stringify(globalThis[key]), storage);
    await page.waitForFunction(() => JSON.stringify(sessionStorage).includes('X-Test'));
    const { request, result } = await run(name);
    assert(request.headers()['x-test'] === 'playground', JSON.stringify(request.headers()));
    assert(!result.errors, JSON.stringify(result.errors));
    assert(!(await stored('localStorage')).includes('X-Test'), 'it is in the local storage');
    await pane.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.waitForFunction(() => !sessionStorage['graphiql:headers']);
    await page.getByRole('button', { name: 'Variables', exact: true }).click();
  });

  await check('the editor marks what the schema does not have, and completes', async () => {
    await page.getByRole('button', { name: 'New tab' }).click();
    await page.waitForFunction(() => !document.querySelector('.graphiql-query-editor .view-lines').innerText.trim());
    await page.locator('.graphiql-query-editor .graphiql-editor').click();
    await page.keyboard.insertText('{ nonsense cit');
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
    await page.keyboard.press('Control+Space');
    await page.locator('.suggest-widget').getByText('cities').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Close Tab' }).last().click();
    await tabs.nth(examples.length).waitFor({ state: 'detached' });
    assert(page.workers().length > 0, 'no worker runs');
    for (const worker of page.workers()) assert(new URL(worker.url()).origin === origin, `a worker from ${worker.url()}`);
  });

  const explorer = page.locator('.graphiql-doc-explorer');
  const title = explorer.locator('.graphiql-doc-explorer-title');
  const description = explorer.locator('.graphiql-doc-explorer-content .graphiql-markdown-description').first();
  /** The text as people see it, without the signs of Markdown. */
  const plain = (text) => text.replace(/[`*\s]+/g, ' ').trim();

  await check('the documentation leads from the root to a type, and describes it', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await explorer.getByRole('link', { name: 'Query', exact: true }).click();
    await title.getByText('Query', { exact: true }).waitFor();
    await explorer.getByRole('link', { name: 'City', exact: true }).first().click();
    await title.getByText('City', { exact: true }).waitFor();
    const text = plain(await description.innerText());
    assert(text && text === plain(schema.get('City').description), `it says: ${text}`);
  });

  await check('the documentation finds a type', async () => {
    await explorer.getByRole('combobox').fill('EdtfDate');
    await explorer.getByRole('option', { name: 'EdtfDate', exact: true }).first().click();
    await title.getByText('EdtfDate', { exact: true }).waitFor();
    const text = plain(await description.innerText());
    assert(text && text === plain(schema.get('EdtfDate').description), `it says: ${text}`);
  });

  await check('a screenshot is taken', async () => {
    await select(examples.findIndex((file) => file.includes('delegation')));
    await shown(/"data"/);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: screenshot });
  });

  await check('nothing was asked of anyone else', () => none(elsewhere));
  await check('nothing broke the Content-Security-Policy', () => none(violations));
  await check('nothing was missing or refused', () => none(missing));
  await check('the console has no error and no warning', () => none(complaints));
} catch (error) {
  if (failures.length === 0) {
    failures.push('all');
    console.log(`FAILED  ${error?.stack ?? error}`);
  }
} finally {
  await browser.close();
}

console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
