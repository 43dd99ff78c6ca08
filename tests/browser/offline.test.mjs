// Everything heavy is fetched once; after one visit nothing is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { choose, failure, launch, open, PHOTO, reaches, SITE, WORDS } from './browser.mjs';
import { serve } from './server.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test('engine and model are fetched once, then the site works with the server gone', async () => {
  const server = await serve(SITE);
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  assert.equal(server.count(/\.wasm$/), 1);
  assert.equal(server.count(/\.onnx$/), 1);

  await page.reload();
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  assert.equal(server.count(/\.wasm$/), 1);
  assert.equal(server.count(/\.onnx$/), 1);

  await server.close();
  await page.reload();
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');

  // A page of the same site that was never opened before, by the folder's own name.
  const second = await context.newPage();
  await second.goto(server.url);
  await choose(second, PHOTO);
  await reaches(second, 0, 'done');
  watch.assertClean();
  await context.close();
});

test('a new version waits until the old one’s pages are closed, then drops what it no longer uses', async () => {
  let updated = false;
  const answer = (path) =>
    updated && path === 'service-worker.js' ? `${readFileSync(`${SITE}/${path}`, 'utf8')}\n// newer` : undefined;
  const server = await serve(SITE, { answer });
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  await page.evaluate(async () => {
    const cache = await caches.open('nijigen-heavy');
    await cache.put('assets/nijigen-of-the-old-version.wasm', new Response('old'));
  });

  updated = true;
  const waits = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 50));
    return registration.active === navigator.serviceWorker.controller;
  });
  assert.ok(waits, 'the page stays with the version it was loaded from');
  await page.close();

  const next = await context.newPage();
  await next.goto(server.url);
  await next.waitForFunction(async () => {
    const cache = await caches.open('nijigen-heavy');
    return !(await cache.match('assets/nijigen-of-the-old-version.wasm'));
  });
  await choose(next, PHOTO);
  await reaches(next, 0, 'done');
  assert.deepEqual(
    [server.count(/\.wasm$/), server.count(/\.onnx$/)],
    [1, 1],
    'what did not change is not fetched again',
  );
  watch.assertClean();
  await context.close();
  await server.close();
});

test('with the network gone before the first photo, the page says so and recovers', async () => {
  const server = await serve(SITE);
  const { context, page } = await open(browser, server.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await choose(page, PHOTO);
  const { sentence } = await failure(page, 0);
  assert.equal(sentence, WORDS['error.network']);

  await context.setOffline(false);
  await page.locator('.retry').click();
  await reaches(page, 0, 'done');
  await context.close();
  await server.close();
});

test('where service workers are refused the page works all the same', async () => {
  const server = await serve(SITE);
  const { context, page } = await open(browser, server.url, { serviceWorkers: 'block' });
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  await context.close();
  await server.close();
});
