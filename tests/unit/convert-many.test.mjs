import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NijigenError } from '../../www/client/error.ts';
import { convertAll } from '../../www/client/convert-many.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A pool that draws so many at once, and writes down what is announced. */
function poolOf(most) {
  const told = [];
  return {
    most,
    told,
    batches: new Set(),
    announce(batch) {
      (this.batches.add(batch), told.push({ ...batch }));
    },
    forget(batch) {
      this.batches.delete(batch);
    },
  };
}

/** Conversions that end when told to: `done[source]()`. */
function engine() {
  const [started, done, signals] = [[], {}, []];
  const convert = (source, index, signal) => {
    started.push(source);
    signals.push(signal);
    return new Promise((resolve, reject) => {
      done[source] = (error) => (error ? reject(error) : resolve(`${source} drawn`));
      signal.addEventListener('abort', () => reject(new NijigenError('cancelled', 'aborted')));
    });
  };
  return { started, done, signals, convert };
}

/** Sources one by one, counted as they are taken. */
function supply(names) {
  const taken = [];
  const supplied = { taken, returned: 0 };
  supplied.sources = {
    [Symbol.iterator]: () => {
      const iterator = names[Symbol.iterator]();
      return {
        next: () => {
          const step = iterator.next();
          if (!step.done) taken.push(step.value);
          return step;
        },
        return: () => ((supplied.returned += 1), { done: true }),
      };
    },
  };
  return supplied;
}

const course = (more = {}) => ({ ordered: true, window: 0, signal: undefined, ...more });
const names = ['a', 'b', 'c', 'd', 'e', 'f'];

test('no more is taken than can be drawn at once, and one, and results keep the order of their sources', async () => {
  const { taken, sources } = supply(names);
  const { started, done, convert } = engine();
  const results = convertAll(sources, course(), poolOf(2), convert);
  const first = results.next();
  await settled();
  assert.deepEqual(
    [taken, started],
    [
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ],
  );
  done.b();
  await settled();
  assert.deepEqual(taken, ['a', 'b', 'c'], 'b waits for a');
  done.a();
  assert.deepEqual((await first).value, { index: 0, source: 'a', conversion: 'a drawn' });
  assert.deepEqual((await results.next()).value, { index: 1, source: 'b', conversion: 'b drawn' });
  await settled();
  assert.deepEqual(taken, ['a', 'b', 'c', 'd', 'e']);
  await results.return();
});

test('unordered, whatever is ready first comes first, and says which it is', async () => {
  const { done, convert } = engine();
  const results = convertAll(names, course({ ordered: false }), poolOf(3), convert);
  const first = results.next();
  await settled();
  done.c();
  assert.deepEqual((await first).value, { index: 2, source: 'c', conversion: 'c drawn' });
  await results.return();
});

test('one that fails is told as such, whatever it failed with, and the rest go on', async () => {
  const { done, convert } = engine();
  const results = convertAll(['a', 'b', 'c'], course(), poolOf(2), convert);
  const first = results.next();
  await settled();
  done.a(new NijigenError('corrupt-image', 'bad'));
  done.b(new TypeError('odd'));
  done.c();
  assert.equal((await first).value.error.code, 'corrupt-image');
  const { error } = (await results.next()).value;
  assert.deepEqual([error.code, error.message], ['internal', 'TypeError: odd']);
  assert.equal((await results.next()).value.conversion, 'c drawn');
  assert.deepEqual(await results.next(), { value: undefined, done: true });
});

test('an abort, before or meanwhile, rejects, aborts what is under way and gives the sources back', async () => {
  const stop = new AbortController();
  const { taken, sources } = supply(names);
  const { signals, convert } = engine();
  const pool = poolOf(2);
  const results = convertAll(sources, course({ signal: stop.signal }), pool, convert);
  const first = results.next();
  await settled();
  assert.equal(pool.batches.size, 1);
  stop.abort();
  await assert.rejects(first, { code: 'cancelled' });
  assert.ok(signals.length === 3 && signals.every(({ aborted }) => aborted));
  assert.equal(pool.batches.size, 0, 'the pool expects no more of it');
  assert.deepEqual(taken, ['a', 'b', 'c']);
  const late = convertAll(names, course({ signal: stop.signal }), pool, () => assert.fail('it was aborted'));
  await assert.rejects(late.next(), { code: 'cancelled' });
});

test('whoever leaves early has the rest aborted and the sources closed', async () => {
  const supplied = supply(names);
  const { done, signals, convert } = engine();
  const results = convertAll(supplied.sources, course(), poolOf(2), convert);
  const first = results.next();
  await settled();
  done.a();
  await first;
  await results.return();
  assert.ok(signals.every(({ aborted }) => aborted));
  assert.equal(supplied.returned, 1);
});

test('a failure of the sources themselves is the caller’s', async () => {
  const failing = {
    async *[Symbol.asyncIterator]() {
      yield 'a';
      throw new Error('the disk is gone');
    },
  };
  const { done, convert } = engine();
  const results = convertAll(failing, course(), poolOf(1), convert);
  const first = results.next();
  await assert.rejects(first, /the disk is gone/);
  done.a();
});

test('how many come is told at once where it is known; else nothing starts before the window is over', async () => {
  const { convert } = engine();
  const pool = poolOf(2);
  const stop = new AbortController();
  const known = convertAll(names, course({ window: 1e6, signal: stop.signal }), pool, convert);
  const first = known.next();
  assert.deepEqual(pool.told[0], { expected: 6, held: true });
  await settled();
  assert.deepEqual(pool.told.at(-1), { expected: 3, held: false }, 'the room is full');
  stop.abort();
  await assert.rejects(first, { code: 'cancelled' });

  const slow = poolOf(2);
  let come;
  const waiting = { [Symbol.asyncIterator]: () => ({ next: () => new Promise((resolve) => (come = resolve)) }) };
  const unknown = convertAll(waiting, course({ window: 1e6 }), slow, convert);
  const next = unknown.next();
  await settled();
  assert.deepEqual(slow.told, [{ expected: 0, held: true }]);
  come({ done: true });
  assert.deepEqual(await next, { value: undefined, done: true });
  assert.deepEqual(slow.told.at(-1), { expected: 0, held: false });
});
