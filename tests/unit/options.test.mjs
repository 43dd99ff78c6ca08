import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checked,
  checkedBackend,
  checkedSettings,
  checkedThreads,
  checkedTime,
  checkedWorkers,
} from '../../www/client/options.ts';

const refuses = (run, message) =>
  assert.throws(run, (error) => String(error).startsWith(message) || assert.fail(`${error}`));

test('what is wrong is named with its value and what it may be', () => {
  const cases = [
    [{ maxSide: 100 }, 'RangeError: maxSide is 100; it must be a number from 256 to 16384'],
    [{ maxSide: NaN }, 'RangeError: maxSide is NaN; it must be a number from 256 to 16384'],
    [{ maxSide: '512' }, 'TypeError: maxSide is “512”; it must be a number'],
    [{ maxSide: 16384.4 }, 'RangeError: maxSide is 16384.4;'],
    [{ maxSide: null }, 'TypeError: maxSide is null;'],
    [{ quality: 300 }, 'RangeError: quality is 300; it must be a number from 1 to 100'],
    [{ quality: 0.9 }, 'RangeError: quality is 0.9; it must be a number from 1 to 100'],
    [{ strength: 2 }, 'RangeError: strength is 2; it must be a number from 0 to 1'],
    [{ strength: -0.01 }, 'RangeError: strength is -0.01;'],
    [{ format: 'gif' }, 'RangeError: format is “gif”; it must be one of png, jpeg, webp'],
    [{ label: 'fr' }, 'RangeError: label is “fr”; it must be null or one of en, zh, ja'],
    [{ fullSize: 'yes' }, 'TypeError: fullSize is “yes”; it must be true or false'],
    [{ comparison: 'above' }, 'RangeError: comparison is “above”; it must be one of side-by-side, divided'],
    [{ split: 1.1 }, 'RangeError: split is 1.1;'],
    [{ rotate: 45 }, 'RangeError: rotate is 45; it must be one of 0, 90, 180, 270'],
    [{ mirror: 1 }, 'TypeError: mirror is 1; it must be true or false'],
    [{ crop: { left: 0, top: 0, width: 2, height: 1 } }, 'RangeError: crop.width is 2;'],
    [{ crop: { left: 0, top: 0, width: 1 } }, 'TypeError: crop.height is undefined;'],
    [{ crop: { left: 1, top: 0, width: 1, height: 1 } }, 'RangeError: crop leaves nothing of the picture'],
    [{ maxBytes: Infinity }, 'RangeError: maxBytes is Infinity;'],
    [{ maxPixels: -1 }, 'RangeError: maxPixels is -1;'],
  ];
  for (const [options, message] of cases) refuses(() => checked(options), message);
});

test('sizes become whole numbers, strengths do not, and only what the core knows is passed on', () => {
  const options = { maxSide: 299.6, quality: 79.5, strength: 0.25, label: null, format: 'webp', fullSize: false };
  assert.deepEqual(checked({ ...options, style: 'meadow', signal: 1 }), { ...options, maxSide: 300, quality: 80 });
  const framed = { rotate: 90, mirror: true, crop: { left: 0.5, top: 0, width: 1, height: 1 }, split: 0.2 };
  assert.deepEqual(checked({ ...framed, crop: { ...framed.crop, more: 1 } }), framed);
  assert.deepEqual(checked({ maxSide: undefined, format: undefined }), {});
});

test('threads and workers: none, as many as there may be, no more', () => {
  assert.deepEqual([checkedThreads(undefined), checkedThreads(1), checkedThreads(64)], [undefined, 1, 64]);
  assert.deepEqual([checkedWorkers(undefined), checkedWorkers(16)], [undefined, 16]);
  for (const wrong of [0, 65, NaN]) refuses(() => checkedThreads(wrong), 'RangeError: threads');
  refuses(() => checkedWorkers(17), 'RangeError: workers is 17; it must be a number from 1 to 16');
});

test('what draws has its default', () => {
  assert.deepEqual([checkedBackend(undefined), checkedBackend('webgpu')], ['auto', 'webgpu']);
  refuses(() => checkedBackend('cuda'), 'RangeError: engine is “cuda”; it must be one of auto, wasm, webgpu');
});

test('a time without an end is the longest that a timer takes', () => {
  assert.equal(checkedTime('idle', 0), 0);
  assert.equal(checkedTime('idle', Infinity), 2 ** 31 - 1);
  assert.equal(checkedTime('timeout', 1500.4), 1500);
  refuses(() => checkedTime('timeout', -1), 'RangeError: timeout is -1;');
  refuses(() => checkedTime('timeout', '5'), 'TypeError: timeout is “5”;');
});

test('settings of the cache', () => {
  assert.deepEqual(checkedSettings({ threshold: 0, maxBytes: 0, since: 'use' }), {
    threshold: 0,
    maxBytes: 0,
    since: 'use',
  });
  assert.deepEqual(checkedSettings({}), {});
  refuses(() => checkedSettings({ since: 'birth' }), 'RangeError: since is “birth”; it must be one of creation, use');
  refuses(() => checkedSettings({ threshold: 17 }), 'RangeError: threshold is 17; it must be a number from 0 to 16');
  refuses(() => checkedSettings({ maxAge: 0 }), 'RangeError: maxAge is 0;');
  refuses(() => checkedSettings({ keepOriginals: 1 }), 'TypeError: keepOriginals is 1; it must be true or false');
});
