// The npm package as others get it: unpacked beside a plain page, no build step.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { largePhoto, launch } from './browser.mjs';
import { serve } from './server.mjs';
import { unpackInto } from './unpacked.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
let browser, server, page;

before(async () => {
  unpackInto(folder);
  copyFileSync('tests/fixtures/photos/dog.jpg', join(folder, 'dog.jpg'));
  copyFileSync('tests/fixtures/bad/text.jpg', join(folder, 'text.jpg'));
  copyFileSync('tests/fixtures/bad/bomb.png', join(folder, 'bomb.png'));
  copyFileSync('models/meadow-fast.onnx', join(folder, 'own.onnx'));
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html><meta charset="utf-8"><title>embedder</title><link rel="icon" href="data:,">
    <script type="module">
      import * as nijigen from './node_modules/nijigen/client.js';
      window.nijigen = nijigen;
      window.resourcesOfImport = performance.getEntriesByType('resource').map(({ name }) => name);
      window.converter = await nijigen.createConverter();
    </script>`,
  );
  browser = await launch();
  copyFileSync(await largePhoto(browser), join(folder, 'large.jpg'));
  server = await serve(folder);
  page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.converter);
});
after(async () => {
  await browser.close();
  await server.close();
});

test('importing fetches nothing but its scripts', async () => {
  const resources = await page.evaluate(() => window.resourcesOfImport);
  assert.deepEqual(
    resources.filter((name) => !/\/(client|slim)\.js$|^data:/.test(name)),
    [],
  );
});

test('a photo by URL, with options and progress', async () => {
  const result = await page.evaluate(async () => {
    const stages = new Set();
    const onProgress = ({ stage }) => stages.add(stage);
    const options = { maxSide: 256, format: 'jpeg', quality: 80, style: 'meadow', tier: 'fast', onProgress };
    const { blob, width, height, style, variant, timings } = await window.converter.convert('dog.jpg', options);
    const shown = await createImageBitmap(blob);
    return {
      type: blob.type,
      width,
      height,
      style,
      variant,
      timings,
      stages: [...stages],
      shown: [shown.width, shown.height],
    };
  });
  assert.equal(result.type, 'image/jpeg');
  assert.equal(Math.max(result.width, result.height), 256);
  assert.deepEqual(result.shown, [result.width, result.height]);
  // The page is not isolated, so no build with threads.
  const best = readFileSync('target/wasm/variants', 'utf8').includes('relaxed\n') ? 'relaxed' : 'simd';
  assert.deepEqual([result.style, result.variant], ['meadow', best]);
  assert.deepEqual(result.stages, ['download', 'start', 'inference', 'encode']);
  for (const stage of ['load', 'prepare', 'inference', 'encode']) assert.ok(result.timings[stage] >= 0, stage);
});

test('a model of your own, by URL and as a file, and what is none', async () => {
  const results = await page.evaluate(async () => {
    const { converter } = window;
    const options = { model: 'own.onnx', maxSide: 256 };
    const byUrl = await converter.convert('dog.jpg', options);
    const file = new File([await (await fetch('own.onnx')).blob()], 'mine.onnx');
    const asFile = await converter.convert('dog.jpg', { ...options, model: file, modelRange: [-1, 1] });
    const unsigned = await converter.convert('dog.jpg', { ...options, model: file, modelRange: [0, 1] });
    const shipped = await converter.convert('dog.jpg', { style: 'meadow', tier: 'fast', maxSide: 256 });
    const bytes = async ({ blob }) => new Uint8Array(await blob.arrayBuffer()).join();
    const refused = await converter.convert('dog.jpg', { model: 'text.jpg' }).catch(({ code }) => code);
    return {
      styles: [byUrl.style, asFile.style, shipped.style],
      tiers: [byUrl.tier, shipped.tier],
      same: (await bytes(byUrl)) === (await bytes(asFile)),
      range: (await bytes(unsigned)) === (await bytes(asFile)),
      refused,
    };
  });
  assert.deepEqual(results, {
    styles: ['own', 'mine', 'meadow'],
    tiers: [undefined, 'fast'],
    same: true,
    range: false,
    refused: 'bad-model',
  });
});

test('in full size, and a preview before the fine tier', async () => {
  const result = await page.evaluate(async () => {
    const previews = [];
    const converter = await window.nijigen.createConverter();
    const options = { tier: 'fine', maxSide: 256, fullSize: true, onPreview: (preview) => previews.push(preview) };
    const { width, height, tier } = await converter.convert('dog.jpg', options);
    const photo = await createImageBitmap(await (await fetch('dog.jpg')).blob());
    const fast = await converter.convert('dog.jpg', { ...options, tier: 'fast' });
    converter.dispose();
    return {
      sizes: [width, height, photo.width, photo.height],
      tiers: [...previews.map(({ tier }) => tier), tier, fast.tier],
      previewed: previews[0].blob.size > 1000,
    };
  });
  const [width, height, ...photo] = result.sizes;
  assert.deepEqual([width, height], photo);
  assert.deepEqual(result.tiers, ['fast', 'fine', 'fast']);
  assert.ok(result.previewed);
});

test('a preview keeps its place in the cache until the fine picture is there; then that one answers, without a preview', async () => {
  const result = await page.evaluate(async () => {
    const converter = await window.nijigen.createConverter({ workers: 1 });
    await converter.cache.clear();
    const kept = async () => (await converter.cache.list()).map(({ model }) => model);
    let previews = 0;
    const cancel = new AbortController();
    const options = { tier: 'fine', maxSide: 256, onPreview: () => (previews += 1) };
    const stages = [];
    const stopping = {
      ...options,
      signal: cancel.signal,
      onProgress: ({ stage, preview = false }) => {
        stages.push(`${stage} ${preview}`);
        if (stage === 'inference' && !preview) cancel.abort();
      },
    };
    const code = await converter.convert('dog.jpg', stopping).catch(({ code }) => code);
    const cancelled = { code, previews, kept: await kept(), told: stages.includes('inference true') };
    const fast = await converter.convert('dog.jpg', { maxSide: 256, tier: 'fast' });
    const fine = await converter.convert('dog.jpg', options);
    // What is stored is stored in the worker's own time.
    for (let tries = 0; tries < 1200 && (await kept()).length > 1; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const drawn = { cache: [fast.cache, fine.cache], previews, kept: await kept() };
    const { tier, cache } = await converter.convert('dog.jpg', options);
    const again = { tier, cache, previews };
    converter.dispose();
    return { cancelled, drawn, again };
  });
  assert.deepEqual(result.cancelled, { code: 'cancelled', previews: 1, kept: ['meadow-fast'], told: true });
  assert.deepEqual(result.drawn, { cache: ['exact', 'miss'], previews: 2, kept: ['meadow-fine'] });
  assert.deepEqual(result.again, { tier: 'fine', cache: 'exact', previews: 2 });
});

test('another strength, format or quality of what is drawn, without drawing', async () => {
  const result = await page.evaluate(async () => {
    const converter = await window.nijigen.createConverter({ cache: false });
    const options = { maxSide: 256, label: null };
    const plain = await converter.convert('dog.jpg', options);
    const drawn = await converter.convert('dog.jpg', { ...options, revisable: true });
    const half = await converter.convert('dog.jpg', { ...options, strength: 0.5 });
    const revised = await converter.revise(drawn, { strength: 0.5, label: null });
    const jpeg = await converter.revise(drawn, { format: 'jpeg', quality: 50 });
    const bytes = async ({ blob }) => new Uint8Array(await blob.arrayBuffer()).join();
    const { memory } = converter;
    // Amid another conversion, too.
    let amid;
    await converter.convert('dog.jpg', {
      onProgress: ({ stage }) => {
        if (stage === 'inference') amid ??= converter.revise(drawn, {});
      },
    });
    const together = await amid;
    const wrong = await converter.revise(drawn, { strength: 2 }).catch(String);
    const same = {
      revised: (await bytes(half)) === (await bytes(revised)),
      plain: (await bytes(plain)) === (await bytes(drawn)),
    };
    const none = await converter.revise(plain, {});
    const other = await window.nijigen.createConverter({ cache: false });
    const others = await other.convert('dog.jpg', { ...options, revisable: true });
    const foreign = [await converter.revise(others, {}), await other.revise(drawn, {})];
    other.dispose();
    converter.dispose();
    return {
      same,
      sizes: [revised.width, revised.style, together.blob.size > 1000, memory > 1e6, converter.memory],
      inference: revised.timings.inference,
      type: jpeg.blob.type,
      none,
      foreign: foreign.map((revised) => revised === undefined),
      gone: await converter.revise(drawn, {}),
      wrong,
    };
  });
  assert.deepEqual(result, {
    same: { revised: true, plain: true },
    sizes: [256, 'meadow', true, true, 0],
    inference: 0,
    type: 'image/jpeg',
    none: undefined,
    foreign: [true, true],
    gone: undefined,
    wrong: 'RangeError: strength is 2; it must be a number from 0 to 1',
  });
});

test('every kind of source', async () => {
  const sizes = await page.evaluate(async () => {
    const blob = await (await fetch('dog.jpg')).blob();
    const bitmap = await createImageBitmap(blob, { resizeWidth: 96, resizeHeight: 64 });
    const canvas = new OffscreenCanvas(96, 64);
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const small = await canvas.convertToBlob();
    const buffer = await small.arrayBuffer();
    const sources = {
      blob: small,
      file: new File([small], 'dog.png'),
      buffer,
      bytes: new Uint8Array(buffer),
      url: new URL(URL.createObjectURL(small)),
      bitmap,
      pixels: canvas.getContext('2d').getImageData(0, 0, 96, 64),
    };
    const sizes = {};
    for (const [kind, source] of Object.entries(sources)) {
      const { width, height } = await window.converter.convert(source);
      sizes[kind] = `${width}×${height}`;
    }
    return sizes;
  });
  const all = ['blob', 'file', 'buffer', 'bytes', 'url', 'bitmap', 'pixels'];
  assert.deepEqual(sizes, Object.fromEntries(all.map((kind) => [kind, '96×64'])));
});

test('pixels of a wide gamut, or in floats, are the picture that the canvas shows', async (t) => {
  const { difference, raw } = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(96, 64);
    const context = canvas.getContext('2d', { colorSpace: 'display-p3' });
    for (let x = 0; x < 96; x++) {
      // Within sRGB, or the browser would have to cut it.
      context.fillStyle = `rgb(${40 + 2 * x}, ${220 - x}, ${60 + x})`;
      context.fillRect(x, 0, 1, 64);
    }
    const options = { strength: 0, label: null, cache: 'off' };
    const pixels = async (source) => {
      const { blob } = await window.converter.convert(source, options);
      const shown = new OffscreenCanvas(96, 64).getContext('2d');
      shown.drawImage(await createImageBitmap(blob), 0, 0);
      return shown.getImageData(0, 0, 96, 64).data;
    };
    const apart = (a, b) => a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0);
    const expected = await pixels(canvas);
    const wide = context.getImageData(0, 0, 96, 64, { colorSpace: 'display-p3' });
    const difference = { wide: apart(expected, await pixels(wide)) };
    for (const colorSpace of ['srgb', 'display-p3']) {
      // Not in every browser.
      const floats = context.getImageData(0, 0, 96, 64, { colorSpace, pixelFormat: 'rgba-float16' });
      if (floats.data instanceof Uint8ClampedArray) continue;
      difference[`floats, ${colorSpace}`] = apart(expected, await pixels(floats));
    }
    return { difference, raw: apart(expected, wide.data) };
  });
  t.diagnostic(JSON.stringify({ difference, raw }));
  assert.ok(raw > 10, `the numbers are others: ${raw}`);
  for (const [kind, apart] of Object.entries(difference)) assert.ok(apart <= 2, `${kind}: ${apart} levels apart`);
});

test('failures are NijigenErrors with a code', async () => {
  const codes = await page.evaluate(async () => {
    const { converter, nijigen } = window;
    const code = (promise) =>
      promise.then(
        () => 'converted',
        (error) => (error instanceof nijigen.NijigenError && error instanceof Error ? error.code : String(error)),
      );
    return {
      text: await code(converter.convert('text.jpg')),
      missing: await code(converter.convert('missing.jpg')),
      style: await code(converter.convert('dog.jpg', { style: 'nobody' })),
      large: await code(converter.convert('dog.jpg', { maxBytes: 1000 })),
      aborted: await code(converter.convert('dog.jpg', { signal: AbortSignal.abort() })),
      models: await code(nijigen.createConverter({ modelsUrl: 'nowhere/' })),
      // 60,000 × 60,000 pixels are more than a module's address space holds, whatever the limit.
      memory: await code(converter.convert('bomb.png', { maxPixels: 1e10 })),
      next: await code(converter.convert('dog.jpg', { maxSide: 256 })),
    };
  });
  assert.deepEqual(codes, {
    text: 'unsupported-format',
    missing: 'network',
    style: 'bad-model',
    large: 'too-large',
    aborted: 'cancelled',
    models: 'network',
    memory: 'out-of-memory',
    next: 'converted',
  });
});

test('an option that is none rejects, one that is left out does not, and sides are rounded', async () => {
  const said = await page.evaluate(async () => [
    await window.converter.convert('dog.jpg', { maxSide: 100 }).catch(String),
    (await window.converter.convert('dog.jpg', { maxSide: 299.6, format: undefined })).width,
  ]);
  assert.deepEqual(said, ['RangeError: maxSide is 100; it must be a number from 256 to 16384', 300]);
});

test('aborting settles at once at every moment, and the next conversion works', async (t) => {
  const moments = await page.evaluate(async () => {
    const measure = async (stage, converter) => {
      const controller = new AbortController();
      let aborted;
      const onProgress = (progress) => {
        if (aborted === undefined && progress.stage === stage) {
          aborted = performance.now();
          controller.abort();
        }
      };
      const outcome = await converter
        .convert('large.jpg', { signal: controller.signal, onProgress })
        .catch(({ code }) => code);
      const waited = performance.now() - aborted;
      let free;
      const { width } = await converter.convert('dog.jpg', {
        maxSide: 256,
        onProgress: () => (free ??= performance.now() - aborted),
      });
      return { outcome, waited: waited / usual, free: free / usual, next: width };
    };
    const moments = {};
    const begun = performance.now();
    await window.converter.convert('large.jpg', { cache: 'off' });
    const usual = performance.now() - begun;
    for (const stage of ['download', 'start', 'inference']) {
      const converter = await window.nijigen.createConverter({ cache: false });
      moments[stage] = await measure(stage, converter);
      converter.dispose();
    }
    return moments;
  });
  for (const [stage, { outcome, waited, free, next }] of Object.entries(moments)) {
    t.diagnostic(
      `aborted in stage ${stage}: settled after ${waited.toFixed(3)} of a photo's time, the next began at ${free.toFixed(3)}`,
    );
    assert.equal(outcome, 'cancelled', stage);
    assert.ok(waited <= 0.3, `${stage}: ${waited} of a photo's time`);
    assert.ok(free <= 0.5, `${stage}: the next one began after ${free} of a photo's time`);
    assert.equal(next, 256, stage);
  }
});

