// On a GPU every step gives what its definition gives, whatever the sizes, and our generators what they give on the
// processor. Here it is one that the processor computes, which says nothing of speed.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { launch, SITE, WORDS } from './browser.mjs';
import { embed, patchWorkers, until } from './embedder.mjs';
import { SOFTWARE_GPU, stageGpu } from './engines.mjs';
import { build, FOUND, random, WAYS } from './random-networks.mjs';
import { serve } from './server.mjs';
import { filled, good, tolerance, values } from './vectors.mjs';

const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
/** Milliseconds after which a worker without work is ended, where that is waited for. */
const IDLE = 500;
/** Submissions of one run. */
const PARTS = 12;
/** The processor compiles each for seconds. */
const NETWORKS = 4;
/** Sides of a photo that is drawn in one piece where there is memory, and bytes that a buffer of half of it takes, not one of it all. */
const STRIP = [1100, 96];
const STRIP_BYTES = 5.4e6;
/** Milliseconds: the processor, which here is the GPU, too, has others to serve. */
const PATIENCE = 900_000;
/** Between values of about 1. */
const TOLERANCE = 2e-4;
/** What a page's worker lets tests see and do. */
const SEEN = `
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    new BroadcastChannel('device').postMessage('asked for');
    return (self.device = await requestDevice.apply(this, given));
  };
  self.buffers = 0;
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (...given) {
    self.buffers++;
    return createBuffer.apply(this, given);
  };
  self.submitted = 0;
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (...given) {
    self.submitted++;
    return submit.apply(this, given);
  };
  // As if the device took less at once.
  self.most = Infinity;
  const limits = Object.getOwnPropertyDescriptor(GPUDevice.prototype, 'limits').get;
  Object.defineProperty(GPUDevice.prototype, 'limits', {
    get() {
      const { maxStorageBufferBindingSize, maxBufferSize } = limits.call(this);
      return { maxStorageBufferBindingSize: Math.min(maxStorageBufferBindingSize, self.most), maxBufferSize };
    },
  });
  self.fault = undefined;
  const { getMappedRange, mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = function (...given) {
    if (self.fault === 'lost') self.device.destroy();
    return self.fault === 'silent' ? new Promise(() => undefined) : mapAsync.apply(this, given);
  };
  GPUBuffer.prototype.getMappedRange = function (...given) {
    const range = getMappedRange.apply(this, given);
    if (self.fault === 'other') new Float32Array(range).fill(0.5);
    if (self.fault === 'nonsense') new Float32Array(range).fill(NaN);
    if (self.fault === 'nothing') new Float32Array(range).fill(0);
    // What is larger than the small picture of a trial comes back in part.
    if (self.fault === 'part' && range.byteLength > 200_000) new Float32Array(range).fill(0, 50_000);
    return range;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    self.buffers--;
    destroy.apply(this);
  };
`;
let gpus, gpu, folder, server, browser;
/** What workers have from their start. */
let fault;

before(async () => {
  gpus = await stageGpu();
  gpu = await gpus.open();
  folder = embed();
  const WORKER = 'node_modules/nijigen/worker.js';
  const worker = readFileSync(join(folder, WORKER), 'utf8');
  const answer = (path) =>
    path.endsWith(WORKER) ? `${SEEN}self.fault = ${JSON.stringify(fault)};${worker}` : undefined;
  server = await serve(folder, { throttled: false, answer });
  browser = await launch(...SOFTWARE_GPU, ...CAMERA);
});
after(async () => {
  await gpus?.close();
  await browser?.close();
  await server?.close();
  if (folder) rmSync(folder, { recursive: true });
});

const worst = (some, others) => {
  assert.equal(some.length, others.length);
  return some.reduce((worst, value, i) => Math.max(worst, Math.abs(value - others[i])), 0);
};

