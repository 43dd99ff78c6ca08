import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askAll } from '../../www/client/shared-cache.ts';

const entry = (id, created, used, bytes = 10) => ({ id, created, used, bytes });
/** A worker that keeps these, and writes down what it is asked. */
const worker = (answers) => {
  const asked = [];
  return { asked, cache: async (settings, command) => (asked.push(command.name), answers[command.name] ?? {}) };
};
const ask = (workers, name) => askAll(workers, {}, { name });

test('a picture is where any of them has it', async () => {
  const picture = { blob: 'it' };
  const workers = [worker({}), worker({ picture: { picture } }), worker({})];
  assert.deepEqual(await ask(workers, 'picture'), { picture });
  assert.deepEqual(await ask([worker({})], 'original'), { picture: undefined });
});

test('each entry is listed once, as it was used last, the newest first', async () => {
  const workers = [
    worker({ entries: { entries: [entry('a', 1, 9), entry('b', 3, 3)] } }),
    worker({ entries: { entries: [entry('a', 1, 2), entry('c', 2, 2)] } }),
  ];
  const { entries } = await ask(workers, 'entries');
  assert.deepEqual(
    entries.map(({ id, used }) => `${id}${used}`),
    ['b3', 'c2', 'a9'],
  );
});

test('what is used is a database’s own figure, or the sum of what memories hold', async () => {
  const lasting = { usage: { usage: { lasting: true, entries: 7, bytes: 700 } } };
  assert.deepEqual(await ask([worker(lasting), worker(lasting)], 'usage'), lasting.usage);
  const passing = (...entries) =>
    worker({ usage: { usage: { lasting: false, entries: 1, bytes: 1, quota: 5 } }, entries: { entries } });
  const two = [passing(entry('a', 1, 1), entry('b', 1, 1, 5)), passing(entry('a', 1, 2))];
  assert.deepEqual(await ask(two, 'usage'), { usage: { lasting: false, entries: 2, bytes: 15, quota: 5 } });
  const one = passing(entry('a', 1, 1));
  assert.deepEqual((await ask([one], 'usage')).usage.bytes, 1, 'one alone is not asked twice');
  assert.deepEqual(one.asked, ['usage']);
});

test('a command goes to all, and with nobody to ask the answer is empty', async () => {
  const workers = [worker({}), worker({})];
  await ask(workers, 'clear');
  assert.deepEqual(
    workers.map(({ asked }) => asked),
    [['clear'], ['clear']],
  );
  assert.deepEqual(await ask([], 'clear'), {});
});