test('disposing ends what is in progress and what comes later', async () => {
  const codes = await page.evaluate(async () => {
    const converter = await window.nijigen.createConverter();
    const code = (promise) =>
      promise.then(
        () => 'converted',
        ({ code }) => code,
      );
    const running = code(converter.convert('dog.jpg', { onProgress: () => converter.dispose() }));
    return [await running, await code(converter.convert('dog.jpg'))];
  });
  assert.deepEqual(codes, ['cancelled', 'cancelled']);
});

test('where no worker can be made the photo says so, and the next one is drawn when one can', async () => {
  const outcome = await page.evaluate(async () => {
    const { Worker } = window;
    window.Worker = class {
      constructor() {
        throw new TypeError('refused');
      }
    };
    const converter = await window.nijigen.createConverter();
    const { code, message } = await converter.convert('dog.jpg').catch((error) => error);
    window.Worker = Worker;
    const { width } = await converter.convert('dog.jpg', { maxSide: 256 });
    converter.dispose();
    return { code, message, width };
  });
  assert.equal(outcome.code, 'unsupported-environment');
  assert.match(outcome.message, /refused/);
  assert.equal(outcome.width, 256);
});

test('a source that throws ends the loop, whether it is asynchronous or not', async () => {
  const outcomes = await page.evaluate(async () => {
    const through = async (sources) => {
      let seen = 0;
      try {
        for await (const { conversion } of window.converter.convertMany(sources, { maxSide: 256 }))
          seen += conversion ? 1 : 0;
      } catch (error) {
        return [seen, String(error)];
      }
      return [seen, 'ended'];
    };
    function* plain() {
      yield 'dog.jpg';
      yield 'dog.jpg';
      throw new Error('no more');
    }
    async function* later() {
      yield* plain();
    }
    return [await through(plain()), await through(later())];
  });
  for (const [seen, end] of outcomes) {
    assert.equal(end, 'Error: no more');
    assert.ok(seen <= 2);
  }
});

test('its types say what it does', () => {
  writeFileSync(
    join(folder, 'use.ts'),
    `import { createConverter, NijigenError, type ErrorCode } from 'nijigen';
    const converter = await createConverter({ modelsUrl: '/models/' });
    const { blob, width } = await converter.convert(new Blob(), { style: 'meadow', tier: 'fast', format: 'webp' });
    const sizes: [Blob, number] = [blob, width];
    const code = (error: unknown): ErrorCode | undefined => (error instanceof NijigenError ? error.code : undefined);
    // @ts-expect-error: formats are a closed list
    await converter.convert(new Blob(), { format: 'bmp' });
    export { sizes, code };`,
  );
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2023,dom'];
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
  assert.equal(execFileSync('node', [tsc, ...options, 'use.ts'], { cwd: folder, encoding: 'utf8' }), '');
});
