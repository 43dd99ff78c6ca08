import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { moves } from '../../www/app/shell/kind.ts';

const file = (name) => new Blob([readFileSync(`tests/fixtures/decode/${name}`)]);

test('what moves is told from what only could', async () => {
  for (const [name, expected] of [
    ['animated.gif', true],
    ['animated.webp', true],
    ['static.gif', false],
    ['transparent.gif', false],
    ['lossless.webp', false],
    ['lossy-alpha.webp', false],
    ['rgba.png', false],
    ['rgb-444.jpg', false],
  ])
    assert.equal(await moves(file(name)), expected, name);
  const still = new Uint8Array(await file('rgba.png').arrayBuffer());
  // An acTL chunk behind IHDR makes a PNG an APNG.
  const chunk = Uint8Array.from('\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\0\0\0\0', (letter) => letter.charCodeAt(0));
  assert.ok(await moves(new Blob([still.subarray(0, 33), chunk, still.subarray(33)])));
  for (const length of [0, 5, 13, 40])
    assert.equal(typeof (await moves(file('animated.gif').slice(0, length))), 'boolean');
});
