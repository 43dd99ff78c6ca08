// What comes over the line to the worker: it may take its time, but not stand still.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Models } from '../../www/client/models.ts';
import { Download, Stalled } from '../../www/worker/download.ts';

const URL = 'https://host/model.onnx';
const MINUTE = 60_000;

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** Passes time, once all that has come is read. */
const wait = async (ms) => {
  await new Promise(setImmediate);
  mock.timers.tick(ms);
};

/** A host whose answers come in parts, when told to, or never. */
function host({ answers = true } = {}) {
  const line = {};
  mock.method(globalThis, 'fetch', (_url, { signal }) => {
    line.signal = signal;
    return new Promise((resolve, reject) => {
      const broken = () => {
        line.stream?.error(signal.reason);
        reject(signal.reason);
      };
      if (signal.aborted) broken();
      signal.addEventListener('abort', broken);
      if (answers) resolve(new Response(new ReadableStream({ start: (controller) => (line.stream = controller) })));
    });
  });
  return line;
}

const never = () => new AbortController().signal;

test('slow as it may be it comes to its end, and no timer is left', async () => {
  const line = host();
  const download = new Download(URL, never());
  const told = [];
  const bytes = download.read(await download.response(), (loaded) => told.push(loaded));
  for (let part = 0; part < 4; part++) {
    await wait(MINUTE - 1);
    line.stream.enqueue(Uint8Array.of(part));
  }
  await wait(MINUTE - 1);
  line.stream.close();
  assert.deepEqual([...(await bytes)], [0, 1, 2, 3]);
  assert.deepEqual(told, [1, 2, 3, 4]);
  mock.timers.tick(10 * MINUTE);
  assert.equal(line.signal.aborted, false);
});

test('one that stands still is the network’s fault, before its first byte and amid it, read here or by others', async () => {
  host({ answers: false });
  const silent = new Download(URL, never()).response();
  await wait(MINUTE);
  await assert.rejects(silent, (error) => error instanceof Stalled && error.code === 'network');

  for (const read of [
    (download, response) => download.read(response, () => undefined),
    (download, response) => {
      download.count(response, () => undefined);
      return response.arrayBuffer().catch((error) => Promise.reject(download.lost(error)));
    },
  ]) {
    const line = host();
    const download = new Download(URL, never());
    const bytes = read(download, await download.response());
    line.stream.enqueue(Uint8Array.of(1));
    await wait(MINUTE - 1);
    assert.equal(line.signal.aborted, false);
    await Promise.all([assert.rejects(bytes, Stalled), wait(MINUTE)]);
  }
});

test('one that waits behind another on the same line does not stand still', async () => {
  const behind = host();
  const second = new Download(URL, never());
  const late = second.read(await second.response(), () => undefined);
  const before = host();
  const first = new Download(URL, never());
  const early = first.read(await first.response(), () => undefined);
  for (let part = 0; part < 3; part++) {
    await wait(MINUTE - 1);
    before.stream.enqueue(Uint8Array.of(part));
  }
  before.stream.close();
  await early;
  behind.stream.enqueue(Uint8Array.of(7));
  behind.stream.close();
  assert.deepEqual([...(await late)], [7]);
});

test('who aborts is told so, whatever else is the matter; who has read too much reads no more', async () => {
  const before = host({ answers: false });
  const gone = AbortSignal.abort();
  await assert.rejects(new Download(URL, gone).response(), { code: 'cancelled' });
  assert.equal(before.signal.aborted, true);

  const line = host();
  const abort = new AbortController();
  const download = new Download(URL, abort.signal);
  const bytes = download.read(await download.response(), () => undefined);
  abort.abort();
  await assert.rejects(bytes, { code: 'cancelled' });

  const large = host();
  const refused = new Download(URL, never());
  const tooLarge = Object.assign(new Error('too large'), { code: 'too-large' });
  const read = refused.read(await refused.response(), () => {
    throw tooLarge;
  });
  large.stream.enqueue(Uint8Array.of(1));
  await assert.rejects(read);
  assert.throws(() => large.stream.enqueue(Uint8Array.of(2)), TypeError, 'the host is told, too');
  assert.equal(line.signal.aborted, true);
});

test('a status that is none of success is the network’s fault', async () => {
  mock.method(globalThis, 'fetch', async () => new Response('', { status: 404 }));
  await assert.rejects(new Download(URL, never()).response(), { code: 'network', message: /404/ });
});

test('nor is the list of models waited for without end', async () => {
  host({ answers: false });
  const models = Models.open(new globalThis.URL('https://host/models/'));
  await Promise.all([assert.rejects(models, { code: 'network' }), wait(MINUTE)]);
});
