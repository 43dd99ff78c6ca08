// What becomes of a photo before the engine has it: how large it may be, and who decodes what the core does not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LIMITS } from '../../www/client/core.ts';
import { readsBack } from '../../www/canvas.ts';
import { decode, mostPixels, open } from '../../www/worker/photo.ts';
import { Photo } from './core.mjs';

const ARITHMETIC = new Uint8Array(readFileSync('tests/fixtures/wild/arithmetic.jpg'));
const SIDES = [41, 30];

/** What a canvas has is read back, which is asked once. */
Object.assign(globalThis, {
  ImageData: class {
    constructor(width, height) {
      this.data = new Uint8ClampedArray(4 * width * height);
    }
  },
  OffscreenCanvas: class {
    getContext = () => ({ putImageData: (image) => (this.image = image), getImageData: () => this.image });
  },
});
assert.ok(readsBack());
['ImageData', 'OffscreenCanvas'].forEach((name) => delete globalThis[name]);

/** Has the device say that it has so much memory. */
function withMemory(t, deviceMemory) {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { deviceMemory } });
  t.after(() => Object.defineProperty(globalThis, 'navigator', before));
}

/** A browser that decodes every file, or none; returns the files that it was asked for. */
function browser(t, bitmap) {
  const asked = [];
  const [width, height] = SIDES;
  const names = {
    ImageData: class {},
    createImageBitmap: (file) => (asked.push(file), bitmap ? Promise.resolve(bitmap) : Promise.reject(new Error())),
    OffscreenCanvas: class {
      getContext = () => ({
        drawImage: (drawn) => assert.equal(drawn, bitmap),
        fillRect() {},
        clearRect() {},
        getImageData: () => ({ data: new Uint8ClampedArray(width * height * 4).fill(7), width, height }),
      });
    },
  };
  Object.assign(globalThis, names);
  t.after(() => Object.keys(names).forEach((name) => delete globalThis[name]));
  return asked;
}

/** A core that refuses each file with this code. */
function refusing(t, code) {
  Photo.decode = () => {
    throw Object.assign(new Error(), { code });
  };
  Photo.of_pixels = (pixels, width, height, options) => ({ pixels, width, height, options });
  t.after(() => ['decode', 'of_pixels'].forEach((name) => delete Photo[name]));
}

const bitmap = () => ({
  width: SIDES[0],
  height: SIDES[1],
  closed: false,
  close() {
    this.closed = true;
  },
});

/** The same file with these sides in its frame. */
function resized(file, width, height) {
  const view = Buffer.from(file);
  const frame = view.findIndex((byte, at) => byte === 0xff && view[at + 1] === 0xc9);
  view.writeUInt16BE(height, frame + 5);
  view.writeUInt16BE(width, frame + 7);
  return new Uint8Array(view);
}

test('the more memory a device has the more pixels are decoded, unless somebody says how many', (t) => {
  for (const [memory, most] of [
    [undefined, LIMITS.maxPixels],
    [0.25, LIMITS.maxPixels],
    [4, LIMITS.maxPixels],
    [8, 128e6],
    [32, 256e6],
  ]) {
    withMemory(t, memory);
    assert.equal(mostPixels({}), most, `${memory} GB`);
    for (const maxPixels of [1000, 1e9]) assert.equal(mostPixels({ maxPixels }), maxPixels);
  }
});

test('the core is told how many', async (t) => {
  withMemory(t, 8);
  browser(t);
  const told = [];
  t.after(() => delete Photo.decode);
  Photo.decode = (_, options) => told.push(options.maxPixels);
  await decode(ARITHMETIC, {});
  await decode(ARITHMETIC, { maxPixels: 5 });
  assert.deepEqual(told, [128e6, 5]);
});

/** A line on which a photo comes in so many pieces, each once it is asked for. */
function line(t, pieces) {
  const body = new ReadableStream({
    pull(controller) {
      if (pieces-- > 0) controller.enqueue(new Uint8Array(10));
      else controller.close();
    },
  });
  t.mock.method(globalThis, 'fetch', () => Promise.resolve(new Response(body)));
  Object.assign(globalThis, { ImageData: class {}, ImageBitmap: class {} });
  t.after(() => ['ImageData', 'ImageBitmap'].forEach((name) => delete globalThis[name]));
}

