// The engine's builds: each draws the same picture, the best that works is taken, and the site becomes isolated by itself.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PNG } from 'pngjs';
import { until } from './embedder.mjs';
import { launch, PHOTO, SITE, taken, THREADED, VARIANTS } from './browser.mjs';
import { serve } from './server.mjs';
import { withTrap } from './wasm-trap.mjs';

const THREADS = 2;
const unthreaded = VARIANTS.filter((variant) => !THREADED.includes(variant));
const best = (variants) => variants.find((name) => name.startsWith('relaxed')) ?? variants[0];
const assets = readdirSync(`${SITE}/assets`);
const asset = (start) => `assets/${assets.find((name) => name.startsWith(start))}`;
const wasmUrl = Object.fromEntries(
  VARIANTS.map((variant) => [
    variant,
    `assets/${assets.find((name) => new RegExp(`^nijigen-${variant}-[0-9a-f]{12}\\.wasm$`).test(name))}`,
  ]),
);
// The page shows neither what ran nor pixels, so the site has the package's client beside it, and is told where all is.
const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
let browser;

before(async () => {
  cpSync(SITE, folder, { recursive: true });
  cpSync('dist/package/slim.js', join(folder, 'slim.js'));
  cpSync(PHOTO, join(folder, 'photo.jpg'));
  browser = await launch();
});
after(() => browser.close());

/** Opens the site; with `isolated` as someone does who comes back. */
async function visit({ isolated, answer }) {
  const server = await serve(folder, { answer });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.url);
  await taken(page);
  if (isolated) await page.reload();
  const close = async () => {
    await context.close();
    await server.close();
  };
  return { page, close };
}

const locations = () => ({
  workerUrl: asset('worker-'),
  threadUrl: THREADED.length ? asset('thread-') : undefined,
  modelsUrl: 'models/',
  wasmUrl,
});

/** Converts with a new converter. Returns what ran, and the pixels. */
async function convert(page, options = {}) {
  const result = await page.evaluate(
    async (options) => {
      const { createConverter } = await import(new URL('slim.js', document.baseURI));
      const converter = await createConverter({ cache: false, ...options });
      const { blob, variant, threads, memory } = await converter.convert('photo.jpg', { maxSide: 256 });
      converter.dispose();
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return { variant, threads, memory, png: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) };
    },
    { ...locations(), ...options },
  );
  return { ...result, data: PNG.sync.read(Buffer.from(result.png, 'base64')).data };
}

function assertAlike(picture, other) {
  assert.equal(picture.data.length, other.data.length);
  const differences = picture.data.map((value, i) => Math.abs(value - other.data[i]));
  const most = differences.reduce((most, difference) => Math.max(most, difference), 0);
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  // Some builds round a multiply-add once, others twice; now and then that decides between two levels of what is an integer.
  assert.ok(
    most <= 4 && mean < 0.1,
    `${picture.variant} and ${other.variant} differ by ${most} of 255, ${mean} on average`,
  );
}

test('the first visit works without isolation; once reloaded, with it and with threads', async () => {
  const { page, close } = await visit({ isolated: false });
  let navigations = 0;
  page.on('framenavigated', () => navigations++);
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  const first = await convert(page);
  assert.deepEqual([first.variant, first.threads], [best(unthreaded), 1]);
  assert.equal(navigations, 0, 'the page is not loaded anew by itself');

  await page.reload();
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  const second = await convert(page, { threads: THREADS });
  if (THREADED.length) assert.deepEqual([second.variant, second.threads], [best(THREADED), THREADS]);
  assertAlike(second, first);
  assert.equal(navigations, 1);
  await close();
});

test('all builds draw the same picture, each when it alone is given', async () => {
  const { page, close } = await visit({ isolated: true });
  const pictures = [];
  for (const variant of VARIANTS) pictures.push(await convert(page, { wasmUrl: wasmUrl[variant], threads: THREADS }));
  assert.deepEqual(
    pictures.map(({ variant }) => variant),
    VARIANTS,
  );
  for (const picture of pictures) {
    assertAlike(picture, pictures[0]);
    assert.ok(picture.memory > 0 && picture.memory < 200e6, `${picture.variant} took ${picture.memory} bytes`);
  }
  await close();
});

/** Waits until the database has one picture that was used so often: nobody who converts waits for that. */
const used = (page, times) =>
  until(
    () =>
      page.evaluate(async (times) => {
        const asked = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
        if (!(await indexedDB.databases()).some(({ name }) => name === 'nijigen')) return false;
        const database = await asked(indexedDB.open('nijigen'));
        const records = await asked(database.transaction('records').objectStore('records').getAll());
        database.close();
        return records.length === 1 && JSON.parse(records[0].record).life.hits === times;
      }, times),
    'it is stored how often it was used',
  );

