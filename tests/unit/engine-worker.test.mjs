// A worker's life as the page sees it, with the other end of its messages in this process.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { expose, releaseProxy } from 'comlink';
import { EngineWorker } from '../../www/client/engine-worker.ts';

const SCRIPT = new URL('https://host/nijigen/worker.js');

/** A worker that converts as told to. Returns what the client has of it, and it. */
function started(t, convert, self = {}) {
  let port;
  const ports = [];
  const Channel = globalThis.MessageChannel;
  class MessageChannel extends Channel {
    constructor() {
      super();
      ports.push(this.port1, this.port2);
    }
  }
  class Worker {
    constructor() {
      const { port1, port2 } = new MessageChannel();
      expose({ convert, holdLock: () => new Promise(() => undefined) }, port2);
      return (port = Object.assign(port1, { terminate: () => port1.close() }));
    }
  }
  Object.assign(globalThis, { MessageChannel, Worker, self: { origin: SCRIPT.origin, ...self }, ErrorEvent: class {} });
  const ready = [];
  const host = new EngineWorker(
    SCRIPT,
    { backend: {} },
    () => undefined,
    () => ready.push(1),
  );
  t.after(() => {
    host.end();
    // Those that are open keep this process.
    for (const port of ports) port.close();
    globalThis.MessageChannel = Channel;
    ['Worker', 'self', 'ErrorEvent'].forEach((name) => delete globalThis[name]);
  });
  return { host, port, ready };
}

const asked = (more = {}) => ({ photo: 'https://host/photo.jpg', timeout: 1000, onProgress: () => undefined, ...more });

test('a photo that comes slowly is not late, and whoever asked is told no bytes of it', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { host } = started(t, async (_, tell) => {
    for (let piece = 0; piece < 5; piece++) {
      mock.timers.tick(900);
      await tell('photo');
    }
    await tell({ stage: 'start', loaded: 0, total: 1 });
    mock.timers.tick(900);
    await tell({ stage: 'inference', loaded: 1, total: 1 });
    tell[releaseProxy]();
    return { result: { memory: 5 } };
  });
  const told = [];
  const onProgress = ({ stage }) => told.push(stage);
  assert.deepEqual(await host.convert(asked({ onProgress })), { memory: 5 });
  assert.deepEqual(told, ['start', 'inference']);
  assert.equal(host.memory, 5);
});

test('one that does not come is late, and its worker is ended', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { host } = started(t, async (_, tell) => {
    await tell('photo');
    mock.timers.tick(1000);
  });
  await assert.rejects(host.convert(asked()), { code: 'timeout' });
  assert.deepEqual([host.alive, host.broken], [false, false]);
});

test('where nothing of the worker comes it is the network that is late', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { host, port } = started(t, () => new Promise(() => undefined));
  port.postMessage = () => undefined;
  const result = host.convert(asked({ timeout: 60_000 }));
  mock.timers.tick(60_000);
  await assert.rejects(result, { code: 'network' });
});

test('what cannot be sent is an error of ours, and the worker goes on', async (t) => {
  const { host } = started(t, async (_, tell) => (tell[releaseProxy](), { result: { memory: 5 } }));
  await assert.rejects(
    host.convert(asked({ photo: () => undefined })),
    ({ name, code, cause }) => name === 'NijigenError' && code === 'internal' && cause.name === 'DataCloneError',
  );
  assert.deepEqual(await host.convert(asked()), { memory: 5 });
});

test('a script that does not load says where it should be, and on an isolated page which header it needs', async (t) => {
  for (const [crossOriginIsolated, header] of [
    [false, false],
    [true, true],
  ]) {
    const { host, port } = started(t, () => new Promise(() => undefined), { crossOriginIsolated });
    const result = host.convert(asked());
    port.dispatchEvent(new Event('error'));
    await assert.rejects(result, ({ code, message }) => {
      assert.equal(code, 'network');
      assert.match(message, /^the worker could not be loaded from https:\/\/host\/nijigen\/worker\.js;.*`baseUrl`/);
      assert.equal(message.includes('Cross-Origin-Embedder-Policy'), header);
      return true;
    });
    assert.ok(host.broken);
  }
});
