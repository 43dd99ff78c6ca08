// What breaks is said, and the next photo works.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { card, choose, failure, launch, open, PHOTO, reaches, SITE, taken, WORDS } from './browser.mjs';
import { serve } from './server.mjs';
import { withTrap } from './wasm-trap.mjs';

/** In a worker with this the engine traps at what it does in a future: it asks JavaScript to catch that (src/web/interop.rs). */
const TRAPPING = `{
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11];
  const { t } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes))).exports;
  Reflect.apply = () => t();
}
`;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Opens the page with the engine's workers in `window.workers`, of which one at a time has work. */
async function openCounting(url, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: 1 });
    window.workers = [];
    window.Worker = class extends Worker {
      constructor(...parameters) {
        super(...parameters);
        if (!String(parameters[0]).includes('thumbnailer')) window.workers.push(this);
      }
    };
  });
  await page.goto(url);
  return { context, page };
}

test('a panic in the engine is “internal”; a new worker converts the next photo and the same one', async () => {
  let patched = 0;
  const answer = (path) => {
    if (!path.endsWith('.wasm') || patched++ > 0) return undefined;
    return withTrap(readFileSync(`${SITE}/${path}`), 'conversion_run');
  };
  const server = await serve(SITE, { answer });
  const { context, page } = await open(browser, server.url, { saveData: true });
  await taken(page);
  await choose(page, PHOTO, 'tests/fixtures/photos/dog.jpg');
  const { sentence } = await failure(page, 0);
  assert.equal(sentence, WORDS['error.internal']);
  await reaches(page, 1, 'done');
  await card(page, 0).locator('.retry').click();
  await reaches(page, 0, 'done');
  assert.equal(server.count(/\.wasm$/), 2, 'the damaged engine was not kept, the good one was');
  await context.close();
  await server.close();
});

test('a panic after the engine has waited is one, too: what waits for it does not wait for ever', async () => {
  const server = await serve(SITE);
  const { context, page } = await openCounting('about:blank', { serviceWorkers: 'block' });
  const patch = async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: TRAPPING + (await response.text()) });
  };
  await context.route(/\/worker-[^/]*\.js$/, patch, { times: 1 });
  await page.goto(server.url);
  await choose(page, PHOTO, 'tests/fixtures/photos/dog.jpg');
  const { sentence, detail } = await failure(page, 0);
  assert.equal(sentence, WORDS['error.internal']);
  assert.match(detail, /the engine stopped: unreachable/);
  await reaches(page, 1, 'done');
  assert.equal(await page.evaluate(() => window.workers.length), 2);
  await context.close();
  await server.close();
});

test('a photo that takes too long is stopped and says so; tried again it has its time', async () => {
  const server = await serve(SITE);
  const { context, page } = await open(browser, server.url, { saveData: true });
  await taken(page);
  await page.evaluate(() => {
    const later = window.setTimeout;
    window.patience = 50;
    // Two minutes are the page's; the test has less.
    window.setTimeout = (work, ms, ...rest) => later(work, ms === 120_000 ? window.patience : ms, ...rest);
  });
  await choose(page, PHOTO);
  const { sentence } = await failure(page, 0);
  assert.equal(sentence, WORDS['error.timeout']);
  await page.evaluate(() => (window.patience = 120_000));
  await card(page, 0).locator('.retry').click();
  await reaches(page, 0, 'done');
  assert.equal(server.count(/\.wasm$/), 1);
  await context.close();
  await server.close();
});

test('a worker that the browser ends is noticed, and another one takes over', async () => {
  const server = await serve(SITE);
  const { context, page } = await openCounting(server.url);
  await choose(page, PHOTO, 'tests/fixtures/photos/dog.jpg');
  // In one go, for it is soon drawn.
  await page.waitForFunction((words) => {
    const drawn = document.querySelector('.card .status').textContent.startsWith(words);
    if (drawn) window.workers[0].terminate();
    return drawn;
  }, WORDS['status.inference'].split(':')[0]);
  const { sentence } = await failure(page, 0);
  assert.equal(sentence, WORDS['error.internal']);
  await reaches(page, 1, 'done');
  assert.equal(await page.evaluate(() => window.workers.length), 2);
  await context.close();
  await server.close();
});

test('a file that is gone when its turn comes is “corrupt-image”; the worker goes on with the next', async () => {
  const server = await serve(SITE);
  const { context, page } = await openCounting(server.url);
  const gone = join(mkdtempSync(join(tmpdir(), 'nijigen-')), 'gone.jpg');
  copyFileSync(PHOTO, gone);
  await choose(page, PHOTO, gone, 'tests/fixtures/photos/dog.jpg');
  rmSync(gone);
  const { sentence, detail } = await failure(page, 1);
  assert.equal(sentence, WORDS['error.corrupt-image']);
  assert.match(detail, /cannot be read/);
  await reaches(page, 2, 'done');
  assert.equal(await page.evaluate(() => window.workers.length), 1);
  await context.close();
  await server.close();
});

test('a model that arrives damaged is refused, not kept, and fetched again', async () => {
  let damaged = 0;
  const answer = (path) => {
    if (!path.endsWith('.onnx') || damaged++ > 0) return undefined;
    const bytes = readFileSync(`${SITE}/${path}`);
    bytes[bytes.length >> 1] ^= 0xff;
    return bytes;
  };
  const server = await serve(SITE, { answer });
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO);
  const { sentence } = await failure(page, 0);
  assert.equal(sentence, WORDS['error.bad-model']);
  await card(page, 0).locator('.retry').click();
  await reaches(page, 0, 'done');
  watch.assertClean();
  await context.close();
  await server.close();
});
