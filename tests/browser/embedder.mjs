// What the tests of the cache share: a page that uses the package, with photos beside it.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackInto } from './unpacked.mjs';

const PHOTOS = ['asters', 'colosseum', 'dog', 'lake', 'shore'];

const PAGE = `<!doctype html><meta charset="utf-8"><title>embedder</title><link rel="icon" href="data:,">
  <script type="module">
    import { createConverter } from './node_modules/nijigen/client.js';
    window.make = createConverter;
    window.converter = await createConverter();
    /** Each photo's kind of answer: made, exact or near. What the engine did is counted by what it tells itself. */
    window.kinds = async (sources, options = {}) => {
      const kinds = [];
      for (const source of sources) {
        let ran = false;
        const onProgress = ({ stage }) => (ran ||= stage === 'inference');
        const { cached } = await window.converter.convert(source, { maxSide: 256, ...options, onProgress });
        if (ran === Boolean(cached)) throw new Error(ran ? 'drawn, and called kept' : 'not drawn, nor kept');
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
    /** The database as it is, whoever says what: names of pictures, and a way to put rows there. */
    window.database = async (rows = {}) => {
      const database = await new Promise((resolve) => {
        const request = indexedDB.open('nijigen');
        request.onsuccess = () => resolve(request.result);
      });
      const transaction = database.transaction(['records', 'pictures'], 'readwrite');
      for (const [name, values] of Object.entries(rows))
        for (const value of values) transaction.objectStore(name).put(value);
      const names = transaction.objectStore('pictures').getAllKeys();
      await new Promise((resolve) => (transaction.oncomplete = resolve));
      database.close();
      return names.result;
    };
  </script>`;

/** Makes the folder of such a page. Returns its path. */
export function embed() {
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  unpackInto(folder);
  for (const name of PHOTOS) copyFileSync(`tests/fixtures/photos/${name}.jpg`, join(folder, `${name}.jpg`));
  writeFileSync(join(folder, 'index.html'), PAGE);
  return folder;
}

export const open = async (context, url) => visit(await context.newPage(), url);

export async function visit(page, url) {
  await page.goto(url);
  await page.waitForFunction(() => window.converter);
  return page;
}

export const kinds = (page, sources, options) =>
  page.evaluate(([sources, options]) => window.kinds(sources, options), [sources, options]);

export const database = (page, rows) => page.evaluate((rows) => window.database(rows), rows);

/** Waits until a promise of `ask` is true. */
export async function until(ask, what) {
  for (let tries = 0; !(await ask()); tries++) {
    assert.ok(tries < 600, what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const holds = (page, count) =>
  until(async () => (await database(page)).length === count, `${count} pictures in the database`);

/** From now on the workers of a context or page run this first. */
export async function patchWorkers(where, script) {
  await where.route(/\/worker[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: script + (await response.text()) });
  });
}

export const NO_DATABASE = `Object.defineProperty(self, 'indexedDB', {
  get() {
    throw new DOMException('no', 'SecurityError');
  },
});`;
