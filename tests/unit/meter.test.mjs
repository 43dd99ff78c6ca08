// One bar and one story for a preview and the picture after it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Meter } from '../../www/app/gallery/meter.ts';
import words from '../../www/locales/en.json' with { type: 'json' };

const drawing = (percent) => words['status.inference'].replace('{percent}', percent);
const download = (loaded, total) => words['status.download'].replace('{loaded}', loaded).replace('{total}', total);
const at = (stage, loaded, total, preview = false) => ({ stage, loaded, total, preview });
const MEGA = 1e6;
const read = (...told) => {
  const meter = new Meter();
  return told.map((progress) => meter.read(progress));
};

test('what is told of a preview and its picture goes one way', () => {
  const told = read(
    at('download', 1 * MEGA, 4 * MEGA, true),
    at('start', 0, 1, true),
    at('inference', 0.6, 1, true),
    at('encode', 1, 1, true),
    at('download', 1 * MEGA, 5 * MEGA),
    at('start', 0, 1),
    at('inference', 0.5, 1),
    at('encode', 1, 1),
  );
  assert.deepEqual(
    told.map(({ words }) => words),
    [
      download('1.0', '4.0'),
      words['status.start'],
      drawing(28),
      drawing(40),
      drawing(43),
      drawing(58),
      drawing(79),
      words['status.encode'],
    ],
  );
});

test('one without a preview ends as it says, too', () => {
  const told = read(at('start', 0, 1), at('inference', 0.25, 1), at('encode', 0, 1));
  assert.deepEqual(told, [
    { share: 0, words: words['status.start'] },
    { share: 0.25, words: drawing(25) },
    { share: 1, words: words['status.encode'] },
  ]);
});

test('the bar never goes back, nor does what it says, however much there turns out to be', () => {
  const order = ['download', 'start', 'inference', 'encode'].map((stage) => words[`status.${stage}`].split('{')[0]);
  const progress = fc.record({
    stage: fc.constantFrom('download', 'start', 'inference', 'encode'),
    loaded: fc.integer({ min: 0, max: 100 }),
    total: fc.constant(100),
    preview: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(progress), (told) => {
      const shown = read(...told);
      for (const [index, { share, words }] of shown.entries()) {
        const before = shown[index - 1];
        assert.ok(share >= 0 && share <= 1);
        if (!before) continue;
        assert.ok(share >= before.share);
        const place = (words) => order.findIndex((lead) => words.startsWith(lead));
        assert.ok(place(words) >= place(before.words), `${before.words}, then ${words}`);
      }
    }),
  );
});
