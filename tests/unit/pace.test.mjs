import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notePace, secondsFor } from '../../www/app/finishing/pace.ts';

const drawn = (more) => ({
  width: 1000,
  height: 1000,
  tier: 'fine',
  timings: { inference: 3000, encode: 100 },
  ...more,
});

test('how long a large picture takes is told from the last one that was drawn here', (t) => {
  const items = {};
  const localStorage = { getItem: (key) => items[key] ?? null, setItem: (key, value) => (items[key] = value) };
  Object.defineProperty(globalThis, 'localStorage', { value: localStorage, configurable: true });
  t.after(() => delete globalThis.localStorage);
  assert.equal(secondsFor(4000, 3000, 2048), undefined, 'nobody knows yet');
  notePace(drawn({ cached: { kind: 'exact' } }));
  notePace(drawn({ tier: undefined }));
  assert.equal(secondsFor(4000, 3000, 2048), undefined, 'a kept one and a model of one’s own say nothing of it');
  notePace(drawn());
  assert.equal(secondsFor(2000, 1000, 2048), 6.2, 'drawn as large as it is');
  const large = secondsFor(4096, 3000, 2048);
  assert.equal(large, 3 * 4.096 * (3 / 4 + 0.1), 'drawn at half its sides, written at all of them');
  notePace(drawn({ tier: 'fast', timings: { inference: 1000, encode: 50 } }));
  assert.equal(secondsFor(2000, 1000, 2048), 6.2 + 2.1, 'somebody waits for the preview, too');
  for (const other of ['{"draw":3000,"write":100}', '{"fine":{"draw":"x"}}', '{"fine":null}', '7', 'x']) {
    items['nijigen.pace'] = other;
    assert.equal(secondsFor(100, 100, 2048), undefined, other);
  }
});
