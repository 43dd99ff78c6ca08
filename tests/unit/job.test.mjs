import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { failureOf, Job } from '../../www/app/gallery/job.ts';
import { NijigenError } from '../../www/client/error.ts';
import { work } from './converter.mjs';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const choices = { maxSide: 1024, format: 'png', quality: 90, strength: 1, mark: true };
const wish = (more = {}) => ({ style: 'meadow', choices: { ...choices, ...more } });

/** What the converter is asked, each to be answered by the test. */
let conversions, revisions;
beforeEach(() => {
  [conversions, revisions] = [[], []];
  const asked = (list, more) =>
    new Promise((resolve, reject) => {
      list.push({ ...more, resolve, reject });
      more.options?.signal?.addEventListener('abort', () => reject(new NijigenError('cancelled', 'aborted')));
    });
  work({
    memory: 0,
    styles: () => [
      { style: 'meadow', tier: 'fast' },
      { style: 'meadow', tier: 'fine' },
    ],
    convert: (photo, options) => asked(conversions, { photo, options }),
    revise: (whole, chosen) => asked(revisions, { whole, chosen }),
  });
});

function started(wished = wish()) {
  const states = [];
  const job = new Job('photo', (state) => states.push(state));
  const over = job.start(wished);
  return { job, states, over, names: () => states.map(({ name }) => name).join(' ') };
}
/** As if it came with the page: then nothing is fetched ahead after it. */
const picture = (name) => ({ name, blob: new Blob([name]), cached: { ahead: true } });

test('waiting, running, done; progress is told as one bar', async () => {
  const { states, over, names } = started();
  await settled();
  const [{ photo, options, resolve }] = conversions;
  assert.deepEqual(
    [photo, options.style, options.tier, options.cache, options.revisable],
    ['photo', 'meadow', 'fine', 'use', true],
  );
  options.onProgress({ stage: 'download', loaded: 1, total: 2 });
  options.onProgress({ stage: 'inference', loaded: 1, total: 2 });
  resolve(picture('drawing'));
  await over;
  assert.equal(names(), 'waiting running running done');
  assert.ok(states[1].reading.share < states[2].reading.share);
  assert.equal(states[3].conversion.name, 'drawing');
});

test('a failure is a state with its code; what is none of ours is internal', async () => {
  const known = started();
  await settled();
  conversions[0].reject(new NijigenError('corrupt-image', 'it ends early'));
  await known.over;
  assert.deepEqual(known.states.at(-1), { name: 'failed', code: 'corrupt-image', message: 'it ends early' });
  assert.equal(failureOf(known.states.at(-1)).code, 'corrupt-image');
  const other = started();
  await settled();
  conversions[1].reject(new TypeError('odd'));
  await other.over;
  assert.deepEqual(other.states.at(-1), { name: 'failed', code: 'internal', message: 'TypeError: odd' });
});

test('cancelled is told once, and nothing of the attempt after it', async () => {
  const { job, over, names } = started();
  await settled();
  const { options } = conversions[0];
  job.cancel();
  assert.ok(options.signal.aborted);
  options.onProgress({ stage: 'inference', loaded: 1, total: 2 });
  await over;
  assert.equal(names(), 'waiting cancelled');
});

test('a picture that is there stays where another style fails or is cancelled, with what went wrong', async () => {
  const { job, states, over } = started();
  await settled();
  conversions[0].resolve(picture('first'));
  await over;
  const failing = job.start({ ...wish(), style: 'skyline' });
  await settled();
  conversions[1].reject(new NijigenError('network', 'gone'));
  await failing;
  const failed = states.at(-1);
  assert.deepEqual(
    [failed.name, failed.conversion.name, failed.setback.code, failed.tried.style],
    ['done', 'first', 'network', 'skyline'],
  );
  assert.equal(failureOf(failed).code, 'network');
  void job.start({ ...wish(), style: 'carnival' });
  job.cancel();
  const cancelled = states.at(-1);
  assert.deepEqual(
    [cancelled.conversion.name, cancelled.setback.name, failureOf(cancelled)],
    ['first', 'cancelled', undefined],
  );
});

