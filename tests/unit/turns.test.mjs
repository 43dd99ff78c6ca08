import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../../www/node/turns.ts';

/** A task that ends when told to. */
function task(said, name) {
  const made = {};
  made.ended = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  made.run = () => {
    said.push(name);
    return made.ended;
  };
  return made;
}
/** By then all that follows from what has happened has. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('one after another, in their order, a failure included', async () => {
  const turns = new Turns();
  const said = [];
  const [a, b, c] = ['a', 'b', 'c'].map((name) => task(said, name));
  const results = [a, b, c].map(({ run }) => turns.run(run));
  await settled();
  assert.deepEqual(said, ['a']);
  b.resolve('early');
  await settled();
  assert.deepEqual(said, ['a']);
  a.reject(new Error('a broke'));
  await assert.rejects(results[0], /a broke/);
  await settled();
  assert.deepEqual(said, ['a', 'b', 'c']);
  c.resolve('last');
  assert.deepEqual(await Promise.all(results.slice(1)), ['early', 'last']);
});

test('an abort while waiting rejects at once, is not run, and holds nobody up', async () => {
  const turns = new Turns();
  const said = [];
  const [a, b, c] = ['a', 'b', 'c'].map((name) => task(said, name));
  const stop = new AbortController();
  const first = turns.run(a.run);
  const second = turns.run(b.run, stop.signal);
  const third = turns.run(c.run);
  stop.abort();
  await assert.rejects(second, { code: 'cancelled' });
  await assert.rejects(turns.run(b.run, stop.signal), { code: 'cancelled' });
  assert.deepEqual(said, ['a']);
  a.resolve();
  c.resolve('c');
  await first;
  assert.equal(await third, 'c');
  assert.deepEqual(said, ['a', 'c']);
});

test('an abort after the beginning is the task’s own affair', async () => {
  const turns = new Turns();
  const a = task([], 'a');
  const stop = new AbortController();
  const result = turns.run(a.run, stop.signal);
  await settled();
  stop.abort();
  a.resolve('done all the same');
  assert.equal(await result, 'done all the same');
});
