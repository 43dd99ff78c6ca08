import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toFile, toPhoto, withPixels } from '../../www/client/source.ts';

/** What a browser has and Node has not, for the time of a test. */
function given(t, names) {
  Object.assign(globalThis, names);
  t.after(() => {
    for (const name of Object.keys(names)) delete globalThis[name];
  });
}

const text = async (blob) => Buffer.from(await blob.arrayBuffer()).toString();

test('files, bytes and places', async (t) => {
  given(t, { location: { href: 'https://host/folder/page.html' } });
  const blob = new Blob(['photo']);
  assert.equal(toFile(blob), blob);
  assert.equal(toFile('a.jpg'), 'https://host/folder/a.jpg');
  assert.equal(toFile(new URL('https://other/b.jpg')), 'https://other/b.jpg');
  const bytes = new TextEncoder().encode('-photo-');
  assert.equal(await text(toFile(bytes.buffer)), '-photo-');
  assert.equal(await text(toFile(bytes.subarray(1, 6))), 'photo', 'a view is its own part');
  const shared = new Uint8Array(new SharedArrayBuffer(7));
  shared.set(bytes);
  assert.equal(await text(toFile(shared.subarray(1, 6))), 'photo', 'memory of threads is copied');
  const growing = new Uint8Array(new ArrayBuffer(7, { maxByteLength: 14 }));
  growing.set(bytes);
  const [whole, part] = [toFile(growing.buffer), toFile(growing.subarray(1, 6))];
  growing.buffer.resize(2);
  assert.deepEqual([await text(whole), await text(part)], ['-photo-', 'photo'], 'memory that may grow is copied');
  for (const wrong of [undefined, null, 7, {}, []])
    assert.throws(() => toFile(wrong), /^TypeError: the source is neither a file, bytes, a URL nor a picture/);
});

test('pixels go as they are; a bitmap that is closed is none', (t) => {
  class ImageBitmap {
    get [Symbol.toStringTag]() {
      return 'ImageBitmap';
    }
    constructor(width) {
      this.width = width;
    }
  }
  class ImageData {}
  given(t, { ImageBitmap, ImageData });
  const bitmap = new ImageBitmap(4);
  const data = new ImageData();
  assert.equal(toPhoto(bitmap), bitmap);
  assert.equal(toPhoto(data), data);
  assert.throws(() => toPhoto(new ImageBitmap(0)), { code: 'corrupt-image', message: 'the ImageBitmap is closed' });
});

test('memory that was given away is said to be', (t) => {
  class ImageData {
    get [Symbol.toStringTag]() {
      return 'ImageData';
    }
    data = new Uint8ClampedArray(16);
  }
  given(t, { ImageData });
  const [pixels, buffer, view] = [new ImageData(), new ArrayBuffer(16), new Uint8Array(16)];
  for (const source of [pixels, buffer, view]) toPhoto(source);
  structuredClone(0, { transfer: [pixels.data.buffer, buffer, view.buffer] });
  for (const source of [pixels, buffer, view])
    assert.throws(() => toPhoto(source), { code: 'corrupt-image', message: /buffer was transferred/ });
});

/** Elements whose bitmap comes when told to. */
function elements(t, { readable = true } = {}) {
  const bitmaps = [];
  let come;
  const coming = new Promise((resolve) => (come = resolve));
  class HTMLImageElement {
    get [Symbol.toStringTag]() {
      return 'HTMLImageElement';
    }
    decode = () => coming;
  }
  class OffscreenCanvas {
    getContext = () => ({
      drawImage: () => undefined,
      getImageData() {
        if (!readable) throw new DOMException('tainted', 'SecurityError');
      },
    });
  }
  const createImageBitmap = async () => {
    const bitmap = { closed: 0, close: () => (bitmap.closed += 1) };
    bitmaps.push(bitmap);
    return bitmap;
  };
  given(t, { HTMLImageElement, OffscreenCanvas, createImageBitmap });
  return { image: new HTMLImageElement(), bitmaps, come };
}

test('what an element shows lasts as long as it is used', async (t) => {
  const { image, bitmaps, come } = elements(t);
  come();
  const used = await withPixels(image, async (bitmap) => {
    assert.equal(bitmap.closed, 0);
    return bitmap;
  });
  assert.equal(used, bitmaps[0]);
  assert.deepEqual(
    bitmaps.map(({ closed }) => closed),
    [1, 1],
  );
  await assert.rejects(
    withPixels(image, () => Promise.reject(new Error('broke'))),
    /broke/,
  );
  assert.ok(
    bitmaps.every(({ closed }) => closed === 1),
    'all is closed after a failure, too',
  );
});

test('an abort does not wait for an image that never loads; should it come, it is closed', async (t) => {
  const { image, bitmaps, come } = elements(t);
  const stop = new AbortController();
  const result = withPixels(image, () => assert.fail('it was aborted'), stop.signal);
  stop.abort();
  await assert.rejects(result, { code: 'cancelled' });
  await assert.rejects(
    withPixels(image, () => assert.fail('it is aborted'), stop.signal),
    { code: 'cancelled' },
  );
  come();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    bitmaps.map(({ closed }) => closed),
    [1, 1, 1, 1],
  );
});

test('a picture of another origin that may not be read says so', async (t) => {
  const { image, bitmaps, come } = elements(t, { readable: false });
  come();
  await assert.rejects(
    withPixels(image, () => assert.fail('it cannot be read')),
    { code: 'network' },
  );
  assert.deepEqual(
    bitmaps.map(({ closed }) => closed),
    [1, 1],
  );
});

test('nor is a bitmap of one sent, which stays its owner’s', async (t) => {
  const { bitmaps } = elements(t, { readable: false });
  class ImageBitmap {
    get [Symbol.toStringTag]() {
      return 'ImageBitmap';
    }
    width = 4;
    close = () => assert.fail('it is not ours');
  }
  await assert.rejects(
    withPixels(new ImageBitmap(), () => assert.fail('it cannot be read')),
    { code: 'network', message: /another origin/ },
  );
  assert.deepEqual(
    bitmaps.map(({ closed }) => closed),
    [1],
  );
  const closed = Object.assign(new ImageBitmap(), { width: 0 });
  assert.equal(await withPixels(closed, async (source) => source), closed);
});
