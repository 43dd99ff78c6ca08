// What goes wrong outside: downloads that break off, hosts that are gone, databases that are deleted under a page. Each
// says its code, loses nothing that was made, and is over with the next call.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { card, choose, failure, launch, open as visitSite, PHOTO, reaches, SITE, WORDS } from './browser.mjs';
import { database, embed, holds, kinds, open, patchWorkers, until } from './embedder.mjs';
import { serve } from './server.mjs';

let browser;
const folder = embed();
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Ways in which a host may fail: each answers in place of the file's bytes. */
const FAULTS = {
  'breaks off in the middle': (bytes, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  },
  'breaks off in the middle, its length unknown': (bytes, response) => {
    response.writeHead(200);
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  },
  'is not there': (bytes, response) => response.writeHead(404).end('<!doctype html>'),
  'makes the host fail': (bytes, response) => response.writeHead(503).end(),
  'is empty': (bytes, response) => response.writeHead(200).end(),
  'is a page': (bytes, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
  'has one byte more': (bytes, response) => response.writeHead(200).end(Buffer.concat([bytes, Buffer.alloc(1)])),
};
/** What is fetched, and the code where it is not `network`. */
const FETCHED = {
  model: [/\.onnx$/, { 'is empty': 'bad-model', 'is a page': 'bad-model', 'has one byte more': 'bad-model' }],
  engine: [/\.wasm$/, { 'is empty': 'internal', 'is a page': 'internal', 'has one byte more': 'internal' }],
  worker: [/worker\.js$/, { 'is empty': undefined, 'has one byte more': undefined, 'is a page': undefined }],
};

for (const [what, [pattern, codes]] of Object.entries(FETCHED)) {
  test(`the ${what}'s download`, async (t) => {
    let fault;
    const answer = (path, response) =>
      fault && pattern.test(path) ? void fault(readFileSync(join(folder, path)), response) : undefined;
    const server = await serve(folder, { answer, throttled: false });
    t.after(() => server.close());
    const context = await browser.newContext();
    const page = await open(context, server.url);
    for (const [how, answers] of Object.entries(FAULTS)) {
      const code = how in codes ? codes[how] : 'network';
      if (!code) continue;
      await t.test(`${how}: ${code}`, async () => {
        await page.evaluate(async () => (window.fresh = await window.make({ cache: false })));
        fault = answers;
        const convert = () =>
          page.evaluate(() =>
            window.fresh.convert('dog.jpg', { maxSide: 256 }).then(
              ({ width }) => width,
              ({ code, message }) => ({ code, message }),
            ),
          );
        const failed = await convert();
        fault = undefined;
        assert.equal(failed.code, code, failed.message);
        assert.equal(await convert(), 256, 'the next call works');
        await page.evaluate(() => window.fresh.dispose());
      });
    }
    await context.close();
  });
}

test('the host goes away amid the model: the page says so, keeps no half, and goes on when it is back', async () => {
  let asked;
  const amid = new Promise((resolve) => (asked = resolve));
  const answer = (path, response) => {
    if (!path.endsWith('.onnx')) return;
    const bytes = readFileSync(join(SITE, path));
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2), asked);
  };
  const server = await serve(SITE, { answer, throttled: false });
  const { context, page } = await visitSite(browser, server.url, { saveData: true });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await choose(page, PHOTO);
  await amid;
  await server.close();
  assert.equal((await failure(page, 0)).sentence, WORDS['error.network']);
  const back = await serve(SITE, { throttled: false, port: Number(new URL(server.url).port) });
  await card(page, 0).locator('.retry').click();
  await reaches(page, 0, 'done');
  assert.equal(back.count(/\.onnx$/), 2, 'both tiers of one style');
  await context.close();
  await back.close();
});

/** As browsers do against fingerprinting. */
const NOISE = `
  OffscreenCanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) => {
    const noise = new ImageData(width, height);
    noise.data.forEach((_, at) => (noise.data[at] = at % 4 === 3 ? 255 : 256 * Math.random()));
    return noise;
  };
`;

test('where canvases give noise no picture is made of it: WebP stays lossless, what only they could read is refused', async (t) => {
  const server = await serve(folder, { throttled: false });
  const context = await browser.newContext();
  t.after(() => Promise.all([context.close(), server.close()]));
  await patchWorkers(context, NOISE);
  const page = await open(context, server.url);
  const told = await page.evaluate(async () => {
    const options = { maxSide: 256, format: 'webp', quality: 60, cache: 'off' };
    const { blob } = await window.converter.convert('dog.jpg', options);
    const head = new TextDecoder('latin1').decode(await blob.slice(0, 64).arrayBuffer());
    const bitmap = await createImageBitmap(await (await fetch('dog.jpg')).blob());
    const refused = await window.converter.convert(bitmap, options).catch(({ code, message }) => [code, message]);
    const { width } = await window.converter.convert('dog.jpg', options);
    return { lossless: head.includes('VP8L'), refused, width };
  });
  assert.deepEqual([told.lossless, told.refused[0], told.width], [true, 'unsupported-environment', 256]);
  assert.match(told.refused[1], /fingerprinting/);
});

