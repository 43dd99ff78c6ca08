import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastOf } from '../../www/app/styles/last.ts';
import { finishOf, fits, lastChoices, rememberChoices, drawnBy } from '../../www/app/finishing/choices.ts';

function given(t, name, value) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true });
  t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
}

/** What a page remembers. */
function storage(t, items = {}) {
  given(t, 'localStorage', { getItem: (key) => items[key] ?? null, setItem: (key, value) => (items[key] = value) });
  return items;
}

/** Where no format was chosen each photo has its usual one. */
const usual = { maxSide: 1024, fullSize: false, quality: 90, strength: 1, mark: true };
const standard = { maxSide: 1024, fullSize: false, format: 'png', quality: 90, strength: 1, mark: true };

test('what was chosen is there the next time, save the strength', (t) => {
  storage(t);
  assert.deepEqual(lastChoices(), usual);
  rememberChoices({ maxSide: 2048, fullSize: true, format: 'webp', quality: 60, strength: 0.3, mark: false });
  assert.deepEqual(lastChoices(), {
    maxSide: 2048,
    fullSize: true,
    format: 'webp',
    quality: 60,
    strength: 1,
    mark: false,
  });
});

test('what was chosen on one photo leaves what was chosen on another', (t) => {
  storage(t);
  rememberChoices({ maxSide: 2048, fullSize: false });
  rememberChoices({ mark: false });
  rememberChoices({});
  assert.deepEqual(lastChoices(), { ...usual, maxSide: 2048, mark: false });
});

test('a photo begins with the style chosen last, where that is there', (t) => {
  const items = storage(t);
  const styles = ['meadow', 'skyline', 'carnival'];
  assert.equal(lastOf(styles), 'meadow');
  items['nijigen.style'] = 'carnival';
  assert.equal(lastOf(styles), 'carnival');
  assert.equal(lastOf(styles, 'skyline'), 'skyline', 'unless another is chosen for it');
  assert.equal(lastOf(['meadow']), 'meadow');
  assert.equal(lastOf([]), undefined);
});

test('of what others or older versions left there only what makes sense is taken', (t) => {
  const items = storage(t);
  for (const left of [
    '',
    'no json',
    'null',
    '7',
    '[]',
    '{"maxSide":1000,"format":"gif","quality":0}',
    '{"quality":"90"}',
  ]) {
    items['nijigen.choices'] = left;
    assert.deepEqual(lastChoices(), usual, left);
  }
  items['nijigen.choices'] = '{"maxSide":512,"format":"tiff","quality":101}';
  assert.deepEqual(lastChoices(), { ...usual, maxSide: 512 });
});

test('where storage is refused the page works without', (t) => {
  given(t, 'localStorage', undefined);
  assert.deepEqual(lastChoices(), usual);
  rememberChoices(standard);
});

test('what is standard is not asked for, so that kept pictures are found by it', () => {
  assert.deepEqual([finishOf(standard), drawnBy(standard)], [{ label: 'en' }, {}]);
  assert.deepEqual(finishOf({ ...standard, quality: 50 }), { label: 'en' }, 'a PNG has no quality');
  assert.deepEqual(finishOf({ ...standard, format: 'jpeg' }), { format: 'jpeg', label: 'en' });
  assert.deepEqual(finishOf({ ...standard, format: 'jpeg', quality: 50, strength: 0.5 }), {
    format: 'jpeg',
    quality: 50,
    strength: 0.5,
    label: 'en',
  });
  assert.equal(finishOf({ ...standard, format: 'webp' }).quality, 90, 'without one a WebP would be lossless');
  assert.deepEqual(finishOf({ ...standard, mark: false }), { label: null });
  assert.deepEqual(drawnBy({ ...standard, maxSide: 512 }), { maxSide: 512 });
  assert.deepEqual(drawnBy({ ...standard, maxSide: 2048, fullSize: true }), { maxSide: 2048, fullSize: true });
});

test('a size is offered where the device has the memory for it, as far as it says', (t) => {
  given(t, 'navigator', {});
  assert.ok(fits(2048, { receptive_field: 'global' }), 'a browser that does not say');
  const cases = [
    [8, 2048, 'global', true],
    [4, 2048, 'global', false],
    [4, 1024, 'global', true],
    [1, 2048, 128, true],
    [0.5, 2048, 128, false],
    [0.5, 1024, 128, true],
  ];
  for (const [deviceMemory, side, receptive_field, expected] of cases) {
    given(t, 'navigator', { deviceMemory });
    assert.equal(fits(side, { receptive_field }), expected, `${deviceMemory} GiB, ${side} px, ${receptive_field}`);
  }
});