test('networks are drawn as their operators are defined', async () => {
  const right = async (made) => {
    const { file, height, width, input, expected } = build(made);
    if (!(await gpu.start(file, width, height))) return false;
    const output = await gpu.ask('run', new Float32Array(input));
    const { steps } = await gpu.ask('layout');
    const error = worst(output, expected);
    assert.ok(error <= TOLERANCE, `${error} by ${JSON.stringify(steps)}`);
    return true;
  };
  for (const [way, made] of Object.entries(WAYS)) assert.ok(await right(made), way);
  for (const made of FOUND) assert.ok(await right(made));
  let drawn = 0;
  // Channels that do not lie side by side are left to the processor.
  const property = fc.asyncProperty(random, async (made) => void (drawn += Number(await right(made))));
  const seed = Number(process.env.NIJIGEN_SEED ?? Math.random() * 2 ** 31) | 0;
  await fc.assert(property, { numRuns: NETWORKS, seed, includeErrorInReport: true, endOnFailure: true });
  assert.ok(drawn > 0);
});

test('generators give what ONNX Runtime gives, whatever spells them', async () => {
  const spelled = good.filter(({ name }) => /^(animeganv2|fast|fine|torch-dynamic|tf-dynamic)/.test(name));
  assert.ok(spelled.length >= 3, spelled.map(({ name }) => name).join());
  for (const model of spelled) {
    const { width, height, input, output } = values(model.cases[0]);
    assert.ok(await gpu.start(filled(model), width, height), model.name);
    const error = worst(await gpu.ask('run', input), output);
    // A GPU rounds nothing to integers.
    assert.ok(error <= (model.quantised ? 50 : 1) * tolerance, `${model.name}: ${error}`);
    const { buffers, steps } = await gpu.ask('layout');
    const all = Object.values(steps).reduce((sum, count) => sum + count, 0);
    assert.equal(await gpu.ask('dispatches'), all + (steps.moments ?? 0), 'moments take two, all else one');
    assert.ok(buffers.length <= 12, `${model.name}: ${buffers.length} buffers for ${all} steps`);
  }
});

/** A converter of these options in a page of its own; `convert` draws by a small generator. */
async function visit(options, context, { scale } = { scale: 0.12 }) {
  const page = await (context ?? browser).newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.converter);
  const model = [...new Uint8Array(build({ ...WAYS.Winograd, norm: undefined }).file)];
  await page.evaluate(
    async ([options, model, scale, patience]) => {
      window.converter = await window.make({ cache: false, workers: 1, ...options });
      window.small = new File([new Uint8Array(model)], 'small.onnx');
      window.draw = async (options = {}) => {
        const given = { model: window.small, modelRange: [-1, 1], format: 'png', timeout: patience, ...options };
        window.photo ??= await window.again('lake.jpg', { scale });
        const { blob, variant, gpu } = await window.converter.convert(window.photo, given);
        const picture = await createImageBitmap(blob);
        const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
        context.drawImage(picture, 0, 0);
        return { variant, gpu, pixels: [...context.getImageData(0, 0, picture.width, picture.height).data] };
      };
    },
    [options, model, scale, PATIENCE],
  );
  const [worker] = page.workers();
  return {
    page,
    worker: () => worker ?? page.workers()[0],
    draw: (options) => page.evaluate((options) => window.draw(options), options),
  };
}

const SOFTWARE = { engine: 'webgpu', softwareGpu: true };
/** A tile that is large enough to say something. */
const LARGER = { scale: 0.4 };

test('a photo is drawn by the GPU as by the processor, fifty times without growth', async () => {
  const { page, worker, draw } = await visit(SOFTWARE);
  const reference = await visit({ engine: 'wasm' });
  const { pixels, variant } = await draw();
  assert.equal(variant, 'webgpu');
  const expected = await reference.draw();
  assert.notEqual(expected.variant, 'webgpu');
  assert.ok(worst(pixels, expected.pixels) <= 1);
  const held = await worker().evaluate(() => self.buffers);
  assert.ok(held > 3);
  for (let i = 0; i < 50; i++) assert.equal((await draw()).variant, 'webgpu');
  assert.equal(await worker().evaluate(() => self.buffers), held);
  await page.close();
  await reference.page.close();
});

test('where the device is lost on the way the processor finishes the picture, and the next ones', async () => {
  const { page, draw } = await visit({ ...SOFTWARE, idle: IDLE });
  const before = await draw();
  assert.equal(before.variant, 'webgpu');
  await until(() => page.workers().length === 0, 'the worker is ended when there is no work');
  // In the next one: when all is submitted, and nothing has come back.
  fault = 'lost';
  for (const after of [await draw(), await draw()]) {
    assert.notEqual(after.variant, 'webgpu');
    assert.match(after.gpu, /lost|destroyed/i);
    assert.ok(worst(after.pixels, before.pixels) <= 1);
  }
  // So does the worker that comes after this one.
  await until(() => page.workers().length === 0, 'the worker is ended when there is no work');
  await page.evaluate(() => {
    window.devices = 0;
    new BroadcastChannel('device').onmessage = () => window.devices++;
  });
  const after = await draw();
  assert.match(after.gpu, /lost|destroyed/i);
  assert.equal(await page.evaluate(() => window.devices), 0);
  fault = undefined;
  await page.close();
});