// Waiting is another matter in a module with threads: a transaction may be over by the time that its answer is heard.
for (const variant of VARIANTS) {
  test(`${variant}: what is kept lasts beyond the page, is used again, and goes when it is told to`, async () => {
    const { page, close } = await visit({ isolated: true });
    const start = () =>
      page.evaluate(
        async (urls) => {
          const { createConverter } = await import(new URL('slim.js', document.baseURI));
          window.converter = await createConverter(urls);
          const copy = await createImageBitmap(await (await fetch('photo.jpg')).blob());
          const canvas = Object.assign(document.createElement('canvas'), { width: copy.width, height: copy.height });
          canvas.getContext('2d').drawImage(copy, 0, 0);
          window.photos = ['photo.jpg', 'photo.jpg', await new Promise((resolve) => canvas.toBlob(resolve))];
        },
        { ...locations(), wasmUrl: wasmUrl[variant], threads: THREADS },
      );
    const convert = (photo) =>
      page.evaluate(async (photo) => {
        const { cache, variant } = await window.converter.convert(window.photos[photo], { maxSide: 256 });
        return [cache, variant];
      }, photo);
    /** A visit that converts the file, the file again and a copy of it; how often the kept one was used after each. */
    const ask = async (first, uses) => {
      await start();
      for (const [photo, kind] of [first, 'exact', 'near'].entries()) {
        assert.deepEqual(await convert(photo), [kind, variant]);
        await used(page, uses[photo]);
      }
      const [listed, { entries, lasting }] = await page.evaluate(async () => {
        const { cache } = window.converter;
        return [await cache.list(), await cache.stats()];
      });
      const hits = listed.map(({ hits }) => hits);
      assert.deepEqual([hits, entries, lasting], [uses.slice(-1), 1, true]);
    };
    await ask('miss', [0, 1, 2]);
    await page.reload();
    await ask('exact', [3, 4, 5]);
    await page.evaluate(() => window.converter.cache.clear());
    await page.reload();
    await ask('miss', [0, 1, 2]);
    await close();
  });
}

const script = (name) => readFileSync(join(folder, name), 'utf8');
const falls = {
  'shared memory is refused': {
    answer: (path) => path === asset('worker-') && `delete self.SharedArrayBuffer;${script(path)}`,
    expected: best(unthreaded),
  },
  'a large shared memory is refused': {
    answer: (path) =>
      path === asset('worker-') &&
      `WebAssembly.Memory = class extends WebAssembly.Memory {
         constructor(limits) {
           if (limits.maximum > 16384) throw new RangeError('too much');
           super(limits);
         }
       };${script(path)}`,
    expected: best(THREADED.length ? THREADED : unthreaded),
  },
  'threads cannot be started': {
    answer: (path) => path === asset('worker-') && `delete self.Worker;${script(path)}`,
    expected: best(unthreaded),
  },
  'nothing would wake in a module with threads': {
    answer: (path) => path === asset('worker-') && `delete Atomics.waitAsync;${script(path)}`,
    expected: best(unthreaded),
  },
  'a thread fails': {
    answer: (path) => path.startsWith('assets/thread-') && `if (self.name) throw new Error('no');${script(path)}`,
    expected: best(unthreaded),
  },
  'one thread is asked for': { options: { threads: 1 }, expected: best(unthreaded) },
  'all but the plainest build are damaged': {
    answer: (path) => path.endsWith('.wasm') && path !== wasmUrl.simd && 'damaged',
    expected: 'simd',
  },
};
for (const [trouble, { answer = () => undefined, options = { threads: THREADS }, expected }] of Object.entries(falls)) {
  test(`another build answers when ${trouble}`, async () => {
    const { page, close } = await visit({ isolated: true, answer: (path) => answer(path) || undefined });
    const { variant, threads } = await convert(page, options);
    assert.deepEqual([variant, threads], [expected, expected.endsWith('-threads') ? THREADS : 1]);
    await close();
  });
}

test('a thread that stops is “internal”, and the next photo is drawn', { skip: !THREADED.length }, async () => {
  let asked = 0;
  const answer = (path) => {
    if (!/-threads-[0-9a-f]+\.wasm$/.test(path) || asked++ > 0) return undefined;
    return withTrap(readFileSync(join(folder, path)), 'run_thread');
  };
  const { page, close } = await visit({ isolated: true, answer });
  await assert.rejects(convert(page, { threads: THREADS }), /NijigenError: the engine stopped/);
  assert.equal((await convert(page, { threads: THREADS })).variant, best(THREADED));
  await close();
});

test('a number of threads that is none is refused', async () => {
  const { page, close } = await visit({ isolated: false });
  await assert.rejects(convert(page, { threads: 0 }), /RangeError: threads is 0; it must be a number from 1 to 64/);
  await close();
});
