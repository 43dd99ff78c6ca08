// Files that were made to do harm: each has its code or its picture, memory stays where it was, and the next photo works.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { embed, open } from './embedder.mjs';
import { ENORMOUS, LARGE, MODELS, SOUND, through } from './hostile-models.mjs';
import { PICTURES } from './hostile-pictures.mjs';
import { serve } from './server.mjs';

const MB = 1e6;
/** 64 megapixels are allowed, for each of which 12 bytes are set aside until the photo is upright; and the generator's. */
const MOST_FOR_PICTURES = 900 * MB;
/** What a model may take while it is looked at, and the generator's. */
const MOST_FOR_MODELS = 700 * MB;

let browser, server, page, folder;
let puts = 0;
const errors = [];

/** Runs in the page. */
function helpers() {
  /** What came of it: a code, or the picture's sides as the file itself has them. */
  window.outcome = async (work) => {
    const begun = performance.now();
    const after = () => ({ ms: performance.now() - begun });
    try {
      const made = await work();
      if (typeof made === 'string') return { gives: made, ...after() };
      const shown = await createImageBitmap(made.blob);
      return { gives: [shown.width, shown.height], memory: made.memory, ...after() };
    } catch ({ name, code, message }) {
      return { gives: name === 'NijigenError' ? code : name, message, ...after() };
    }
  };
  window.fileAt = async (url, name, type) => new File([await (await fetch(url)).arrayBuffer()], name, { type });
  /** A photo that is drawn in a moment, and the memory that the engine holds then. */
  window.next = async () => {
    window.photo ??= await window.again('lake.jpg', { scale: 0.15 });
    return window.outcome(() => window.converter.convert(window.photo, { cache: 'refresh' }));
  };
}

before(async () => {
  folder = embed();
  browser = await launch();
  server = await serve(folder, { throttled: false });
  const context = await browser.newContext();
  context.on('weberror', (error) => errors.push(String(error.error())));
  await context.addInitScript(helpers);
  page = await open(context, server.url);
});
after(async () => {
  await browser.close();
  await server.close();
});

/** A name of its own for each: the browser may still be busy with the last one. */
async function put(bytes) {
  const name = `hostile-${++puts}`;
  writeFileSync(join(folder, name), bytes);
  return name;
}

/** The next photo works, and the engine's memory is at most so many bytes. */
async function goesOn(most) {
  const next = await page.evaluate(() => window.next());
  assert.ok(Array.isArray(next.gives), `the next photo: ${next.gives} ${next.message}`);
  assert.ok(next.memory <= most, `${next.memory / MB} MB are held`);
  assert.deepEqual(errors, [], 'nothing went wrong unseen');
}

const convert = (url, name = 'photo', type = '') =>
  page.evaluate(
    ([url, name, type]) =>
      window.outcome(async () => window.converter.convert(await window.fileAt(url, name, type), { maxSide: 256 })),
    [url, name, type],
  );

test('pictures', async (t) => {
  await page.evaluate(() => window.next());
  for (const [what, { file, gives }] of Object.entries(PICTURES)) {
    await t.test(what, async (t) => {
      const [name, type, bytes] = file;
      const came = await convert(await put(bytes), name, type);
      t.diagnostic(JSON.stringify(came));
      assert.deepEqual(came.gives, gives, came.message);
      await goesOn(MOST_FOR_PICTURES);
    });
  }
});