test('a GPU that the processor computes is not taken for one', async () => {
  const { page, draw } = await visit({ engine: 'webgpu' });
  const { variant, gpu } = await draw();
  assert.notEqual(variant, 'webgpu');
  assert.match(gpu, /computed by the processor/);
  await page.close();
});

test('a generator with operators that a GPU has not is drawn by the processor, without a word', async () => {
  const { page, draw } = await visit(SOFTWARE);
  const v3 = [...readFileSync('tests/vectors/user/v3.onnx')];
  await page.evaluate((v3) => (window.v3 = new File([new Uint8Array(v3)], 'v3.onnx')), v3);
  const { variant, gpu } = await page.evaluate(() => window.draw({ model: window.v3 }));
  assert.deepEqual([variant === 'webgpu', gpu], [false, undefined]);
  assert.equal((await draw()).variant, 'webgpu', 'others are');
  await page.close();
});

/** What trials found, as is remembered; with `to` something else is, from now on. Waits until there is something. */
const verdicts = (page, to) =>
  page.evaluate(async (to) => {
    for (;;) {
      const found = (await indexedDB.databases()).some(({ name }) => name === 'nijigen-gpu');
      if (!found) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        continue;
      }
      const database = await new Promise((resolve) => {
        const request = indexedDB.open('nijigen-gpu');
        request.onsuccess = () => resolve(request.result);
      });
      const store = database.transaction('verdicts', 'readwrite').objectStore('verdicts');
      const ask = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      const keys = await ask(store.getAllKeys());
      const values = await ask(store.getAll());
      for (const [i, key] of keys.entries()) if (to) await ask(store.put({ ...values[i], ...to }, key));
      database.close();
      if (keys.length > 0) return values.map(({ finding }) => finding);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }, to);

/** At how many visits in a row something on the GPU has not ended, this one among them. */
const unfinished = (page) =>
  page.evaluate(async () => {
    if (!(await indexedDB.databases()).some(({ name }) => name === 'nijigen-gpu')) return 0;
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await done(indexedDB.open('nijigen-gpu'));
    const found = await done(database.transaction('unfinished').objectStore('unfinished').getAll());
    database.close();
    return Math.max(0, ...found.map(({ before, running }) => before + Number(running > 0)));
  });

test('what a GPU gives that is none of ours is not taken: no numbers, nothing, or no answer', async () => {
  for (const fault of ['nonsense', 'nothing', 'silent']) {
    const { page, worker, draw } = await visit(SOFTWARE);
    const before = await draw();
    assert.equal(before.variant, 'webgpu');
    await worker().evaluate((fault) => (self.fault = fault), fault);
    const after = await draw();
    assert.notEqual(after.variant, 'webgpu', fault);
    assert.ok(worst(after.pixels, before.pixels) <= 1);
    const reason = fault === 'silent' ? /did not answer/ : /no picture/;
    const later = await draw();
    assert.notEqual(later.variant, 'webgpu', 'it is left alone');
    assert.match(later.gpu, reason);
    await page.close();
  }
});

/** Our own generator on the GPU, in a worker that stays: its shaders take the processor a minute. */
let ours;
const shipped = { model: undefined, modelRange: undefined, tier: 'fast', maxSide: 256 };