test('whoever waits for a photo on the line is told that it comes', async (t) => {
  line(t, 5);
  const { signal } = new AbortController();
  let told = 0;
  const bytes = await open('https://host/photo.jpg', {}, signal, () => (told += 1));
  assert.deepEqual([bytes.length, told], [50, 5]);
  const file = await open(new Blob(['photo']), {}, signal, () => assert.fail('it was there'));
  assert.equal(file.length, 5);
});

test('a photo that is too large is not read to its end', async (t) => {
  line(t, 1e9);
  const { signal } = new AbortController();
  const limited = { maxBytes: 45 };
  let told = 0;
  await assert.rejects(
    open('https://host/photo.jpg', limited, signal, () => (told += 1)),
    { code: 'too-large' },
  );
  assert.equal(told, 4);
  await assert.rejects(
    open(new Blob(['x'.repeat(46)]), limited, signal, () => undefined),
    { code: 'too-large' },
  );
});

test('pixels in other colours or numbers than the core’s go by a canvas, which knows them', async (t) => {
  const painted = [];
  class ImageData {
    [Symbol.toStringTag] = 'ImageData';
    width = 4;
    height = 1;
    constructor(more, data = new Uint8ClampedArray(16).fill(255)) {
      Object.assign(this, { data, ...more });
    }
  }
  const srgb = new ImageData({ colorSpace: 'srgb' });
  class OffscreenCanvas {
    getContext = () => ({
      putImageData: (pixels) => painted.push(pixels),
      getImageData: () => srgb,
      fillRect() {},
      clearRect() {},
    });
  }
  Object.assign(globalThis, { ImageData, OffscreenCanvas });
  t.after(() => ['ImageData', 'OffscreenCanvas'].forEach((name) => delete globalThis[name]));
  const { signal } = new AbortController();
  const opened = (pixels) => open(pixels, {}, signal, () => undefined);
  for (const plain of [srgb, new ImageData({})]) assert.equal(await opened(plain), plain);
  assert.deepEqual(painted, []);
  const wide = new ImageData({ colorSpace: 'display-p3' });
  const floats = new ImageData({ colorSpace: 'srgb' }, new Float32Array(16));
  for (const other of [wide, floats]) assert.equal(await opened(other), srgb);
  assert.deepEqual(painted, [wide, floats]);
});

test('rare codings the browser decodes where it can, and else the core says what they are', async (t) => {
  const apple = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\x04CgBI\x50\0\x20\x02', 'latin1'),
    Buffer.alloc(4),
    Buffer.from('\0\0\0\x0dIHDR\0\0\0\x29\0\0\0\x1e\x08\x06\0\0\0', 'latin1'),
  ]);
  refusing(t, 'unsupported-format');
  for (const file of [ARITHMETIC, new Uint8Array(apple)]) {
    const decoded = bitmap();
    const asked = browser(t, decoded);
    const photo = await decode(file, {});
    assert.equal(asked.length, 1);
    assert.deepEqual(new Uint8Array(await asked[0].arrayBuffer()), file);
    assert.deepEqual([photo.width, photo.height, photo.pixels.length, photo.pixels[0]], [...SIDES, 41 * 30 * 4, 7]);
    assert.ok(decoded.closed, 'its memory is given back');

    assert.equal(browser(t).length, 0);
    await assert.rejects(decode(file, {}), { code: 'unsupported-format' });
  }
});

test('what has too many pixels the browser is not asked for', async (t) => {
  refusing(t, 'unsupported-format');
  const asked = browser(t, bitmap());
  await assert.rejects(decode(resized(ARITHMETIC, 65000, 65000), {}), { code: 'too-large' });
  await assert.rejects(decode(ARITHMETIC, { maxPixels: 41 * 30 - 1 }), { code: 'too-large' });
  assert.deepEqual(asked, []);
  await decode(ARITHMETIC, { maxPixels: 41 * 30 });
  assert.equal(asked.length, 1);
});

test('nor for damage, nor for what is no picture', async (t) => {
  const asked = browser(t, bitmap());
  refusing(t, 'corrupt-image');
  await assert.rejects(decode(ARITHMETIC, {}), { code: 'corrupt-image' });
  refusing(t, 'unsupported-format');
  for (const words of ['%PDF-1.7 and more than a few bytes of it', '', '\xff\xd8', '\xff\xd8\xff\xd9'])
    await assert.rejects(decode(new Uint8Array(Buffer.from(words, 'latin1')), {}), { code: 'unsupported-format' });
  assert.deepEqual(asked, []);
});
