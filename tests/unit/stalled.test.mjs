// A download that stands still is ended, however much of it has come; one that is only slow is not.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { abortIfStalled } from '../../www/stalled.ts';

const MS = 1000;

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

/** A response that comes in parts, when told to. */
function coming() {
  let stream;
  const body = new ReadableStream({ start: (controller) => (stream = controller) });
  const download = new AbortController();
  download.signal.addEventListener('abort', () => stream.error(download.signal.reason));
  const response = new Response(body);
  const over = abortIfStalled(Promise.resolve(response), MS, download);
  /** Passes time, once all that has come is read. */
  const wait = async (ms) => {
    await new Promise(setImmediate);
    mock.timers.tick(ms);
  };
  return { response, stream, download, over, wait };
}

test('a part now and then is enough', async () => {
  const { response, stream, download, over, wait } = coming();
  for (let part = 0; part < 5; part++) {
    await wait(MS - 1);
    stream.enqueue(Uint8Array.of(part));
  }
  stream.close();
  await over;
  mock.timers.tick(10 * MS);
  assert.equal(download.signal.aborted, false);
  assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0, 1, 2, 3, 4], 'it is left to others to read');
});

test('where nothing more comes whoever reads it hears of that', async () => {
  const { response, stream, over, wait } = coming();
  stream.enqueue(Uint8Array.of(1));
  const read = response.clone().arrayBuffer();
  await wait(MS);
  await assert.rejects(read, { name: 'AbortError' });
  await over;
});

test('nor is a host waited for that says nothing at all', async () => {
  const download = new AbortController();
  void abortIfStalled(new Promise(() => undefined), MS, download);
  mock.timers.tick(MS - 1);
  assert.equal(download.signal.aborted, false);
  mock.timers.tick(1);
  assert.equal(download.signal.aborted, true);
});
