import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostWorkers, plan, thisMachine } from '../../www/client/scheduler.ts';

const phone = { cores: 8, memory: 4, isolated: false };
const laptop = { cores: 8, memory: 8, isolated: true };

test('machines of all kinds', () => {
  const cases = [
    ['a phone, one photo', 1, phone, '1 × 1'],
    ['a phone, many', 50, phone, '2 × 1'],
    ['a phone with little memory', 50, { ...phone, memory: 1 }, '1 × 1'],
    ['a browser that does not say', 50, { ...phone, memory: undefined }, '2 × 1'],
    ['a laptop, one photo', 1, laptop, '1 × 8'],
    ['a laptop, many', 50, laptop, '4 × 2'],
    ['a laptop, some', 7, laptop, '1 × 8'],
    ['two cores, many', 50, { ...laptop, cores: 2 }, '2 × 1'],
    ['one core', 50, { ...laptop, cores: 1 }, '1 × 1'],
    ['one thread', 50, { ...laptop, threads: 1, workers: 3 }, '3 × 1'],
    ['one worker', 50, { ...laptop, workers: 1 }, '1 × 8'],
    ['not isolated, three asked for', 2, { ...phone, workers: 3 }, '2 × 1'],
  ];
  for (const [name, photos, machine, expected] of cases) {
    const { workers, threads } = plan(photos, machine);
    assert.equal(`${workers} × ${threads}`, expected, name);
  }
});

test('never more workers than may be, never none, and together no more threads than there are cores', () => {
  for (const cores of [1, 2, 3, 4, 6, 8, 16, 64])
    for (const memory of [undefined, 0.25, 1, 2, 4, 8, 32])
      for (const isolated of [false, true])
        for (let photos = 0; photos < 40; photos++) {
          const machine = { cores, memory, isolated };
          const { workers, threads } = plan(photos, machine);
          const what = JSON.stringify({ photos, ...machine });
          assert.ok(workers >= 1 && threads >= 1 && workers <= mostWorkers(machine), what);
          assert.ok(workers * threads <= Math.max(cores, 1), what);
        }
});

test('a place that says nothing of itself is a machine of one core', () => {
  const machine = thisMachine(2, undefined);
  assert.equal(machine.isolated, false);
  assert.ok(machine.cores >= 1);
  assert.deepEqual([machine.threads, machine.workers], [2, undefined]);
});
