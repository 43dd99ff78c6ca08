// Everything heavy is fetched once; after one visit nothing is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { choose, failure, launch, open, PHOTO, reaches, SITE, startAnew, taken, THREADED, WORDS } from './browser.mjs';
import { NEXT_SCRIPT, nextVersion } from './next-version.mjs';
import { serve } from './server.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** How often any file of a kind was fetched at most. */
const most = (server, kind) => {
  const times = new Map();
  for (const path of server.requests.filter((path) => kind.test(path))) times.set(path, (times.get(path) ?? 0) + 1);
  return Math.max(...times.values());
};

test('each engine and model is fetched once, then the site works with the server gone', async () => {
  const server = await serve(SITE);
  const { context, page, watch } = await open(browser, server.url, { saveData: true });
  await taken(page);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  assert.equal(server.count(/\.wasm$/), 1);
  assert.equal(server.count(/\.onnx$/), 2, 'both tiers of one style');

  await startAnew(page);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  // Now the page is isolated, and takes the engine with threads.
  assert.equal(server.count(/\.wasm$/), THREADED.length ? 2 : 1);
  assert.equal(server.count(/\.onnx$/), 2, 'both tiers of one style');

  await server.close();
  await startAnew(page);
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

/** A second version, with the same engine and model, waits when this settles. */
const update = (page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 50));
  });

/** Whether a version still waits after it has had the time to take over. */
const waits = (page) =>
  page.evaluate(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return Boolean((await navigator.serviceWorker.getRegistration()).waiting);
  });

test('a new version waits while photos are in the list or another page is open, then drops what it no longer uses', async () => {
  let updated = false;
  const answer = (path) =>
    updated && path === 'service-worker.js' ? `${readFileSync(`${SITE}/${path}`, 'utf8')}\n// newer` : undefined;
  const server = await serve(SITE, { answer });
  const { context, page, watch } = await open(browser, server.url);
  await taken(page);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  await page.evaluate(async () => {
    const cache = await caches.open('nijigen-heavy');
    await cache.put('assets/nijigen-of-the-old-version.wasm', new Response('old'));
  });

  updated = true;
  await update(page);
  assert.ok(await waits(page), 'the page with the photo stays with the version it was loaded from');
  const next = await context.newPage();
  await next.goto(server.url);
  assert.ok(await waits(next), 'and so does one beside it');
  assert.equal(await page.locator('.card').count(), 1);

  await page.close();
  await next.close();
  const later = await context.newPage();
  await later.goto(server.url);
  await later.waitForFunction(async () => {
    const cache = await caches.open('nijigen-heavy');
    return !(await cache.match('assets/nijigen-of-the-old-version.wasm'));
  });
  // It may be about to load anew; afterwards it will not.
  await later.waitForFunction(async () => {
    const { waiting, active } = await navigator.serviceWorker.getRegistration();
    return !waiting && active.state === 'activated' && navigator.serviceWorker.controller?.state === 'activated';
  });
  await startAnew(later);
  await choose(later, PHOTO);
  await reaches(later, 0, 'done');
  assert.deepEqual(
    [most(server, /\.wasm$/), most(server, /\.onnx$/)],
    [1, 1],
    'what did not change is not fetched again',
  );
  watch.assertClean();
  await context.close();
  await server.close();
});

test('whoever comes back after a deployment without ever having converted gets the new version, and converts', async () => {
  const server = await serve(SITE);
  const { context, page, watch } = await open(browser, server.url, { saveData: true });
  let navigations = 0;
  page.on('framenavigated', () => navigations++);
  await taken(page);
  server.deploy(nextVersion(SITE));

  await page.goto(server.url);
  await page.locator(`script[src$="${NEXT_SCRIPT}"]`).waitFor({ state: 'attached' });
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  assert.equal(navigations, 2, 'the page is loaded anew once, and not at the first visit');
  assert.equal(server.count(/\.wasm$/), 1);
  watch.assertClean();
  await context.close();
  await server.close();
});

test('where the host still gives out the page of the version before, the new one is not taken until it has all', async () => {
  let old;
  const server = await serve(SITE, { answer: (path) => (path === 'index.html' ? old : undefined) });
  const { context, page, watch } = await open(browser, server.url, { saveData: true });
  await taken(page);
  // What an isolated page needs is there.
  await page.reload();
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  old = readFileSync(`${SITE}/index.html`);
  server.deploy(nextVersion(SITE));
  const outcome = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      const found = new Promise((resolve) => registration.addEventListener('updatefound', resolve, { once: true }));
      await Promise.all([found, registration.update()]);
      const worker = registration.installing ?? registration.waiting;
      while (worker.state === 'installing') await new Promise((resolve) => setTimeout(resolve, 50));
      return worker.state;
    });
  assert.equal(await outcome(), 'redundant');
  await startAnew(page);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  watch.assertClean();
  old = undefined;
  assert.notEqual(await outcome(), 'redundant');
  // A page that is open keeps it waiting.
  await page.close();
  const later = await context.newPage();
  await later.goto(server.url);
  await later.locator(`script[src$="${NEXT_SCRIPT}"]`).waitFor({ state: 'attached' });
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
