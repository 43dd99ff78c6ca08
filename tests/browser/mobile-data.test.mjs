// Where data is dear nothing is fetched unasked; and what stands between a first visit and its first picture.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { card, choose, open, reaches, SITE, taken, WORDS } from './browser.mjs';
import { compressedSize } from './compressed.mjs';
import { site } from './panel.mjs';
import { serve } from './server.mjs';

const stage = site('lake', 'dog');

/** What 4 Mbit/s bring in 7 s: with the time to draw, the preview is there after 9. */
const TO_PREVIEW = 3_500_000;

test('on mobile data the page says what it would fetch, as it is sent, and fetches it when told to', async () => {
  const server = await serve(SITE, { throttled: false });
  const { context, page } = await open(stage.browser, server.url);
  await context.addInitScript(() =>
    Object.defineProperty(navigator, 'connection', { value: { type: 'cellular', effectiveType: '4g' } }),
  );
  await taken(page);
  await page.reload();
  const heavy = server.count(/\.(wasm|onnx)$/);
  await page.locator('#open-panel').click();
  const without = page.locator('.without');
  const words = without.locator('.words', { hasText: WORDS['offline.missing'].split('{')[0] });
  await words.waitFor({ timeout: 60_000 });
  const megabytes = Number(/([\d.]+) MB/.exec(await words.textContent())[1]);
  const models = JSON.parse(readFileSync(`${SITE}/models/manifest.json`, 'utf8'));
  const least = models.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6 + 1;
  assert.ok(megabytes > least && megabytes < least + 4, `${megabytes} MB, and not the module as it is unpacked`);
  assert.equal(server.count(/\.(wasm|onnx)$/), heavy);
  await without.locator('.get').click();
  await without.locator('.words', { hasText: WORDS['offline.ready'] }).waitFor({ timeout: 60_000 });
  assert.ok(server.count(/\.(wasm|onnx)$/) > heavy);
  await context.close();
  await server.close();
});

test('a first photo does not wait for the service worker, and says what it waits for', async () => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const server = await serve(SITE, {
    throttled: false,
    answer: (path, response) => {
      if (!/^hero/.test(path)) return;
      response.writeHead(200);
      void held.then(() => response.end());
    },
  });
  const context = await stage.browser.newContext();
  const page = await context.newPage();
  // The service worker is not there before all of the shell is.
  await page.goto(server.url, { waitUntil: 'commit' });
  await choose(page, ...stage.photos);
  const status = (index) => card(page, index).locator('.status').textContent();
  assert.notEqual(await status(0), WORDS['status.waiting']);
  assert.equal(await status(1), WORDS['status.waiting']);
  await reaches(page, 0, 'done');
  assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
  release();
  await context.close();
  await server.close();
});

test('what is fetched before the first preview comes in 7 s at 4 Mbit/s, compressed', async (t) => {
  const { context, page } = await open(stage.browser, stage.server.url, { serviceWorkers: 'block' });
  const asked = new Set();
  context.on('request', (request) => asked.add(request.url()));
  await page.reload();
  await choose(page, stage.photos[0]);
  await page.locator('.card .compare.drawn').waitFor({ timeout: 120_000 });
  const paths = [...asked].filter((url) => url.startsWith(stage.server.url)).map((url) => new URL(url).pathname);
  const own = paths
    .map((path) => path.replace(/^\/sub/, '').replace(/\/$/, '/index.html'))
    .filter((path) => !/fine/.test(path));
  const bytes = own.reduce((sum, path) => sum + compressedSize(SITE + path), 0);
  t.diagnostic(`${bytes} bytes in ${own.length} files`);
  assert.ok(own.some((path) => path.endsWith('.wasm')) && own.some((path) => path.endsWith('fast.onnx')));
  assert.ok(bytes < TO_PREVIEW, `${bytes} bytes`);
  await context.close();
});
