import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Job } from '../../www/app/gallery/job.ts';
import { memoOf, recalled } from '../../www/app/gallery/session/memo.ts';
import { work } from './converter.mjs';

const choices = { maxSide: 1024, format: 'png', quality: 90, strength: 1, mark: true };
const wish = { style: 'meadow', choices };
const [photo, file, whole] = ['photo', 'file', 'whole'].map((name) => new Blob([name]));
const conversion = (blob) => ({ blob, drawing: 'drawing-1', width: 4, height: 3, style: 'meadow', drawn: false });
const finished = { conversion: conversion(file), whole: conversion(whole), wish, took: 1200 };
const running = { name: 'running', reading: { share: 0.5, words: '' } };
/** As it is stored: only what can be cloned. */
const stored = (noted) => structuredClone(noted.memo);

let asked;
beforeEach(() => {
  asked = [];
  work({
    styles: () => [],
    revise: (...values) => asked.push(['revise', ...values]) && Promise.resolve(undefined),
    convert: (source, options) => asked.push(['convert', options]) && Promise.resolve(conversion(new Blob(['new']))),
  });
});

test('a finished picture comes back as it was, save the drawing that went with the engine', () => {
  const noted = memoOf({ name: 'done', ...finished }, wish, finished);
  assert.deepEqual(Object.keys(noted.parts), ['file', 'whole']);
  const back = recalled({ memo: stored(noted), file: photo, parts: noted.parts });
  assert.equal(back.outcome, 'done');
  assert.equal(back.finished.conversion.blob, file);
  assert.equal(back.finished.whole.blob, whole);
  assert.equal(back.finished.whole.drawing, undefined);
  assert.deepEqual([back.finished.took, back.finished.wish, back.wish], [1200, wish, wish]);
  const single = { ...finished, whole: finished.conversion };
  const one = memoOf({ name: 'done', ...single }, wish, single);
  assert.deepEqual(Object.keys(one.parts), ['file'], 'what is the same is stored once');
  const again = recalled({ memo: stored(one), file: photo, parts: one.parts });
  assert.equal(again.finished.whole, again.finished.conversion);
});

test('what was under way is due, with what was chosen, and the picture from before stays', () => {
  const other = { style: 'skyline', choices: { ...choices, maxSide: 512 } };
  for (const state of [{ name: 'waiting' }, running]) {
    const { memo, parts } = memoOf(state, other, finished);
    const back = recalled({ memo: structuredClone(memo), file: photo, parts });
    assert.deepEqual([back.outcome, back.wish, back.finished.wish], ['due', other, wish]);
    assert.deepEqual(recalled({ memo: memoOf(state, other, undefined).memo, file: photo, parts: {} }), {
      file: photo,
      wish: other,
      outcome: 'due',
    });
  }
});

test('cancelled and failed stay so; a picture whose file is lost is drawn anew', () => {
  const failed = { name: 'failed', code: 'corrupt-image', message: 'it ends early' };
  for (const state of [failed, { name: 'cancelled' }])
    assert.deepEqual(recalled({ memo: stored(memoOf(state, wish)), file: photo, parts: {} }).outcome, state);
  const noted = memoOf({ name: 'done', ...finished }, wish, finished);
  for (const parts of [{}, { file }, { whole }])
    assert.deepEqual(recalled({ memo: stored(noted), file: photo, parts }), { file: photo, wish, outcome: 'due' });
});

test('a job that goes on tells what there is, and asks for nothing until something else is wanted', async () => {
  const states = [];
  const job = new Job('photo', (state) => states.push(state));
  job.resume(finished);
  assert.deepEqual([states[0].name, states[0].conversion], ['done', finished.conversion]);
  // The whole drawing is there as it is wanted.
  await job.revise(wish);
  assert.equal(states.at(-1).conversion.blob, whole);
  assert.deepEqual(asked, []);
  const broken = new Job('photo', (state) => states.push(state));
  broken.resume(undefined, { name: 'cancelled' });
  assert.deepEqual(states.at(-1), { name: 'cancelled' });
});

test('photo and picture in one file: of the drawing that is held, else drawn again and not kept', async () => {
  const job = new Job('photo', () => undefined);
  job.resume(finished);
  const { signal } = new AbortController();
  await job.compare({ comparison: 'divided', split: 0.3 }, signal);
  assert.deepEqual(
    asked.map(([name]) => name),
    ['revise', 'convert'],
  );
  const [, options] = asked[1];
  assert.deepEqual(
    [options.comparison, options.split, options.cache, options.style],
    ['divided', 0.3, 'off', 'meadow'],
  );
  assert.deepEqual(asked[0][2], { label: 'en', comparison: 'divided', split: 0.3 });
});
