// What is told of a download: bytes that came, of so many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preload } from '../../www/client/preload.ts';
import { load } from '../../www/worker/engine.ts';
import { Engine } from './core.mjs';

const MODEL = 'https://host/model.onnx';
const ENGINE = 'https://host/simd.wasm';
const EMPTY = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

/** A host that sends a model in two pieces, with these headers. */
function host(t, headers) {
  const pieces = [30, 20];
  const body = new ReadableStream({
    pull(controller) {
      const size = pieces.shift();
      if (size === undefined) controller.close();
      else controller.enqueue(new Uint8Array(size));
    },
  });
  t.mock.method(globalThis, 'fetch', async () => new Response(body, { headers }));
}

/** What is told while a generator is made ready. */
async function told(generator) {
  const told = [];
  const engine = { wasm: ENGINE };
  const { signal } = new AbortController();
  await load({ generator, engine }, signal, (...bytes) => told.push(bytes)).engine();
  return told;
}

test('a browser that runs none of the engines given says so, and the next ones are tried', async (t) => {
  globalThis.self = globalThis;
  t.after(() => delete globalThis.self);
  const { signal } = new AbortController();
  const none = load({ generator: { name: 'mine', file: new Blob() }, engine: { wasm: {} } }, signal, () => undefined);
  await assert.rejects(none.core, { code: 'unsupported-environment', message: /none of the engines given/ });
});

test('a file that is here is not downloaded, the engine is', async (t) => {
  t.mock.method(globalThis, 'fetch', async () => new Response(EMPTY));
  Engine.of_user = () => ({ free() {} });
  t.after(() => delete Engine.of_user);
  assert.deepEqual(await told({ name: 'mine', file: new Blob(['model']) }), [[8, 8]]);
});

test('of a model at a URL there is as much as its host says, and at least what has come', async (t) => {
  Engine.of_user = () => ({ free() {} });
  t.after(() => delete Engine.of_user);
  for (const [length, totals] of [
    ['50', [50, 50]],
    // Compressed, it is less than what comes of it.
    ['40', [40, 50]],
    [undefined, [30, 50]],
  ]) {
    host(t, length ? { 'content-length': length } : {});
    const expected = [30, 50].map((loaded, at) => [loaded, totals[at]]);
    assert.deepEqual(await told({ name: 'mine', file: MODEL }), expected, `${length}`);
    t.mock.restoreAll();
  }
});

test('where nothing is to be downloaded, nothing is told of preloading', async () => {
  const own = { name: 'mine', file: new Blob(['model']) };
  const shipped = { entry: { bytes: 50 }, url: MODEL };
  const worker = { preload: async () => undefined };
  const told = [];
  const onProgress = ({ loaded, total }) => told.push([loaded, total]);
  await preload(worker, [own], { onProgress });
  await preload(worker, [], { onProgress });
  assert.deepEqual(told, []);
  await preload(worker, [own, shipped], { onProgress });
  assert.deepEqual(told, [[50, 50]]);
});
