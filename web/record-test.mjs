// Opens the pages of records of a running server as a person does, on a phone and on a desk, in a Chromium that can reach
// nothing else.
//
//   node record-test.mjs BASE_URL SCREENSHOT.png
//
// CHROMIUM is the browser's path, /usr/bin/chromium without it. The data are the bundled ones.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [base, screenshot] = process.argv.slice(2);
const { origin, hostname } = new URL(base);

async function ask(query) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return (await answer.json()).data;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostname}`],
});

try {
  const { citations } = await ask(`{
    citations(first: 100, filter: {stance: {eq: CONTRADICTS}}) { nodes { record { __typename id } source { title } } }
  }`);
  const disputed = citations.nodes.find(({ record }) => record.__typename === 'Partnership');
  const { city, visits } = await ask('{ city(by: {key: "espoo"}) { id } visits(first: 1) { nodes { id title } } }');
  let pages = 0;
  for (const [width, height] of [[390, 844], [1280, 900]]) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: 'light' });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
    });
    page.on('request', (request) => assert.equal(new URL(request.url()).origin, origin));
    for (const [id, heading] of [
      [disputed.record.id, null],
      [city.id, 'Espoo'],
      [visits.nodes[0].id, visits.nodes[0].title],
    ]) {
      const response = await page.goto(`${base}/id/${id}`);
      assert.equal(response.status(), 200);
      if (heading) assert.equal(await page.locator('h1').innerText(), heading);
      // Nothing is cut off, and nobody has to scroll sideways.
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${id} is ${wide} px wide on a screen of ${width} px`);
      assert.ok(await page.locator('dl dt').first().isVisible());
      assert.equal(await page.locator('script').count(), 0);
      pages += 1;
    }
    await page.goto(`${base}/id/${disputed.record.id}`);
    const against = page.locator('.contradicts').first();
    assert.match(await against.innerText(), /^Contradicted by/);
    const border = await against.evaluate((element) => getComputedStyle(element).borderLeftStyle);
    assert.equal(border, 'solid', 'the style sheet is applied');
    if (width === 390) await page.screenshot({ path: screenshot, fullPage: true });
    // From the source that disagrees to its page, and back by a link to what it says.
    await against.locator('a').first().click();
    await page.locator('h1').waitFor();
    assert.notEqual(new URL(page.url()).pathname, `/id/${disputed.record.id}`);
    const alternate = await page.locator('link[type="application/ld+json"]').evaluate((link) => link.href);
    const linked = await (await fetch(alternate)).json();
    assert.equal(linked['@id'], page.url());
    assert.deepEqual(complaints, []);
    await context.close();
  }
  console.log(`${pages} pages`);
} finally {
  await browser.close();
}
