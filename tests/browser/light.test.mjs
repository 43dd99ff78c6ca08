// What is loaded, when, and from where; and the policy that says so.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { card, choose, open, reaches, SITE, WORDS } from './browser.mjs';
import { compressedSize } from './compressed.mjs';
import { site } from './panel.mjs';

// With the list's store, cropping, recording, trying models and drawing films, and their words in three languages; what
// reads and writes films is no part of it. 10 kB are checksums of what is drawn ahead: four samples by eight generators,
// with the mark in three languages; half a kB checks every option, as for programs without types.
const MOST_BYTES = 81_000;

const stage = site('lake');

test('script and style take at most 81 kB', (t) => {
  const files = readdirSync(SITE).filter((name) => /^app-.*\.(js|css)$/.test(name));
  assert.equal(files.length, 2);
  const bytes = files.reduce((sum, name) => sum + compressedSize(`${SITE}/${name}`), 0);
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});

test('the policy is strict, and the page holds neither script nor style of its own', () => {
  const page = readFileSync(`${SITE}/index.html`, 'utf8');
  const [, policy] = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page);
  const directives = Object.fromEntries(
    policy.split(';').map((directive) => {
      const [name, ...sources] = directive.trim().split(/\s+/);
      return [name, sources.join(' ')];
    }),
  );
  assert.deepEqual(directives, {
    'default-src': "'self'",
    'script-src': "'self' 'wasm-unsafe-eval'",
    'img-src': "'self' blob:",
    'media-src': 'blob:',
    'base-uri': "'none'",
    'form-action': "'none'",
    'object-src': "'none'",
  });
  // Before anything that it is to hold for.
  assert.ok(page.indexOf('Content-Security-Policy') < page.search(/<(script|link|style)/));
  assert.doesNotMatch(page, /<style|style=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)/);
});

test('nothing breaks the policy on any way through the page', async () => {
  const context = await stage.browser.newContext();
  await context.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      window.violations.push(`${violatedDirective} ${blockedURI}`);
    });
  });
  const page = await context.newPage();
  const foreign = [];
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'blob:' && origin !== new URL(stage.server.url).origin) foreign.push(request.url());
  });
  await page.goto(stage.server.url);
  await page.getByRole('button', { name: WORDS['sample.dog'], exact: true }).click();
  await reaches(page, 0, 'done');
  await choose(page, stage.photos[0], 'tests/fixtures/bad/text.jpg', 'tests/fixtures/decode/444.avif');
  await reaches(page, 3, 'done');
  await card(page, 1).getByText(WORDS['style.skyline']).click();
  await card(page, 1).locator('.status', { hasText: WORDS['style.skyline'] }).waitFor();
  await card(page, 1).getByRole('slider', { name: WORDS['finish.strength'] }).fill('60');
  await card(page, 1).locator('.enlarge').click();
  // Once the file is as it is chosen.
  await page.locator('#viewer[open]').waitFor();
  await page.keyboard.press('+');
  await page.keyboard.press('Escape');
  await page.locator('[name=language]').selectOption('ja');
  await page.locator('#open-panel').click();
  await page.locator('.entry .look').first().click();
  await page.locator('#viewer .after img:not([hidden])').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await card(page, 1).scrollIntoViewIfNeeded();
  await card(page, 1).locator('.well img:not([hidden])').nth(2).waitFor();
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  assert.deepEqual(foreign, []);
  await context.close();
});

test('the page is there and takes photos before any engine is', async () => {
  // The service worker would fetch for the page, past the route that holds things back.
  const { context, page, watch } = await open(stage.browser, stage.server.url, { serviceWorkers: 'block' });
  const asked = [];
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  await context.route(/\.wasm$/, async (route) => {
    asked.push(route.request().url());
    await held;
    await route.continue();
  });
  await page.reload();
  const painted = await page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntriesByName('first-contentful-paint').length)).observe({
          type: 'paint',
          buffered: true,
        });
      }),
  );
  assert.equal(painted, 1);
  await page.waitForTimeout(1500);
  assert.deepEqual(asked, [], 'no engine before the first photo');
  await page.locator('.hero .divider').focus();
  await page.keyboard.press('End');
  assert.equal(await page.locator('.hero').evaluate((hero) => hero.style.getPropertyValue('--split')), '1');
  await choose(page, stage.photos[0]);
  await card(page).locator('.before img:not([hidden])').waitFor();
  await page.waitForFunction(() => /\d/.test(document.querySelector('.status').textContent));
  assert.equal(await card(page).locator('.cancel').isVisible(), true);
  assert.equal(asked.length, 1);
  assert.notEqual(await card(page).getAttribute('data-state'), 'done');
  release();
  await reaches(page, 0, 'done');
  watch.assertClean();
  await context.close();
});