test('what is too large for the device at once is drawn in tiles', async () => {
  ours = await visit({ ...SOFTWARE, idle: PATIENCE });
  const { page, worker, draw } = ours;
  const reference = await visit({ engine: 'wasm' });
  const strip = (page) =>
    page.evaluate(async (sides) => {
      const draw = (context, canvas) => {
        [canvas.width, canvas.height] = sides;
        context.fillStyle = context.createLinearGradient(0, 0, ...sides);
        context.fillStyle.addColorStop(0, '#c84');
        context.fillStyle.addColorStop(1, '#48c');
        context.fillRect(0, 0, ...sides);
        for (let i = 0; i < 40; i++) {
          context.fillStyle = `hsl(${i * 77} 60% 50%)`;
          context.fillRect((i * 97) % sides[0], (i * 31) % sides[1], 20 + (i % 5) * 9, 14);
        }
      };
      window.photo = await window.again('lake.jpg', { type: 'image/png', draw });
    }, STRIP);
  await strip(page);
  await strip(reference.page);
  const whole = { ...shipped, maxSide: STRIP[0] };
  // Opens the device, of which the worker then says that it takes half of this photo.
  await draw(shipped);
  await worker().evaluate((most) => (self.most = most), STRIP_BYTES);
  const before = await worker().evaluate(() => self.submitted);
  const { variant, pixels } = await draw(whole);
  assert.equal(variant, 'webgpu');
  assert.ok((await worker().evaluate(() => self.submitted)) - before > PARTS + 1, 'more than one tile');
  // The processor rounds to integers, the GPU does not.
  const { pixels: drawn } = await reference.draw(whole);
  const mean = drawn.reduce((sum, value, i) => sum + Math.abs(value - pixels[i]), 0) / drawn.length;
  assert.ok(worst(pixels, drawn) <= 12 && mean < 1, `${worst(pixels, drawn)} of 255, ${mean} on average`);
  await worker().evaluate(() => (self.most = Infinity));
  await reference.page.close();
});

test('a conversion on the GPU can be cancelled, which ends its work, and the next one works', async () => {
  const { page, worker, draw } = ours;
  // In several submissions: of a few all may be under way before a cancel is heard.
  await page.evaluate(
    (scale) => window.again('lake.jpg', { scale }).then((photo) => (window.photo = photo)),
    LARGER.scale,
  );
  const submissions = () => worker().evaluate(() => self.submitted);
  await draw(shipped);
  const before = await submissions();
  await draw(shipped);
  const whole = (await submissions()) - before;
  assert.ok(whole > PARTS / 2, `${whole} submissions`);
  const code = await page.evaluate(async (shipped) => {
    const cancel = new AbortController();
    const onProgress = ({ stage, loaded }) => stage === 'inference' && loaded > 0 && cancel.abort();
    return window.draw({ ...shipped, signal: cancel.signal, onProgress }).then(
      () => 'drawn',
      ({ code }) => code,
    );
  }, shipped);
  assert.equal(code, 'cancelled');
  // One that does not look up within 200 ms is ended, and its work with it.
  const cancelled = worker();
  const submitted = await cancelled
    .evaluate(async () => {
      const before = self.submitted;
      await self.device.queue.onSubmittedWorkDone();
      return [before, self.submitted];
    })
    .catch(() => undefined);
  if (submitted) {
    assert.ok(submitted[0] - before < 2 * whole, `${submitted[0] - before - whole} of ${whole} submissions`);
    assert.equal(submitted[1], submitted[0], 'nothing more is begun');
  } else await until(() => !page.workers().includes(cancelled), 'its worker is ended');
  const after = await draw();
  assert.deepEqual([after.variant, after.gpu], ['webgpu', undefined]);
  await page.close();
});

test('at no strength nothing is drawn, and nobody says that the GPU did', async () => {
  const { page, draw } = await visit(SOFTWARE);
  const { variant, gpu } = await draw({ strength: 0 });
  assert.deepEqual([variant === 'webgpu', gpu], [false, undefined]);
  await page.close();
});

test('by itself the GPU draws once it has shown that it is the faster one, which is remembered', async () => {
  const context = await browser.newContext();
  const first = await visit({ softwareGpu: true }, context, LARGER);
  const drawn = await first.draw();
  assert.notEqual(drawn.variant, 'webgpu', 'nobody waits for a trial');
  // Photos that come during the trial are drawn as ever.
  const trial = verdicts(first.page, { finding: 'faster' });
  let found;
  trial.then((all) => (found = all));
  while (!found) assert.deepEqual((await first.draw()).pixels, drawn.pixels);
  // This one is slower than what we have ourselves.
  assert.deepEqual(found, ['slower']);
  await until(async () => (await unfinished(first.page)) === 0, 'what has ended is not held against it');
  assert.deepEqual([(await first.draw()).variant === 'webgpu', (await first.draw()).gpu], [false, undefined]);
  await first.page.close();
  // As if it had been faster.
  const second = await visit({ softwareGpu: true }, context, LARGER);
  let { variant } = await second.draw();
  while (variant !== 'webgpu') ({ variant } = await second.draw());
  await second.page.evaluate(() => window.converter.cache.clear());
  const databases = () => second.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  await until(async () => !(await databases()).includes('nijigen-gpu'), 'with all that is kept the findings go');
  await context.close();
});

