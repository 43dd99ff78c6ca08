// A repeated photo costs nothing: counted by engine runs, which the engine's own progress tells.
import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { launch } from './browser.mjs';
import * as embedder from './embedder.mjs';
import { serve } from './server.mjs';

let browser, server, context, page;

before(async () => {
  browser = await launch();
  server = await serve(embedder.embed());
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

const open = () => embedder.open(context, server.url);
const kinds = (sources, options, on = page) => embedder.kinds(on, sources, options);

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

test('what is made after all was deleted is kept, though the clock was set back since', async () => {
  const context = await browser.newContext();
  await embedder.patchWorkers(context, 'const { now } = Date; self.ahead = 0; Date.now = () => now() + self.ahead;');
  const page = await embedder.open(context, server.url);
  await kinds(['dog.jpg'], undefined, page);
  const [worker] = page.workers();
  await worker.evaluate(() => (self.ahead = 60 * 60 * 1000));
  await page.evaluate(() => window.converter.cache.clear());
  await worker.evaluate(() => (self.ahead = 0));
  assert.deepEqual(await kinds(['dog.jpg', 'dog.jpg'], undefined, page), ['made', 'exact']);
  await embedder.holds(page, 1);
  await context.close();
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

test('a small copy’s picture does not answer the photo that it was made of, nor the other way round', async () => {
  const found = await page.evaluate(async () => {
    const { again, converter } = window;
    const photos = {
      small: await again('dog.jpg', { scale: 0.5 }),
      whole: await again('dog.jpg'),
      // Seen at an eighth of its size.
      large: await again('dog.jpg', { scale: 3, quality: 0.7 }),
      smaller: await again('dog.jpg', { scale: 2.5, quality: 0.8 }),
    };
    const ask = async (name, options) => {
      const { cache, width, height } = await converter.convert(photos[name], options);
      return `${name}: ${cache}, ${Math.max(width, height)}`;
    };
    const found = [];
    for (const name of ['small', 'whole', 'small', 'large', 'smaller']) found.push(await ask(name, { maxSide: 576 }));
    for (const name of ['smaller', 'large']) found.push(await ask(name, { maxSide: 256, fullSize: true }));
    return found;
  });
  assert.deepEqual(found, [
    'small: miss, 288',
    'whole: miss, 576',
    'small: exact, 288',
    'large: near, 576',
    'smaller: near, 576',
    'smaller: miss, 1440',
    'large: miss, 1728',
  ]);
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
  await embedder.holds(page, 2);
  assert.deepEqual(await kinds(['dog.jpg'], {}, other), ['exact']);
  assert.deepEqual(await kinds(['lake.jpg']), ['exact']);
  await page.evaluate(() => window.converter.cache.clear());
  await embedder.holds(other, 0);
  assert.deepEqual(await kinds(['dog.jpg'], {}, other), ['made']);
  // Both at once.
  const both = (await Promise.all([kinds(['lake.jpg']), kinds(['lake.jpg'], {}, other)])).flat();
  assert.ok(both.includes('made') && both.every((kind) => kind === 'made' || kind === 'exact'), both.join());
  await embedder.holds(page, 2);
  for (const tab of [page, other]) assert.deepEqual(await kinds(['lake.jpg'], {}, tab), ['exact']);
});

test('clearing removes what this worker does not know, too', async () => {
  await kinds(['dog.jpg']);
  await embedder.holds(page, 1);
  // As another tab that was killed between storing and telling.
  await embedder.database(page, {
    records: [{ id: '0'.repeat(64), record: '{}' }],
    pictures: [{ id: '0'.repeat(64), width: 1, height: 1 }],
  });
  await page.evaluate(() => window.converter.cache.clear());
  assert.deepEqual(await embedder.database(page), []);
});

test('turned off not even the picture that is being drawn is kept', async () => {
  const kept = await page.evaluate(async () => {
    const { cache } = window.converter;
    await window.converter.convert('dog.jpg', {
      maxSide: 512,
      onProgress({ stage }) {
        if (stage === 'inference') cache.settings = false;
      },
    });
    cache.settings = {};
    await window.kinds(['lake.jpg']);
    return (await cache.list()).length;
  });
  assert.equal(kept, 1);
});

test('settings that are not named stay as they are', async () => {
  const settings = await page.evaluate(() => {
    const { cache } = window.converter;
    cache.settings = { maxAge: 5000, since: 'use' };
    cache.settings = { threshold: 3 };
    const merged = cache.settings;
    cache.settings = false;
    const off = cache.settings;
    cache.settings = { maxBytes: 7 };
    return [merged, off, cache.settings];
  });
  const merged = { maxAge: 5000, since: 'use', threshold: 3 };
  assert.deepEqual(settings, [merged, false, { ...merged, maxBytes: 7 }]);
});

test('the original is given back where it was asked to be kept', async () => {
  const same = await page.evaluate(async () => {
    const { cache } = window.converter;
    await window.kinds(['lake.jpg']);
    cache.settings = { keepOriginals: true };
    const photo = new Blob([await (await fetch('dog.jpg')).blob()], { type: 'image/jpeg' });
    await window.kinds([photo]);
    cache.settings = { keepOriginals: false };
    const [dog, lake] = await cache.list();
    const [kept, none] = [await cache.original(dog.id), await cache.original(lake.id)];
    const text = async (blob) => new Uint8Array(await blob.arrayBuffer()).join();
    return [(await text(kept)) === (await text(photo)), kept.type, none === undefined];
  });
  assert.deepEqual(same, [true, 'image/jpeg', true]);
});

test('preloading answers later', async () => {
  const result = await page.evaluate(async () => {
    const ready = await window.converter.cache.preload(['dog.jpg', 'missing.jpg', 'lake.jpg'], { maxSide: 256 });
    return [ready, await window.kinds(['dog.jpg', 'lake.jpg'])];
  });
  assert.deepEqual(result, [2, ['exact', 'exact']]);
});

test('preloading counts only what is there', async () => {
  const result = await page.evaluate(async () => {
    const { cache } = window.converter;
    let runs = 0;
    const onProgress = ({ stage }) => (runs += stage === 'start' ? 1 : 0);
    cache.settings = false;
    const off = [await cache.preload(['dog.jpg'], { maxSide: 256, onProgress }), runs];
    cache.settings = { maxBytes: 1 };
    const full = [await cache.preload(['dog.jpg'], { maxSide: 256, onProgress }), runs];
    cache.settings = { maxBytes: 1e8 };
    const twice = await cache.preload(['dog.jpg', 'dog.jpg'], { maxSide: 256 });
    return [off, full, twice];
  });
  assert.deepEqual(result, [[0, 0], [0, 1], 2]);
});

test('a photo waits for one that is preloaded at most', async () => {
  const result = await page.evaluate(async () => {
    // Another worker would not have to wait at all.
    window.converter = await window.make({ workers: 1 });
    let runs = 0;
    let begin;
    const begun = new Promise((resolve) => (begin = resolve));
    const onProgress = ({ stage }) => {
      if (stage === 'start') runs += 1;
      if (runs > 0) begin();
    };
    const preloading = window.converter.cache.preload(['dog.jpg', 'lake.jpg', 'asters.jpg'], {
      maxSide: 256,
      onProgress,
    });
    await begun;
    const kind = await window.kinds(['shore.jpg']);
    const before = runs;
    return [kind, before, await preloading];
  });
  assert.deepEqual(result, [['made'], 1, 3]);
});

test('a worker that is ended by a cancel takes no question with it', async () => {
  await page.close();
  // As on an insecure origin, where no locks tell of a worker's end. A cancel is not noticed in time.
  const withoutLocks = `Object.defineProperty(navigator, 'locks', { value: undefined });`;
  await context.addInitScript(withoutLocks);
  await embedder.patchWorkers(
    context,
    `${withoutLocks}
    addEventListener('message', ({ data }) => {
      const end = performance.now() + (data.path?.[0] === 'cancel' ? 1000 : 0);
      while (performance.now() < end);
    });
    {
      const { estimate } = StorageManager.prototype;
      StorageManager.prototype.estimate = async function () {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        return estimate.call(this);
      };
    }`,
  );
  page = await open();
  const [code, usage] = await page.evaluate(async () => {
    const { converter } = window;
    const cancel = new AbortController();
    const usage = { asked: undefined };
    const code = await converter
      .convert('dog.jpg', {
        signal: cancel.signal,
        onProgress({ stage }) {
          if (stage !== 'inference') return;
          usage.asked ??= converter.cache.stats();
          cancel.abort();
        },
      })
      .catch((error) => error.code);
    const late = new Promise((resolve) => setTimeout(resolve, 120_000, 'never'));
    return [code, await Promise.race([usage.asked, late])];
  });
  assert.equal(code, 'cancelled');
  assert.equal(usage.entries, 0);
});

test('a photo that is cancelled while the engine loads takes no question with it', async () => {
  await kinds(['dog.jpg']);
  await embedder.holds(page, 1);
  await page.close();
  page = await open();
  const [code, entries] = await page.evaluate(async () => {
    const { converter } = window;
    const cancel = new AbortController();
    const asked = {};
    const code = await converter
      .convert('lake.jpg', {
        maxSide: 256,
        signal: cancel.signal,
        onProgress({ stage, loaded }) {
          if (stage !== 'download' || loaded === 0) return;
          asked.entries ??= converter.cache.list();
          // The question is on its way before.
          setTimeout(() => cancel.abort(), 200);
        },
      })
      .catch((error) => error.code);
    return [code, (await asked.entries).length];
  });
  assert.deepEqual([code, entries], ['cancelled', 1]);
});
