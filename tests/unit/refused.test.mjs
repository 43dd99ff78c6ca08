// What is no option is told at once: the engine, which would end over it, never hears of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Converter } from '../../www/client/converter.ts';
import { createWith } from '../../www/client/create.ts';

/** No way to an engine, nor to a database or the network. */
const never = (name) => () => assert.fail(`${name} was asked`);
const pool = { most: 1, run: never('an engine'), ask: never('the cache'), keepNothing: never('the cache') };
const own = { add: never('the database'), rename: never('the database') };
const models = {
  own,
  shipped: [],
  find: () => ({ entry: { style: 'meadow', tier: 'fast' } }),
  preview: () => undefined,
};
const converter = new Converter(models, pool, {}, []);
const photo = new Blob(['photo']);

/** Wrong options, and the beginning of what is said of each. */
const WRONG = [
  [{ cache: false }, 'RangeError: cache is false; it must be one of use, refresh, off'],
  [{ cache: 'none' }, 'RangeError: cache is “none”;'],
  [{ modelRange: '0-255' }, 'RangeError: modelRange is “0-255”; it must be [-1, 1], [0, 1], [0, 255], or { input,'],
  [{ modelRange: [0, 1, 2] }, 'RangeError: modelRange is 0,1,2;'],
  [{ modelRange: [0, 2] }, 'RangeError: modelRange is 0,2;'],
  [{ modelRange: null }, 'RangeError: modelRange is null;'],
  [{ modelRange: { input: [0, 1] } }, 'RangeError: modelRange is [object Object];'],
  [{ model: 7 }, 'TypeError: the source is neither a file'],
  [{ revisable: 'yes' }, 'TypeError: revisable is “yes”; it must be true or false'],
  [{ timeout: '5' }, 'TypeError: timeout is “5”;'],
  [{ signal: new AbortController() }, 'TypeError: signal is [object AbortController]; it must be an AbortSignal'],
  [{ onProgress: 'log' }, 'TypeError: onProgress is “log”; it must be a function'],
  [{ onPreview: true }, 'TypeError: onPreview is true; it must be a function'],
];

const refuses = (run, message) =>
  assert.rejects(
    async () => run(),
    (error) => String(error).startsWith(message) || assert.fail(`${error}, not ${message}`),
  );

test('convert, convertMany and cache.preload', async () => {
  for (const [options, message] of WRONG) {
    await refuses(() => converter.convert(photo, options), message);
    await refuses(() => converter.convertMany([photo], options), message);
    // Its photos have models of their own faults.
    if (!('model' in options)) await refuses(() => converter.cache.preload([photo], options), message);
  }
  await refuses(() => converter.convertMany([photo], { ordered: 1 }), 'TypeError: ordered is 1;');
});

test('models of one’s own, before their file is fetched', async (t) => {
  t.mock.method(globalThis, 'fetch', never('the network'));
  const add = (meta, more) => converter.addModel('https://host/model.onnx', meta, more);
  await refuses(() => add({ name: 7 }), 'TypeError: name is 7; it must be a string');
  await refuses(() => add({ name: 'mine', licence: 7 }), 'TypeError: licence is 7;');
  await refuses(() => add({ name: 'mine', range: [0, 256] }), 'RangeError: range is 0,256;');
  await refuses(() => add({ name: 'mine' }, { signal: {} }), 'TypeError: signal is [object Object];');
  await refuses(() => converter.renameModel('mine'), 'TypeError: name is undefined;');
});

test('a name in place of options, or of a list', async () => {
  await refuses(() => converter.convert(photo, 'meadow'), 'TypeError: options is “meadow”; it must be an object');
  await refuses(() => converter.convertMany([photo], 'meadow'), 'TypeError: options is “meadow”;');
  await refuses(() => converter.preload('meadow'), 'TypeError: styles is “meadow”; it must be a list of names');
});

test('preload, revise and the cache', async () => {
  await refuses(() => converter.preload(['meadow'], { onProgress: {} }), 'TypeError: onProgress is [object Object];');
  await refuses(() => converter.revise({}, {}, { signal: new AbortController() }), 'TypeError: signal is');
  for (const name of ['picture', 'original', 'delete'])
    await refuses(() => converter.cache[name](['id']), 'TypeError: id is id; it must be a string');
  for (const wrong of ['off', true])
    await refuses(() => (converter.cache.settings = wrong), `TypeError: cache is ${wrong === true ? true : '“off”'};`);
  assert.deepEqual(converter.cache.settings, {}, 'they are as they were');
});

test('createConverter', async (t) => {
  Object.assign(globalThis, { Worker: class {}, location: { href: 'https://host/page' } });
  t.after(() => ['Worker', 'location'].forEach((name) => delete globalThis[name]));
  const simd = { variant: 'simd', url: 'simd.wasm' };
  const create = (options) => createWith(never('an offer'), { workerUrl: 'w.js', threadUrl: 't.js', ...options });
  await refuses(() => create({ engines: simd }), 'TypeError: engines must be a list of what is imported from nijigen/');
  await refuses(() => create({ engines: ['simd'] }), 'TypeError: engines must be a list');
  await refuses(() => create({ engines: [simd], models: ['meadow'] }), 'TypeError: models must be a list');
  const listed = { models: [], engines: [simd] };
  await refuses(() => create({ ...listed, signal: new AbortController() }), 'TypeError: signal is');
  // As `convert` takes it: here it would keep everything.
  await refuses(() => create({ ...listed, cache: 'off' }), 'TypeError: cache is “off”; it must be false or');
  (await create(listed)).dispose();
});

test('what is an option is none the worse for it', async () => {
  const asked = [];
  const run = (work) => work({ convert: async (request) => (asked.push(request), {}) });
  const converter = new Converter(models, { ...pool, run, announce() {}, forget() {} }, {}, []);
  const given = { cache: 'refresh', modelRange: { input: [0, 1], output: [-1, 1] }, revisable: true, onPreview() {} };
  const wanted = { ...given, model: new File([], 'mine.onnx'), timeout: 5, onProgress() {} };
  await converter.convert(photo, { ...wanted, signal: new AbortController().signal });
  for await (const { error } of converter.convertMany([photo], wanted)) assert.equal(error, undefined);
  await converter.convert(photo, { signal: null, cache: undefined, modelRange: undefined });
  const told = asked.map(({ cache, generator, timeout }) => [cache.mode, generator.name, generator.range, timeout]);
  const own = ['refresh', 'mine', given.modelRange, 5];
  assert.deepEqual(told, [own, own, ['use', undefined, undefined, 120_000]]);
});
