// A repeated photo costs nothing: counted by engine runs, which are the results that are not `cached`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
let browser, server, context, page;

before(async () => {
  const version = /^version = "(.+)"$/m.exec(readFileSync('Cargo.toml', 'utf8'))[1];
  mkdirSync(join(folder, 'node_modules'));
  execFileSync('tar', ['-xzf', `dist/nijigen-${version}.tgz`, '-C', join(folder, 'node_modules')]);
  execFileSync('mv', [join(folder, 'node_modules/package'), join(folder, 'node_modules/nijigen')]);
  for (const name of ['dog', 'lake']) copyFileSync(`tests/fixtures/photos/${name}.jpg`, join(folder, `${name}.jpg`));
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html><meta charset="utf-8"><title>embedder</title><link rel="icon" href="data:,">
    <script type="module">
      import { createConverter } from './node_modules/nijigen/client.js';
      window.make = createConverter;
      window.converter = await createConverter();
      /** Each photo's kind of answer: made, exact or near. */
      window.kinds = async (sources, options = {}) => {
        const kinds = [];
        for (const source of sources) {
          const { cached } = await window.converter.convert(source, { maxSide: 256, ...options });
          kinds.push(cached?.kind ?? 'made');
        }
        return kinds;
      };
      /** The photo at a URL as another file. */
      window.again = async (url, { type = 'image/jpeg', quality = 0.8, scale = 1, draw = () => undefined } = {}) => {
        const photo = await createImageBitmap(await (await fetch(url)).blob());
        const canvas = new OffscreenCanvas(photo.width * scale, photo.height * scale);
        const context = canvas.getContext('2d');
        context.drawImage(photo, 0, 0, canvas.width, canvas.height);
        draw(context, canvas, photo);
        return canvas.convertToBlob({ type, quality });
      };
    </script>`,
  );
  browser = await launch();
  server = await serve(folder);
});
after(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await open();
});
afterEach(() => context.close());

async function open() {
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.converter);
  return page;
}

const kinds = (sources, options, on = page) =>
  on.evaluate(([sources, options]) => window.kinds(sources, options), [sources, options]);

test('the same file is made once, under each choice that changes it, and lasts beyond the page', async () => {
  assert.deepEqual(await kinds(['dog.jpg', 'dog.jpg', 'lake.jpg', 'dog.jpg']), ['made', 'exact', 'made', 'exact']);
  assert.deepEqual(await kinds(['dog.jpg', 'dog.jpg'], { format: 'jpeg' }), ['made', 'exact']);
  assert.deepEqual(await kinds(['dog.jpg'], { label: null }), ['made']);
  assert.deepEqual(await kinds(['dog.jpg'], { cache: 'refresh' }), ['made']);
  assert.deepEqual(await kinds(['dog.jpg'], { cache: 'off' }), ['made']);
  await page.close();
  page = await open();
  assert.deepEqual(await kinds(['dog.jpg', 'lake.jpg']), ['exact', 'exact']);
});

test('a kept picture is the very one that was made', async () => {
  const same = await page.evaluate(async () => {
    const bytes = async ({ blob }) => new Uint8Array(await blob.arrayBuffer()).join();
    const made = await window.converter.convert('dog.jpg', { maxSide: 256 });
    const kept = await window.converter.convert('dog.jpg', { maxSide: 256 });
    return [(await bytes(made)) === (await bytes(kept)), made.width === kept.width, kept.cached.created > 0];
  });
  assert.deepEqual(same, [true, true, true]);
});

test('a copy that looks the same is found, what looks different is not', async () => {
  const found = await page.evaluate(async () => {
    const { again, kinds } = window;
    const mirrored = (context, canvas, photo) => {
      context.setTransform(-1, 0, 0, 1, canvas.width, 0);
      context.drawImage(photo, 0, 0, canvas.width, canvas.height);
    };
    const masked = (context, { width, height }) => {
      context.fillRect(width * 0.3, height * 0.2, width * 0.35, height * 0.4);
    };
    await kinds(['lake.jpg']);
    return {
      recompressed: await kinds([await again('lake.jpg', { quality: 0.6 })]),
      smaller: await kinds([await again('lake.jpg', { scale: 0.75 })]),
      png: await kinds([await again('lake.jpg', { type: 'image/png' })]),
      mirrored: await kinds([await again('lake.jpg', { draw: mirrored })]),
      masked: await kinds([await again('lake.jpg', { draw: masked })]),
      other: await kinds(['dog.jpg']),
    };
  });
  assert.deepEqual(found, {
    recompressed: ['near'],
    smaller: ['near'],
    png: ['near'],
    mirrored: ['made'],
    masked: ['made'],
    other: ['made'],
  });
});

test('copies of a large photo are found before they are decoded, and files that are refused stay refused', async () => {
  const found = await page.evaluate(async () => {
    const { again, kinds, converter } = window;
    const large = await again('lake.jpg', { scale: 4, quality: 0.9 });
    const copy = await again('lake.jpg', { scale: 3.5, quality: 0.7 });
    const code = (file, options) => converter.convert(file, options).catch((error) => error.code);
    return {
      kinds: await kinds([
        large,
        copy,
        'lake.jpg',
        await again('lake.jpg', { scale: 4, type: 'image/png' }),
        'dog.jpg',
      ]),
      cut: await code(copy.slice(0, copy.size - 9999)),
      pixels: await code(copy, { maxPixels: 1_000_000 }),
      bytes: await code(copy, { maxBytes: 1000 }),
    };
  });
  assert.deepEqual(found, {
    kinds: ['made', 'near', 'near', 'near', 'made'],
    cut: 'corrupt-image',
    pixels: 'too-large',
    bytes: 'too-large',
  });
});

test('entries can be listed, fetched, removed, cleared and turned off', async () => {
  const result = await page.evaluate(async () => {
    const { cache } = window.converter;
    await window.kinds(['dog.jpg', 'lake.jpg', 'dog.jpg']);
    const [lake, dog] = await cache.list();
    const usage = await cache.stats();
    const picture = await cache.picture(dog.id);
    const thumbnail = await createImageBitmap(dog.thumbnail);
    await cache.delete(dog.id);
    const afterRemoval = await window.kinds(['dog.jpg', 'lake.jpg']);
    await cache.clear();
    const afterClear = (await cache.stats()).entries;
    cache.settings = false;
    const off = await window.kinds(['lake.jpg', 'lake.jpg']);
    return {
      models: [lake.model, dog.model],
      hits: [lake.hits, dog.hits],
      usage: [usage.entries, usage.lasting, usage.bytes === lake.bytes + dog.bytes, usage.available > 0],
      picture: picture.type,
      thumbnail: Math.max(thumbnail.width, thumbnail.height),
      afterRemoval,
      afterClear,
      off,
    };
  });
  assert.deepEqual(result, {
    models: ['meadow-fast', 'meadow-fast'],
    hits: [0, 1],
    usage: [2, true, true, true],
    picture: 'image/png',
    thumbnail: 160,
    afterRemoval: ['made', 'exact'],
    afterClear: 0,
    off: ['made', 'made'],
  });
});

test('too old, too many bytes: what is beyond the limits goes', async () => {
  const result = await page.evaluate(async () => {
    const { cache } = window.converter;
    await window.kinds(['dog.jpg']);
    const [{ bytes }] = await cache.list();
    cache.settings = { maxBytes: Math.ceil(bytes * 1.5) };
    await window.kinds(['lake.jpg']);
    const held = (await cache.list()).length;
    cache.settings = { maxAge: 1 };
    await new Promise((resolve) => setTimeout(resolve, 20));
    return [held, await window.kinds(['lake.jpg'])];
  });
  assert.deepEqual(result, [1, ['made']]);
});

test('two tabs share what they make, and what they remove', async () => {
  const other = await open();
  assert.deepEqual(await kinds(['lake.jpg'], {}, other), ['made']);
  assert.deepEqual(await kinds(['dog.jpg']), ['made']);
  assert.deepEqual(await kinds(['dog.jpg'], {}, other), ['exact']);
  assert.deepEqual(await kinds(['lake.jpg']), ['exact']);
  await page.evaluate(() => window.converter.cache.clear());
  assert.deepEqual(await kinds(['dog.jpg'], {}, other), ['made']);
  // Both at once.
  const both = await Promise.all([kinds(['lake.jpg']), kinds(['lake.jpg'], {}, other)]);
  assert.equal(both.flat().length, 2);
  assert.deepEqual(await kinds(['lake.jpg']), ['exact']);
});

test('without a database the cache lasts as long as the page', async () => {
  await page.close();
  await context.addInitScript(() => undefined);
  await context.route('**/worker.js', async (route) => {
    const response = await route.fetch();
    const refuse = `Object.defineProperty(self, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } });`;
    await route.fulfill({ response, body: refuse + (await response.text()) });
  });
  page = await open();
  assert.deepEqual(await kinds(['dog.jpg', 'dog.jpg']), ['made', 'exact']);
  assert.equal(await page.evaluate(async () => (await window.converter.cache.stats()).lasting), false);
  await page.close();
  page = await open();
  assert.deepEqual(await kinds(['dog.jpg']), ['made']);
});

test('damaged entries cost no photo', async () => {
  await kinds(['dog.jpg', 'lake.jpg']);
  await page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen');
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction(['records', 'pictures'], 'readwrite');
    const [records, pictures] = ['records', 'pictures'].map((name) => transaction.objectStore(name));
    const keys = await new Promise((resolve) => {
      const request = records.getAllKeys();
      request.onsuccess = () => resolve(request.result);
    });
    // One record is no JSON, one picture is none, and one picture has no record.
    records.put({ id: keys[0], record: '{"key"' });
    pictures.put({ id: keys[1], result: 'nothing', width: 1, height: 1 });
    pictures.put({ id: 'orphan', result: new Blob(['x']), width: 1, height: 1 });
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  });
  await page.close();
  page = await open();
  assert.deepEqual(await kinds(['dog.jpg', 'lake.jpg', 'dog.jpg', 'lake.jpg']), ['made', 'made', 'exact', 'exact']);
  const left = await page.evaluate(async () => (await window.converter.cache.list()).length);
  assert.equal(left, 2);
});

test('a full disk evicts, and then goes on without storing', async () => {
  await page.close();
  await context.route('**/worker.js', async (route) => {
    const response = await route.fetch();
    // The first write of pictures is refused once, all after the third for good.
    const refuse = `{
      const { put } = IDBObjectStore.prototype;
      let writes = 0;
      IDBObjectStore.prototype.put = function (...values) {
        if (this.name === 'pictures') {
          writes += 1;
          if (writes === 2 || writes > 3) {
            this.transaction.abort();
            throw new DOMException('full', 'QuotaExceededError');
          }
        }
        return put.apply(this, values);
      };
    }`;
    await route.fulfill({ response, body: refuse + (await response.text()) });
  });
  page = await open();
  assert.deepEqual(await kinds(['dog.jpg', 'lake.jpg', 'lake.jpg']), ['made', 'made', 'exact']);
  // The dog made room for the lake.
  await page.close();
  page = await open();
  const kept = await page.evaluate(async () => (await window.converter.cache.list()).length);
  assert.equal(kept, 1);
});

test('a tab killed while it stores leaves nothing broken', async () => {
  // Tabs of one site may share a process, which dies as a whole.
  await page.close();
  for (let round = 0; round < 3; round++) {
    const victim = await open();
    const session = await context.newCDPSession(victim);
    const crashed = new Promise((resolve) => victim.once('crash', resolve));
    kinds(['dog.jpg', 'lake.jpg'], { cache: 'refresh' }, victim).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 700 + 500 * round));
    // Neither this call nor the one above ever answers.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    victim.close().catch(() => undefined);
  }
  page = await open();
  const answers = await kinds(['dog.jpg', 'lake.jpg', 'dog.jpg', 'lake.jpg']);
  assert.deepEqual(answers.slice(2), ['exact', 'exact']);
  const whole = await page.evaluate(async () => {
    const entries = await window.converter.cache.list();
    const pictures = await Promise.all(entries.map(({ id }) => window.converter.cache.picture(id)));
    const sizes = await Promise.all(pictures.map(async (blob) => (await createImageBitmap(blob)).width > 0));
    return sizes.every(Boolean);
  });
  assert.ok(whole);
});

test('preloading answers later', async () => {
  const result = await page.evaluate(async () => {
    const ready = await window.converter.cache.preload(['dog.jpg', 'missing.jpg', 'lake.jpg'], { maxSide: 256 });
    return [ready, await window.kinds(['dog.jpg', 'lake.jpg'])];
  });
  assert.deepEqual(result, [2, ['exact', 'exact']]);
});
