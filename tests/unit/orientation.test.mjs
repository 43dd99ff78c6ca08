import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { orientationOf } from '../../www/app/gallery/orientation.ts';

const fixture = (name) => readFileSync(`tests/fixtures/decode/${name}`);

test('WebP and PNG say how they are to be turned', async () => {
  for (const [name, orientation] of [
    ['orientation/6.webp', 6],
    ['orientation/6.png', 6],
    // Browsers turn those themselves.
    ['orientation/6.jpg', 1],
    ['lossy.webp', 1],
    ['lossless.webp', 1],
  ]) {
    assert.equal((await orientationOf(new Blob([fixture(name)]))).orientation, orientation, name);
  }
});

test('a number that is none, and a file that ends, are as if nothing was said', async () => {
  for (const name of ['orientation/6.webp', 'orientation/6.png']) {
    const file = fixture(name);
    for (let length = 0; length < file.length; length += 7) {
      const { orientation: said } = await orientationOf(new Blob([file.subarray(0, length)]));
      assert.ok([1, 6].includes(said), `${name} of ${length} bytes: ${said}`);
    }
    const at = file.indexOf(Buffer.from([0x12, 0x01, 3, 0])) + 8;
    const big = file.indexOf(Buffer.from([0x01, 0x12, 0, 3])) + 9;
    const wrong = Buffer.from(file);
    wrong[at > 8 ? at : big] = 9;
    assert.equal((await orientationOf(new Blob([wrong]))).orientation, 1, name);
  }
});
