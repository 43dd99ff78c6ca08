import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../../www/app/shell/kind.ts';

const box = (...brands) => ['\0\0\0\x20ftyp' + brands[0] + '\0\0\0\0' + brands.slice(1).join('')];
const bytes = (letters) => Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
const of = (letters) => kindOf(new Blob([bytes(letters)]));

test('what a file is, its first bytes say', async () => {
  for (const [kind, ...letters] of [
    ['heic', ...box('heic', 'mif1', 'heic')],
    ['heic', ...box('mif1', 'heic')],
    ['heic', ...box('hevc', 'msf1')],
    ['video', ...box('qt  ')],
    ['video', ...box('isom', 'avc1', 'mp42')],
    ['video', '\x1aE\xdf\xa3\x9fB\x86\x81\x01'],
    ['video', 'RIFF\x10\0\0\0AVI LIST'],
    [undefined, ...box('avif', 'mif1', 'miaf')],
    [undefined, ...box('mif1', 'avif')],
    [undefined, 'RIFF\x10\0\0\0WEBPVP8 '],
    [undefined, '%PDF-1.7'],
    [undefined, ''],
  ])
    assert.equal(await of(letters[0]), kind, JSON.stringify(letters[0]));
});

test('a file that is gone is of no kind', async () => {
  assert.equal(await kindOf({ slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) }), undefined);
});
