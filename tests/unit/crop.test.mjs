import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitAt } from '../../www/app/before-after/film.ts';
import { dragged, mirroredBox, moved, shaped, turnedBox, whole } from '../../www/app/crop/box.ts';
import { optionsOf, partOf, sameFraming, sizeTurned, turned } from '../../www/app/crop/framing.ts';

const sides = fc.record({ width: fc.integer({ min: 20, max: 6000 }), height: fc.integer({ min: 20, max: 6000 }) });
const ratios = fc.constantFrom(undefined, 1, 4 / 5, 16 / 9);
const grips = fc.constantFrom(
  ...[-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => ({ x, y }))).filter(({ x, y }) => x !== 0 || y !== 0),
);
const way = fc.double({ min: -8000, max: 8000, noNaN: true });
const near = (a, b) => Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(a));

test('whatever is dragged, a part stays within its photo, keeps its shape, and what is not moved', () => {
  fc.assert(
    fc.property(sides, ratios, grips, way, way, (size, ratio, grip, x, y) => {
      const before = ratio === undefined ? whole(size) : shaped(size, ratio);
      const small = dragged(before, size, { x: 1, y: 1 }, -size.width / 2, -size.height / 2, ratio);
      for (const box of [before, small]) {
        const after = dragged(box, size, grip, x, y, ratio);
        assert.ok(after.width > 0 && after.height > 0);
        assert.ok(after.left >= -1e-6 && after.top >= -1e-6);
        assert.ok(after.left + after.width <= size.width + 1e-6 && after.top + after.height <= size.height + 1e-6);
        if (ratio !== undefined) assert.ok(near(after.width / after.height, ratio));
        if (grip.x > 0) assert.ok(near(after.left, box.left));
        if (grip.x < 0) assert.ok(near(after.left + after.width, box.left + box.width));
        if (grip.y > 0) assert.ok(near(after.top, box.top));
        if (grip.y < 0) assert.ok(near(after.top + after.height, box.top + box.height));
      }
      const aside = moved(small, size, x, y);
      assert.deepEqual([aside.width, aside.height], [small.width, small.height]);
      assert.ok(aside.left >= 0 && aside.left + aside.width <= size.width + 1e-6);
    }),
  );
});

test('four quarters, or two mirrors, are none; a quarter takes the part along', () => {
  const size = { width: 400, height: 300 };
  const box = { left: 40, top: 30, width: 100, height: 60 };
  let [framing, at, now] = [{}, box, size];
  for (let quarter = 0; quarter < 4; quarter++) {
    at = turnedBox(at, now, 1);
    framing = turned(framing, 1);
    now = sizeTurned(size, framing);
  }
  assert.deepEqual([at, optionsOf(framing)], [box, {}]);
  assert.deepEqual(turnedBox(turnedBox(box, size, 1), { width: 300, height: 400 }, -1), box);
  assert.deepEqual(turnedBox(box, size, 1), { left: 210, top: 40, width: 60, height: 100 });
  assert.deepEqual(mirroredBox(mirroredBox(box, size), size), box);
  // What is seen turns to the right, also where it is mirrored.
  assert.deepEqual(optionsOf(turned({ mirror: true }, 1)), { rotate: 270, mirror: true });
});

test('what changes nothing is no choice', () => {
  assert.ok(sameFraming({}, { rotate: 0, mirror: false }));
  assert.ok(!sameFraming({}, { mirror: true }));
  assert.deepEqual(optionsOf({ rotate: 90, crop: { left: 0, top: 0, width: 0.5, height: 1 } }), {
    rotate: 90,
    crop: { left: 0, top: 0, width: 0.5, height: 1 },
  });
});

test('a part is rounded as the core rounds it', () => {
  const photo = { width: 40, height: 20 };
  assert.deepEqual(partOf(photo, { rotate: 90, crop: { left: 0.25, top: 0.5, width: 0.5, height: 0.5 } }), {
    left: 5,
    top: 20,
    width: 10,
    height: 20,
  });
  assert.deepEqual(partOf(photo, { crop: { left: 0.5, top: 0, width: 1, height: 1 } }).width, 20);
});

test('the film begins and ends with the photo, and shows the drawing in between', () => {
  assert.deepEqual([splitAt(0), splitAt(2), splitAt(4)], [1, 0, 1]);
  for (let at = 0; at < 2; at += 0.1) assert.ok(splitAt(at) >= splitAt(at + 0.1));
});
