// Films whose colours stay where nothing moves, and follow at once where something does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Steady } from '../../www/app/moving/steady.ts';

globalThis.ImageData ??= class {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height });
  }
};

const [WIDTH, HEIGHT] = [40, 30];
/** Of one colour, with noise of so many levels that is the same each time the test is run. */
function frame(level, noise, seed, moved = false) {
  let state = seed;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let at = 0; at < data.length; at++) data[at] = level + noise * (random() + random() - 1);
  if (moved) for (let at = 0; at < data.length / 2; at++) data[at] = 255 - level;
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return new globalThis.ImageData(data, WIDTH, HEIGHT);
}

const difference = (a, b, from = 0) => {
  let sum = 0;
  for (let at = from; at < a.data.length; at++) sum += Math.abs(a.data[at] - b.data[at]);
  return sum / (a.data.length - from);
};

test('what stands still and only rustles is drawn steadily', () => {
  const steady = new Steady();
  const frames = Array.from({ length: 8 }, (_, at) => frame(90, 12, at + 1));
  const shown = frames.map((each) => steady.next(each, each));
  const mean = (list) => list.slice(1).reduce((sum, one, at) => sum + difference(one, list[at]), 0) / (list.length - 1);
  const [before, after] = [mean(frames), mean(shown)];
  assert.ok(before > 3, String(before));
  assert.ok(after < before / 3, `${after} levels between frames, of ${before}`);
  assert.ok(
    shown.every(({ data }) => data.every((value, at) => at % 4 < 3 || value === 255)),
    'nothing becomes clear',
  );
});

test('what moves is shown as it is drawn, and leaves nothing behind', () => {
  const steady = new Steady();
  const still = frame(90, 0, 1);
  const moved = frame(90, 0, 1, true);
  steady.next(still, still);
  const shown = steady.next(moved, moved);
  // Two rows at the edge of what moved are told by means of both.
  const clear = (HEIGHT / 2 - 2) * WIDTH * 4;
  assert.deepEqual(shown.data.slice(0, clear), moved.data.slice(0, clear));
});

test('light that changes slowly is followed', () => {
  const steady = new Steady();
  let shown;
  for (let level = 60; level <= 160; level++) {
    const now = frame(level, 0, 1);
    shown = steady.next(now, now);
  }
  assert.ok(difference(shown, frame(160, 0, 1)) < 8, String(difference(shown, frame(160, 0, 1))));
});

test('frames that are the same are shown the same', () => {
  const steady = new Steady();
  const still = frame(120, 30, 7);
  const drawn = frame(200, 30, 9);
  for (let times = 0; times < 5; times++) assert.deepEqual(steady.next(still, drawn).data, drawn.data);
});