test('a canvas that got no memory is no blank picture', async (t) => {
  const server = await serve(folder, { throttled: false });
  const context = await browser.newContext();
  t.after(() => Promise.all([context.close(), server.close()]));
  // Small ones do.
  const large = `
    const { getImageData } = OffscreenCanvasRenderingContext2D.prototype;
    OffscreenCanvasRenderingContext2D.prototype.getImageData = function (x, y, width, height) {
      return this.canvas.width < 64 ? getImageData.call(this, x, y, width, height) : new ImageData(width, height);
    };
  `;
  await patchWorkers(context, large);
  const page = await open(context, server.url);
  const refused = await page.evaluate(async () => {
    const bitmap = await createImageBitmap(await (await fetch('dog.jpg')).blob());
    return window.converter.convert(bitmap, { maxSide: 256 }).catch(({ code }) => code);
  });
  assert.equal(refused, 'out-of-memory');
  assert.deepEqual(await kinds(page, ['dog.jpg']), ['made'], 'the next one is drawn');
});

test('where a browser refuses even channels between tabs, the package and the page work', async (t) => {
  const refuse = `globalThis.BroadcastChannel = class {
    constructor() {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    }
  };`;
  const [own, site] = [await serve(folder, { throttled: false }), await serve(SITE, { throttled: false })];
  const context = await browser.newContext({ serviceWorkers: 'block' });
  t.after(() => Promise.all([context.close(), own.close(), site.close()]));
  await context.addInitScript(refuse);
  await patchWorkers(context, refuse);
  assert.deepEqual(await kinds(await open(context, own.url), ['dog.jpg', 'dog.jpg']), ['made', 'exact']);
  const page = await context.newPage();
  await page.goto(site.url);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
});

/** Deletes a database as any script of the origin may; says whether somebody stood in the way. */
const remove = (page, name = 'nijigen') =>
  page.evaluate(
    (name) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = () => resolve('deleted');
        request.onblocked = () => resolve('blocked');
        request.onerror = () => reject(request.error);
      }),
    name,
  );
const usage = (page) => page.evaluate(() => window.converter.cache.stats());

test('a database deleted under a page is made anew, and costs no photo', async (t) => {
  const server = await serve(folder, { throttled: false });
  t.after(() => server.close());
  for (const [how, gone] of [
    ['by the page', (page) => remove(page)],
    ['by another tab', async (page, other) => remove(other)],
    [
      'by the browser, as from its developer tools',
      async (page) => {
        const session = await page.context().newCDPSession(page);
        const { origin } = new URL(server.url);
        await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
        return 'deleted';
      },
    ],
  ]) {
    await t.test(how, async () => {
      const context = await browser.newContext();
      const [page, other] = [await open(context, server.url), await open(context, server.url)];
      assert.deepEqual(await kinds(page, ['dog.jpg']), ['made']);
      await holds(page, 1);
      // Amid a photo.
      let deleting;
      const begun = new Promise((resolve) => (deleting = resolve));
      await page.exposeFunction('amid', deleting);
      const made = page.evaluate(
        async () =>
          (
            await window.converter.convert('lake.jpg', {
              maxSide: 512,
              onProgress: ({ stage }) => stage === 'inference' && window.amid(),
            })
          ).width,
      );
      await begun;
      assert.equal(await gone(page, other), 'deleted');
      assert.equal(await made, 512);

      // On a slow disk the cache goes on without it for a while.
      await until(async () => (await usage(page)).lasting, 'there is a database again');
      assert.deepEqual(await kinds(page, ['shore.jpg']), ['made']);
      assert.deepEqual(await kinds(page, ['shore.jpg', 'dog.jpg']), ['exact', 'exact']);
      await until(async () => (await database(page)).length > 0, 'what was made after it is kept');
      await page.close();
      assert.deepEqual(await kinds(other, ['shore.jpg']), ['exact'], 'by other pages, too');
      await other.evaluate(() => window.converter.cache.clear());
      assert.deepEqual(await database(other), []);
      await context.close();
    });
  }
});

test('models of your own outlast their database as long as the page, and others can be added', async (t) => {
  const server = await serve(folder, { throttled: false });
  t.after(() => server.close());
  const context = await browser.newContext();
  const [page, other] = [await open(context, server.url), await open(context, server.url)];
  const add = (name) =>
    page.evaluate(
      async ([name, base64]) => {
        const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
        return window.converter.addModel(bytes, { name });
      },
      [name, readFileSync('tests/vectors/user/tf-dynamic.onnx', 'base64')],
    );
  await add('first');
  assert.equal(await remove(other, 'nijigen-models'), 'deleted');
  const style = await page.evaluate(
    async () => (await window.converter.convert('dog.jpg', { style: 'first', maxSide: 256 })).style,
  );
  assert.equal(style, 'first');
  await add('second');
  const own = (tab) => tab.evaluate(() => window.converter.styles().flatMap(({ id, own }) => (own ? [id] : [])));
  assert.deepEqual(await own(page), ['first', 'second']);
  assert.deepEqual(await own(await open(context, server.url)), ['second']);
  await context.close();
});