for (const [fault, reason] of [
  ['other', /another picture/],
  ['part', /no picture/],
]) {
  test(`a GPU that draws ${reason.source} is left alone, on the next visits, too`, async () => {
    const context = await browser.newContext();
    const first = await visit({ softwareGpu: true }, context, LARGER);
    // Without a drawing there is no trial.
    await first.draw({ strength: 0 });
    await first.worker().evaluate((fault) => (self.fault = fault), fault);
    const { pixels } = await first.draw();
    assert.deepEqual(await verdicts(first.page), ['faulty']);
    let after = await first.draw();
    while (after.gpu === undefined) after = await first.draw();
    assert.match(after.gpu, reason);
    assert.deepEqual(after.pixels, pixels);
    await first.page.close();
    const second = await visit({ softwareGpu: true }, context, LARGER);
    await second.draw();
    assert.equal((await second.draw()).gpu, undefined, 'it is not tried again');
    assert.equal(await second.worker().evaluate(() => self.device), undefined);
    await context.close();
  });
}

test('after two visits that ended while the GPU was at work it is left alone; one that somebody leaves is none', async () => {
  const context = await browser.newContext();
  for (const [visits, end] of [
    [1, 'about:blank'],
    [1, 'chrome://crash'],
    [2, 'chrome://crash'],
  ]) {
    const { page, worker, draw } = await visit({ softwareGpu: true }, context, LARGER);
    await draw({ strength: 0 });
    await worker().evaluate(() => (self.fault = 'silent'));
    await draw();
    await until(async () => (await unfinished(page)) === visits, 'its trial begins');
    await until(() => worker().evaluate(() => self.submitted > 0), 'it is at work');
    await page.goto(end).catch(() => undefined);
    await page.close();
  }
  const third = await visit({ softwareGpu: true }, context, LARGER);
  let after = await third.draw();
  while (after.gpu === undefined) after = await third.draw();
  assert.match(after.gpu, /2 visits ended/);
  assert.equal(await third.worker().evaluate(() => self.device), undefined);
  await context.close();
});

/** As if the software's adapter were a card. */
const CARD = `
  const { requestAdapter } = GPU.prototype;
  GPU.prototype.requestAdapter = function () {
    return requestAdapter.call(this, { forceFallbackAdapter: true });
  };
  for (const { prototype } of [GPUAdapterInfo, GPUAdapter])
    Object.defineProperty(prototype, 'isFallbackAdapter', { get: () => false });
`;

test('the camera’s live view is drawn by the GPU where that is faster', async () => {
  const site = await serve(SITE, { throttled: false });
  const context = await browser.newContext({ serviceWorkers: 'block' });
  await patchWorkers(context, SEEN + CARD);
  const live = async () => {
    const page = await context.newPage();
    await page.goto(site.url);
    await page.getByRole('button', { name: WORDS['camera.open'] }).click();
    await page.locator('#camera .record:enabled').waitFor({ timeout: 180_000 });
    const worker = page.workers().find((worker) => worker.url().includes('worker-'));
    return { page, worker };
  };
  const first = await live();
  assert.deepEqual(await verdicts(first.page, { finding: 'faster' }), ['slower']);
  await first.page.close();
  const second = await live();
  const submitted = () => second.worker.evaluate(() => self.submitted);
  await until(async () => (await submitted()) > 0, 'the GPU is at work');
  const shown = () => second.page.locator('#camera canvas').evaluate((canvas) => canvas.toDataURL());
  for (let frame = 0; frame < 2; frame++) {
    const [before, drawing] = [await submitted(), await shown()];
    await until(async () => (await submitted()) > before + PARTS && (await shown()) !== drawing, 'frame after frame');
  }
  assert.deepEqual(await verdicts(second.page), ['faster'], 'it was not tried anew');
  await context.close();
  await site.close();
});
