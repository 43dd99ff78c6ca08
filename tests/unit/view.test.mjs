// What a card shows in each state of its photo.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewOf } from '../../www/app/gallery/view.ts';
import words from '../../www/locales/en.json' with { type: 'json' };

const said = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const view = (state, first = true) => viewOf(state, { name: 'lake.jpg', first });
const picture = (more) => ({
  blob: new Blob([new Uint8Array(20_000)], { type: 'image/jpeg' }),
  width: 1024,
  height: 768,
  style: 'meadow',
  drawn: false,
  ...more,
});
const done = (more, whole) => ({
  name: 'done',
  conversion: picture(whole),
  whole: picture(whole),
  took: 1234,
  ...more,
});
const failed = (code, more) => ({ name: 'failed', code, message: 'row 7 of 9', ...more });
const day = Date.UTC(2026, 1, 3, 12);

test('what waits says what for, and can be cancelled', () => {
  for (const [first, status] of [
    [true, 'status.begin'],
    [false, 'status.waiting'],
  ])
    assert.deepEqual(view({ name: 'waiting' }, first), {
      state: 'waiting',
      hopeless: false,
      status: words[status],
      meter: { share: 0, words: words[status] },
      actions: ['cancel'],
    });
  const reading = { share: 0.4, words: 'Drawing: 40 %' };
  const { status, meter, actions } = view({ name: 'running', reading });
  assert.deepEqual([status, meter, actions], [reading.words, reading, ['cancel']]);
});

test('a picture says its style, size and time, and what its file weighs', () => {
  const shown = view(done());
  const what = { style: words['style.meadow'], width: 1024, height: 768 };
  assert.equal(shown.status, said('status.done', { ...what, seconds: '1.2' }));
  assert.deepEqual(shown.actions, ['save', 'remove']);
  assert.ok(shown.weight.includes(words['format.jpeg']), shown.weight);
  assert.ok(shown.saveLabel.includes('lake.jpg'), shown.saveLabel);
  assert.deepEqual([shown.meter, shown.problem, shown.remark], [undefined, undefined, undefined]);
});

test('one that was kept says since when, and can be drawn anew', () => {
  const exact = view(done({}, { cached: { kind: 'exact', created: day } }));
  const date = new Date(day).toLocaleDateString('en');
  assert.equal(exact.status, said('status.kept', { style: words['style.meadow'], width: 1024, height: 768, date }));
  assert.deepEqual([exact.actions, exact.remark], [['save', 'redo', 'remove'], undefined]);
  const near = view(done({}, { cached: { kind: 'near', created: day } }));
  assert.equal(near.remark, words['card.near']);
  const ahead = view(done({}, { cached: { kind: 'exact', created: day, ahead: true } }));
  assert.equal(ahead.status, said('status.ahead', { style: words['style.meadow'], width: 1024, height: 768 }));
  assert.equal(view(done({}, { drawn: true })).remark, words['card.drawn']);
});

test('what failed says why; only where trying again may help that is offered', () => {
  const lost = view(failed('network'));
  assert.deepEqual([lost.status, lost.hopeless, lost.actions], [words['status.failed'], false, ['retry', 'remove']]);
  assert.deepEqual(lost.problem, { sentence: words['error.network'], detail: 'row 7 of 9' });
  for (const code of ['unsupported-format', 'too-large', 'too-small', 'corrupt-image']) {
    const { hopeless, actions } = view(failed(code));
    assert.deepEqual([hopeless, actions], [true, ['remove']], code);
  }
  const { status, actions, problem } = view({ name: 'cancelled' });
  assert.deepEqual([status, actions, problem], [words['status.cancelled'], ['retry', 'remove'], undefined]);
});

test('a picture outlives the attempt at another, and says so', () => {
  for (const [setback, offered] of [
    [{ name: 'cancelled' }, ['save', 'remove']],
    [failed('network'), ['save', 'retry', 'remove']],
    [failed('too-large'), ['save', 'remove']],
  ]) {
    const shown = view(done({ setback }));
    assert.equal(shown.status, words[`status.${setback.name}-again`]);
    assert.deepEqual([shown.state, shown.hopeless, shown.actions], ['done', false, offered]);
    assert.equal(shown.problem !== undefined, setback.name === 'failed');
  }
  const quick = view(done({ setback: { name: 'cancelled' }, provisional: true }));
  assert.equal(quick.status, words['status.cancelled-quick']);
  assert.deepEqual(quick.actions, ['save', 'retry', 'remove']);
});
