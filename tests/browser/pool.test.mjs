// The package with many photos: several workers, one order, and nothing held longer than it is needed.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { launch, THREADED } from './browser.mjs';
import { differentPhotos } from './photos.mjs';
import { serve } from './server.mjs';
import { unpackInto } from './unpacked.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
let browser, server, isolated, context, page;

/** Runs in the page. */
function helpers() {
  window.made = [];
  window.Worker = class extends Worker {
    constructor(...parameters) {
      super(...parameters);
      window.made.push(this);
    }
  };
  window.names = Array.from({ length: 12 }, (_, i) => `photo-${String(i + 1).padStart(2, '0')}.jpg`);
  window.blobs = (names) => Promise.all(names.map(async (name) => (await fetch(name)).blob()));
  window.all = async (iterable) => {
    const items = [];
    for await (const item of iterable) items.push(item);
    return items;
  };
  window.codeOf = (promise) =>
    promise.then(
      () => 'converted',
      ({ code }) => code,
    );
}

before(async () => {
  unpackInto(folder);
  copyFileSync('tests/fixtures/photos/dog.jpg', join(folder, 'dog.jpg'));
  copyFileSync('tests/fixtures/bad/text.jpg', join(folder, 'text.jpg'));
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html><meta charset="utf-8"><title>embedder</title><link rel="icon" href="data:,">
    <script type="module">
      import { createConverter } from './node_modules/nijigen/client.js';
      (${helpers})();
      window.createConverter = createConverter;
    </script>`,
  );
  browser = await launch();
  for (const { name, buffer } of await differentPhotos(browser, 12)) writeFileSync(join(folder, name), buffer);
  server = await serve(folder, { throttled: false });
  isolated = await serve(folder, { throttled: false, isolated: true });
});
after(async () => {
  await browser.close();
  await server.close();
  await isolated.close();
});

async function visit(url) {
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.createConverter);
}
beforeEach(() => visit(server.url));
afterEach(() => context.close());

/** Waits until so many workers are alive. */
async function workers(count) {
  for (let tries = 0; page.workers().length !== count; tries++) {
    assert.ok(tries < 1200, `${page.workers().length} workers are alive, not ${count}`);
    await page.waitForTimeout(50);
  }
}

test('a page that is not isolated draws two photos at once and gives them in their order', async () => {
  const result = await page.evaluate(async () => {
    const converter = await window.createConverter({ workers: 2, cache: false });
    const at = new Set();
    let most = 0;
    const onProgress = ({ stage }, index) => {
      if (stage === 'inference') at.add(index);
      if (stage === 'encode') at.delete(index);
      most = Math.max(most, at.size);
    };
    const items = await window.all(converter.convertMany(window.names, { maxSide: 256, onProgress }));
    return {
      most,
      order: items.map(({ index, source }) => [index, source]),
      threads: items.map(({ conversion }) => `${conversion.variant.includes('threads')} ${conversion.threads}`),
      names: window.names,
    };
  });
  // What is told last of one may come after what is told first of the next; there are no more than two workers, see below.
  assert.ok(result.most >= 2, 'at once');
  assert.deepEqual(result.order, [...result.names.entries()]);
  assert.deepEqual(new Set(result.threads), new Set(['false 1']));
  assert.equal(page.workers().length, 2);
  assert.equal(await page.evaluate(() => window.made.length), 2);
});

test('the second worker gets the engine from the first where the host lets nothing be kept', async () => {
  const forgetful = await serve(folder, { throttled: false, caching: 'no-store' });
  await context.close();
  await visit(forgetful.url);
  const converted = await page.evaluate(async () => {
    const converter = await window.createConverter({ workers: 2, cache: false });
    const items = await window.all(converter.convertMany(window.names.slice(0, 4), { maxSide: 256 }));
    return items.filter(({ conversion }) => conversion).length;
  });
  assert.equal(converted, 4);
  assert.equal(page.workers().length, 2);
  assert.equal(forgetful.count(/\.wasm$/), 1);
  await forgetful.close();
});

test('sources are taken only as they are needed, and no more once nobody wants them', async () => {
  const runs = await page.evaluate(async () => {
    const converter = await window.createConverter({ workers: 2, cache: false });
    const run = async (ordered, upTo) => {
      let taken = 0;
      let closed = false;
      async function* sources() {
        try {
          for (;;) {
            const name = window.names[taken++ % window.names.length];
            yield name;
          }
        } finally {
          closed = true;
        }
      }
      let received = 0;
      let ahead = 0;
      for await (const { conversion } of converter.convertMany(sources(), { ordered, maxSide: 256 })) {
        // A slow reader must not let results pile up.
        await new Promise((resolve) => setTimeout(resolve, 100));
        received += conversion ? 1 : 0;
        ahead = Math.max(ahead, taken - received);
        if (received === upTo) break;
      }
      const atEnd = taken;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { received, ahead, closed, later: taken - atEnd };
    };
    return [await run(true, 8), await run(false, 8)];
  });
  for (const { ahead, ...rest } of runs) {
    assert.ok(ahead <= 3, `${ahead} sources were taken ahead of their results`);
    assert.deepEqual(rest, { received: 8, closed: true, later: 0 });
  }
});

test('what fails is an item like the others', async () => {
  const result = await page.evaluate(async () => {
    const converter = await window.createConverter({ workers: 2 });
    const [a, b, c] = window.names;
    const sources = [a, 'text.jpg', b, 'missing.jpg', c];
    const said = ({ index, conversion, error }) => [index, conversion ? 'converted' : `${error.name} ${error.code}`];
    const ordered = (await window.all(converter.convertMany(sources, { maxSide: 256 }))).map(said);
    const free = (await window.all(converter.convertMany(new Set(sources), { ordered: false }))).map(said);
    const wrong = (() => {
      try {
        converter.convertMany(sources, { maxSide: 1 });
      } catch (error) {
        return String(error);
      }
    })();
    return { ordered, free: free.sort(([a], [b]) => a - b), wrong };
  });
  const expected = [
    [0, 'converted'],
    [1, 'NijigenError unsupported-format'],
    [2, 'converted'],
    [3, 'NijigenError network'],
    [4, 'converted'],
  ];
  assert.deepEqual(result.ordered, expected);
  assert.deepEqual(result.free, expected);
  assert.match(result.wrong, /^RangeError: maxSide is 1;/);
});

test('aborting ends all, the workers go on', async () => {
  const result = await page.evaluate(async () => {
    const converter = await window.createConverter({ workers: 2, cache: false });
    const controller = new AbortController();
    let aborted;
    const onProgress = ({ stage }) => {
      if (stage !== 'inference' || aborted) return;
      aborted = performance.now();
      controller.abort();
    };
    const many = window.all(
      converter.convertMany(['dog.jpg', ...window.names], { signal: controller.signal, onProgress }),
    );
    const code = await window.codeOf(many);
    const waited = performance.now() - aborted;
    const begun = performance.now();
    await converter.convert('dog.jpg');
    const usual = performance.now() - begun;
    const one = new AbortController();
    const outcomes = window.names
      .slice(0, 4)
      .map((name, i) =>
        window.codeOf(converter.convert(name, { maxSide: 256, ...(i === 3 && { signal: one.signal }) })),
      );
    one.abort();
    const next = await Promise.all(outcomes);
    const disposed = window.names.slice(0, 4).map((name) => window.codeOf(converter.convert(name)));
    await Promise.resolve();
    converter.dispose();
    return { code, share: waited / usual, next, disposed: await Promise.all(disposed) };
  });
  assert.equal(result.code, 'cancelled');
  assert.ok(result.share < 0.5, `it took ${result.share} of the time of a photo`);
  assert.deepEqual(result.next, ['converted', 'converted', 'converted', 'cancelled']);
  assert.deepEqual(result.disposed, ['cancelled', 'cancelled', 'cancelled', 'cancelled']);
  await workers(0);
});

test('a photo that takes too long is “timeout”; waiting does not count, and the next one gets a new worker', async () => {
  const result = await page.evaluate(async () => {
    const converter = await window.createConverter({ workers: 1, cache: false });
    const begin = () => performance.now();
    await converter.convert(window.names[0], { maxSide: 256 });
    let started = begin();
    await converter.convert('dog.jpg', { maxSide: 384 });
    const usual = begin() - started;
    // All of them together take longer than each may.
    const waiting = await Promise.all(
      Array.from({ length: 20 }, () =>
        window.codeOf(converter.convert('dog.jpg', { maxSide: 384, timeout: 10 * usual })),
      ),
    );
    started = begin();
    await converter.convert('dog.jpg');
    const whole = begin() - started;
    started = begin();
    const late = window.codeOf(converter.convert('dog.jpg', { timeout: whole / 10 }));
    const next = window.codeOf(converter.convert(window.names[1], { maxSide: 256 }));
    const code = await late;
    const waited = begin() - started;
    return { code, share: waited / whole, next: await next, waiting, made: window.made.length };
  });
  assert.deepEqual(new Set(result.waiting), new Set(['converted']));
  assert.equal(result.code, 'timeout');
  assert.ok(result.share < 0.8, `it was stopped after ${result.share} of the time it takes`);
  assert.equal(result.next, 'converted');
  assert.equal(result.made, 2);
  await workers(1);
});

test('a photo that comes slowly has all its time to be drawn; one that does not come has no more', async (t) => {
  const photo = readFileSync('tests/fixtures/photos/dog.jpg');
  const pieces = 8;
  let pace;
  for (const name of ['slow', 'stuck']) writeFileSync(join(folder, `${name}.jpg`), photo);
  const slow = await serve(folder, {
    throttled: false,
    answer(path, response) {
      if (!/^(slow|stuck)\.jpg$/.test(path)) return;
      response.writeHead(200, { 'content-type': 'image/jpeg' });
      const size = Math.ceil(photo.length / pieces);
      const send = (at) => {
        response.write(photo.subarray(at, at + size));
        if (at + size >= photo.length) response.end();
        else if (path === 'slow.jpg') setTimeout(send, pace, at + size);
      };
      send(0);
    },
  });
  t.after(() => slow.close());
  await context.close();
  await visit(slow.url);
  const usual = await page.evaluate(async () => {
    window.converter = await window.createConverter({ workers: 1, cache: false });
    await window.converter.convert('dog.jpg', { maxSide: 256 });
    const begun = performance.now();
    await window.converter.convert('dog.jpg', { maxSide: 256 });
    return performance.now() - begun;
  });
  const timeout = 1000 + 5 * usual;
  pace = timeout / 2;
  const convert = (name) =>
    page.evaluate(
      async ([name, timeout]) => {
        const stages = new Set();
        const onProgress = ({ stage }) => stages.add(stage);
        const begun = performance.now();
        const code = await window.codeOf(window.converter.convert(name, { maxSide: 256, timeout, onProgress }));
        return { code, took: (performance.now() - begun) / timeout, stages: [...stages] };
      },
      [name, timeout],
    );
  const { took, ...drawn } = await convert('slow.jpg');
  assert.deepEqual(drawn, { code: 'converted', stages: ['start', 'inference', 'encode'] });
  assert.ok(took > 2, `${took} of its time, so downloading was not counted`);
  const stuck = await convert('stuck.jpg');
  assert.deepEqual([stuck.code, stuck.stages], ['timeout', []]);
});

test('a worker without work is ended, its memory given back, and the next photo does not notice', async () => {
  const convert = (source, options) =>
    page.evaluate(
      async ([source, options]) => {
        window.converter ??= await window.createConverter({ idle: 400 });
        const { memory, cached } = await window.converter.convert(source, options);
        return { memory, kind: cached?.kind ?? 'made' };
      },
      [source, options],
    );
  const large = await convert('dog.jpg', { maxSide: 512 });
  await workers(0);
  const small = await convert('photo-01.jpg', { maxSide: 256 });
  assert.deepEqual([large.kind, small.kind], ['made', 'made']);
  assert.ok(small.memory < large.memory, `${small.memory} bytes after ${large.memory}`);
  await workers(0);
  assert.equal((await convert('photo-01.jpg', { maxSide: 256 })).kind, 'exact');
  await workers(0);
  const entries = await page.evaluate(async () => (await window.converter.cache.list()).length);
  assert.equal(entries, 2);
  await workers(0);
});

test('where only a worker keeps pictures, the last one stays', async () => {
  await context.close();
  context = await browser.newContext();
  await context.route('**/worker.js', async (route) => {
    const response = await route.fetch();
    const refuse = `Object.defineProperty(self, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } });`;
    await route.fulfill({ response, body: refuse + (await response.text()) });
  });
  page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.createConverter);
  const kinds = await page.evaluate(async () => {
    const converter = await window.createConverter({ idle: 100, workers: 1 });
    const kind = async () => (await converter.convert('photo-01.jpg')).cached?.kind ?? 'made';
    const first = await kind();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return [first, await kind()];
  });
  assert.deepEqual(kinds, ['made', 'exact']);
});

test('whatever takes time can be aborted', async () => {
  const codes = await page.evaluate(async () => {
    const signal = AbortSignal.abort();
    const converter = await window.createConverter({ workers: 1 });
    const photo = (await window.blobs(window.names.slice(0, 1)))[0];
    const made = await converter.convert(photo, { maxSide: 256, revisable: true });
    const model = await (await fetch(window.modelUrl ?? 'nijigen/models/skyline-fast.onnx')).blob();
    const late = new AbortController();
    const adding = converter.addModel(model, { name: 'late' }, { signal: late.signal });
    setTimeout(() => late.abort());
    const codes = await Promise.all(
      [
        window.createConverter({ signal }),
        converter.convert(photo, { signal }),
        converter.revise(made, { format: 'jpeg' }, { signal }),
        converter.addModel(model, { name: 'never' }, { signal }),
        adding,
        converter.preload(['carnival'], { signal }),
      ].map(window.codeOf),
    );
    return { codes, own: converter.styles().filter(({ own }) => own).length };
  });
  assert.deepEqual(codes, { codes: Array(6).fill('cancelled'), own: 0 });
});

test('how often a picture was of use any worker can tell', async () => {
  const hits = await page.evaluate(async () => {
    const [one, other] = await Promise.all([1, 2].map(() => window.createConverter({ workers: 1 })));
    const [photo] = await window.blobs(window.names);
    const told = async () => (await other.cache.list()).map(({ hits }) => hits);
    await one.cache.clear();
    await one.convert(photo, { maxSide: 256 });
    const before = await told();
    await one.convert(photo, { maxSide: 256 });
    const end = Date.now() + 60_000;
    let after = await told();
    while (after[0] === 0 && Date.now() < end) after = await told();
    await one.cache.clear();
    one.dispose();
    other.dispose();
    return [before, after];
  });
  assert.deepEqual(hits, [[0], [1]]);
});

test('what one worker has made another finds, and what is removed none of them', async () => {
  const result = await page.evaluate(async () => {
    const converter = await window.createConverter({ workers: 2 });
    const [a, b] = await window.blobs(window.names);
    // Files of other times, so that nothing but their content says that they are the same.
    let time = 0;
    const again = (blob) => new File([blob], 'again.jpg', { lastModified: (time += 1) });
    const kinds = async (...photos) =>
      Promise.all(
        photos.map(async (photo) => (await converter.convert(photo, { maxSide: 256 })).cached?.kind ?? 'made'),
      );
    const twice = await kinds(a, a);
    const first = await kinds(b);
    const found = [];
    for (let i = 0; i < 4; i++) found.push(...(await kinds(again(a), again(b), again(a))));
    const both = window.made.length;
    await converter.cache.clear();
    const cleared = await kinds(again(a), again(b));
    return { twice, first, found: [...new Set(found)], both, cleared };
  });
  assert.deepEqual(result, {
    twice: ['made', 'exact'],
    first: ['made'],
    found: ['exact'],
    both: 2,
    cleared: ['made', 'made'],
  });
});

test(
  'with threads: few photos get all of them, many a worker each; the window tells which',
  { skip: !THREADED.length },
  async () => {
    await context.close();
    await visit(isolated.url);
    const result = await page.evaluate(async () => {
      const threads = async (sources, options) => {
        const converter = await window.createConverter({ workers: 2, threads: 2, cache: false });
        const items = await window.all(converter.convertMany(sources(), { maxSide: 256, ...options }));
        converter.dispose();
        return items.map(({ conversion }) => conversion.threads);
      };
      async function* slowly() {
        for (const name of window.names.slice(0, 5)) {
          yield name;
          await new Promise((resolve) => setTimeout(resolve, 40));
        }
      }
      return {
        few: await threads(() => window.names.slice(0, 3)),
        many: await threads(() => window.names.slice(0, 5)),
        window: await threads(slowly, { window: 5000 }),
        noWindow: (await threads(slowly, { window: 0 }))[0],
      };
    });
    assert.deepEqual(result, { few: [2, 2, 2], many: [1, 1, 1, 1, 1], window: [1, 1, 1, 1, 1], noWindow: 2 });
  },
);
