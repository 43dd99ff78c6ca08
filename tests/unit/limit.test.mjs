// How long a photo may take: what is waited for on the line is not counted, but the line must not stand still.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { TimeLimit } from '../../www/client/host.ts';

let asleep;
beforeEach(() => {
  asleep = 0;
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  mock.method(performance, 'now', () => Date.now() + asleep);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

function limited() {
  let over = 0;
  const limit = new TimeLimit(1000, () => (over += 1));
  limit.start();
  const stage = (stage, loaded = 0) => limit.hear({ stage, loaded, total: 1 });
  return { limit, stage, over: () => over };
}

test('bytes of the photo, the engine or the model each give it its time again', () => {
  const { limit, stage, over } = limited();
  for (let come = 0; come < 10; come++) {
    mock.timers.tick(900);
    if (come % 2 > 0) stage('download', come);
    else limit.hear('photo');
  }
  assert.equal(over(), 0);
  mock.timers.tick(999);
  assert.equal(over(), 0);
  mock.timers.tick(1);
  assert.equal(over(), 1, 'a line that stands still ends');
});

test('drawing has all of it, however long the way there was, and no more', () => {
  const { stage, over } = limited();
  mock.timers.tick(900);
  stage('start');
  for (let step = 0; step < 9; step++) {
    mock.timers.tick(100);
    stage('inference', step / 9);
  }
  stage('encode');
  assert.equal(over(), 0);
  mock.timers.tick(100);
  assert.equal(over(), 1);
});

test('what was asleep with the device has its time once it wakes', () => {
  const { over } = limited();
  mock.timers.tick(500);
  asleep = 60 * 60 * 1000;
  mock.timers.tick(500);
  assert.equal(over(), 0);
  mock.timers.tick(999);
  assert.equal(over(), 0);
  mock.timers.tick(1);
  assert.equal(over(), 1, 'all of it, and no more');
});

test('once it is stopped it is, whatever still comes', () => {
  const { limit, stage, over } = limited();
  limit.stop();
  limit.hear('photo');
  stage('download');
  mock.timers.tick(10_000);
  assert.equal(over(), 0);
});