test('a photo cut after every 1,000 bytes is refused', async (t) => {
  const whole = await page.evaluate(async () => {
    const text = async (blob) =>
      btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (v) => String.fromCharCode(v)).join(''));
    const { converter } = window;
    const lossless = await window.again('lake.jpg', { type: 'image/png', scale: 0.3 });
    const drawn = await converter.convert(lossless, { format: 'webp', cache: 'off' });
    const files = {
      JPEG: await window.again('lake.jpg', { scale: 0.5 }),
      PNG: lossless,
      'lossy WebP': await window.again('lake.jpg', { type: 'image/webp', scale: 0.6 }),
      'lossless WebP': drawn.blob,
    };
    return Promise.all(Object.entries(files).map(async ([name, blob]) => [name, await text(blob)]));
  });
  for (const [name, text] of whole) {
    await t.test(name, async (t) => {
      const bytes = Buffer.from(text, 'base64');
      const url = await put(bytes);
      const cuts = await page.evaluate(async (url) => {
        const bytes = await (await fetch(url)).arrayBuffer();
        const cuts = [];
        for (let length = 1000; ; length += 1000) {
          const file = new Blob([bytes.slice(0, length)]);
          cuts.push(await window.outcome(() => window.converter.convert(file, { maxSide: 256, cache: 'off' })));
          if (length >= bytes.byteLength) return cuts;
        }
      }, url);
      const last = cuts.pop();
      // What lies behind the pixels of our own files may be missing.
      const metadata = name === 'lossless WebP' ? bytes.lastIndexOf('XMP ') : bytes.length;
      cuts.length = Math.min(cuts.length, Math.floor(metadata / 1000));
      assert.ok(last.gives[0] >= 192, `the whole one is drawn: ${last.gives}`);
      assert.ok(cuts.length >= 10, `${bytes.length} bytes`);
      t.diagnostic(`${cuts.length} cuts`);
      assert.deepEqual(new Set(cuts.map(({ gives }) => gives)), new Set(['corrupt-image']));
      await goesOn(MOST_FOR_PICTURES);
    });
  }
});

const addModel = (url) =>
  page.evaluate((url) => window.outcome(() => window.converter.addModel(url, { name: 'hostile' })), url);

test('models', async (t) => {
  // Engines keep the memory that large pictures needed; a new page has a new one.
  const context = page.context();
  await page.close();
  page = await open(context, server.url);
  await page.evaluate(() => window.next());
  const sound = await addModel(await put(SOUND));
  assert.equal(sound.gives, 'hostile');
  for (const [what, bytes] of Object.entries(MODELS)) {
    await t.test(what, async (t) => {
      const came = await addModel(await put(bytes));
      t.diagnostic(`${came.ms.toFixed()} ms: ${came.message}`);
      assert.equal(came.gives, 'bad-model', came.message);
      assert.match(came.message, /^This model cannot be used: .{10,}\.$/s);
      await goesOn(MOST_FOR_MODELS);
    });
  }
  const kept = await page.evaluate(() => window.converter.styles().flatMap(({ id, own }) => (own ? [id] : [])));
  assert.deepEqual(kept, ['hostile'], 'none is kept but the sound one');
  await page.evaluate(() => window.converter.removeModel('hostile'));
});

test('an operator that the browser’s module lacks is named', async () => {
  const came = await addModel(await put(through('NonZero')));
  assert.equal(came.gives, 'bad-model');
  assert.match(came.message, /NonZero/);
  await goesOn(MOST_FOR_MODELS);
});

test('what is not a number is no brightness: such a model draws nothing in place of a black picture', async () => {
  const url = await put(MODELS['one weight that is NaN']);
  for (const modelRange of [undefined, [-1, 1]]) {
    const came = await page.evaluate(
      ([model, modelRange]) =>
        window.outcome(() => window.converter.convert(window.photo, { model, modelRange, cache: 'off' })),
      [url, modelRange],
    );
    assert.equal(came.gives, 'bad-model');
    assert.match(came.message, /not numbers/);
  }
  await goesOn(MOST_FOR_MODELS);
});

test('the limits leave alone what is sound: a whole picture of 512 × 512, whose bounds are more than wasm counts', async () => {
  const url = await put(SOUND);
  const came = await page.evaluate(async (model) => {
    const photo = await createImageBitmap(await (await fetch('dog.jpg')).blob(), {
      resizeWidth: 512,
      resizeHeight: 512,
    });
    return window.outcome(() => window.converter.convert(photo, { model, cache: 'off' }));
  }, url);
  assert.deepEqual(came.gives, [512, 512], came.message);
});

test('nor one of a large fixed size, which is drawn to find out what it takes', async () => {
  const came = await addModel(await put(LARGE));
  assert.equal(came.gives, 'hostile', came.message);
  await page.evaluate(() => window.converter.removeModel('hostile'));
  const context = page.context();
  await page.close();
  page = await open(context, server.url);
});

test('memory that runs out is said to, and a new worker draws the next photo', async () => {
  const url = await put(ENORMOUS);
  const came = await page.evaluate(async (model) => {
    const photo = await window.again('lake.jpg', { scale: 0.5 });
    return window.outcome(() => window.converter.convert(photo, { model, modelRange: [-1, 1], cache: 'off' }));
  }, url);
  assert.equal(came.gives, 'out-of-memory', came.message);
  await goesOn(100 * MB);
});
