import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { usualFormat } from '../../www/app/finishing/format.ts';

const FOLDER = 'tests/fixtures/decode';

test('what may be transparent is saved as PNG, other photos as JPEG', async () => {
  const png = [];
  for (const name of readdirSync(FOLDER).filter((name) => /^[^.]+\.\w+$/.test(name) && !name.endsWith('.json')))
    if ((await usualFormat(new Blob([readFileSync(`${FOLDER}/${name}`)]))) === 'png') png.push(name);
  const transparent = [
    'colour-key.png',
    'grey-alpha.png',
    'lossy-alpha.webp',
    'palette-alpha.png',
    'rgba.png',
    'transparent.gif',
  ];
  for (const name of transparent) assert.ok(png.includes(name), name);
  // Of these the first bytes do not say enough.
  const unknown =
    /^(palette|bit1|interlaced).*\.png$|\.gif$|\.tiff$|^rgb[ax]32\.bmp$|^(animated|lossless)\.webp$|^upright\.png$/;
  assert.deepEqual(
    png.filter((name) => !transparent.includes(name) && !unknown.test(name)),
    [],
  );
});

test('a file that is gone or empty is saved as it is safest', async () => {
  assert.equal(await usualFormat(new Blob([])), 'png');
  assert.equal(await usualFormat({ slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) }), 'png');
});