test('a preview is the picture where the finer one does not come', async () => {
  const { job, states } = started();
  await settled();
  conversions[0].options.onPreview(picture('preview'));
  job.cancel();
  const { name, conversion, provisional, setback } = states.at(-1);
  assert.deepEqual([name, conversion.name, provisional, setback.name], ['done', 'preview', true, 'cancelled']);
});

test('a new start gives the old one up, whose end says nothing any more', async () => {
  const { job, over, states } = started();
  await settled();
  const second = job.start(wish());
  await settled();
  assert.ok(conversions[0].options.signal.aborted);
  await over;
  conversions[1].resolve(picture('second'));
  await second;
  assert.deepEqual(
    states.map(({ name }) => name),
    ['waiting', 'waiting', 'done'],
  );
});

test('another format is made of the drawing; one that is no longer held is drawn again', async () => {
  const { job, over, states } = started();
  await job.revise(wish({ format: 'jpeg' }));
  await settled();
  assert.equal(revisions.length, 0, 'not while it is being drawn');
  conversions[0].resolve(picture('whole'));
  await over;
  const held = job.revise(wish({ format: 'jpeg' }));
  await settled();
  assert.deepEqual([revisions[0].whole.name, revisions[0].chosen.format], ['whole', 'jpeg']);
  revisions[0].resolve(picture('file'));
  await held;
  assert.equal(states.at(-1).conversion.name, 'file');
  assert.equal(conversions.length, 1);

  const lost = job.revise(wish({ strength: 0.5 }));
  await settled();
  assert.deepEqual([revisions[1].chosen.format, revisions[1].chosen.strength], [undefined, undefined], 'whole, as PNG');
  revisions[1].resolve(undefined);
  await settled();
  assert.equal(states.at(-1).name, 'waiting');
  assert.equal(conversions[1].options.cache, 'refresh');
  conversions[1].resolve(picture('again'));
  await settled();
  assert.deepEqual([revisions[2].whole.name, revisions[2].chosen.strength], ['again', 0.5]);
  revisions[2].resolve(picture('blended'));
  await lost;
  assert.equal(states.at(-1).conversion.name, 'blended');
});

test('what the page blends while the slider moves has the mark and format of the file', async () => {
  const { job, over, states } = started();
  await settled();
  conversions[0].resolve(picture('marked'));
  await over;
  const unmarked = job.revise(wish({ mark: false, strength: 0.5 }));
  await settled();
  assert.deepEqual(revisions[0].chosen, { label: null });
  revisions[0].resolve(picture('bare'));
  await settled();
  assert.deepEqual(revisions[1].chosen, { label: null, strength: 0.5 });
  revisions[1].resolve(picture('half'));
  await unmarked;
  assert.deepEqual([states.at(-1).whole.name, states.at(-1).conversion.name], ['bare', 'half']);

  const weaker = job.revise(wish({ mark: false, strength: 0.2 }));
  await settled();
  assert.equal(revisions[2].chosen.strength, 0.2, 'the whole one is not made again for another strength');
  revisions[2].resolve(picture('fifth'));
  await weaker;
  assert.deepEqual([states.at(-1).whole.name, states.at(-1).conversion.name], ['bare', 'fifth']);
});

test('where a drawing is too large to be held, another strength is drawn, not forgotten', async (t) => {
  // What would be fetched ahead later is none of this.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { over, states } = started(wish({ strength: 0.5 }));
  await settled();
  conversions[0].resolve({ ...picture('whole'), cached: undefined });
  await settled();
  assert.equal(revisions.length, 0);
  assert.equal(conversions[1].options.strength, 0.5);
  conversions[1].resolve(picture('half'));
  await over;
  assert.deepEqual([states.at(-1).whole.name, states.at(-1).conversion.name], ['whole', 'half']);
});
