// What is shipped asks nobody else for anything: no script, style or page names a place on the network.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** What is run or shown by a browser. Documents such as licences speak of other places, and nobody follows them. */
const RUN = /\.(js|wasm|html|css|svg|webmanifest)$/;
const ADDRESS = /\b(?:https?|wss?):\/\/[^\s"'`<>\\)\0]+|(?<=["'`(])\/\/[a-z0-9-]+\.[a-z][^\s"'`)]*/gi;

/** Names and references that nothing is fetched from. */
const NAMES = [
  // XML namespaces: of drawings, and of the metadata that says that a model made the picture.
  'http://www.w3.org/2000/svg',
  'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  'http://ns.adobe.com/xap/1.0/',
  'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
  'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia',
  // In the text of an error of workbox's, and of a licence in a font's or a profile's description.
  'https://bit.ly/wb-precache',
  'http://www.apache.org/licenses/LICENSE-2.0',
  // In mediabunny's licence, and in errors of its that name a format's specification; each ends a sentence.
  'https://mozilla.org/MPL/2.0/.',
  'https://www.webmproject.org/vp9/mp4/.',
  'https://aomediacodec.github.io/av1-isobmff/.',
  'https://www.w3.org/TR/webcodecs-aac-codec-registration/.',
  'https://www.w3.org/TR/webcodecs-vorbis-codec-registration/.',
  'https://www.w3.org/TR/webcodecs-flac-codec-registration/.',
];

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((file) => RUN.test(file) && statSync(file).isFile());

/** Wasm holds its texts one after the other, so that a name may run on into the next. */
const isName = (address, file) =>
  NAMES.some((name) => (file.endsWith('.wasm') ? address.startsWith(name) : address === name));

for (const folder of ['dist/site', 'dist/package']) {
  test(`${folder} names no place on the network`, () => {
    const files = filesIn(folder);
    assert.ok(files.length > 5, `${files.length} files`);
    const named = files.flatMap((file) =>
      (readFileSync(file, 'latin1').match(ADDRESS) ?? [])
        .filter((address) => !isName(address, file))
        .map((address) => `${file}: ${address}`),
    );
    assert.deepEqual(named, []);
  });
}

test('the site says whose software is in it, and a visit does not fetch that', () => {
  const notices = readFileSync('dist/site/THIRD-PARTY.txt', 'utf8');
  for (const name of ['tract-core', 'rust-std', 'comlink', 'mediabunny', 'workbox-precaching'])
    assert.match(notices, new RegExp(`^${name} [\\d.]+ \\(`, 'm'));
  assert.ok(!readFileSync('dist/site/service-worker.js', 'utf8').includes('THIRD-PARTY'));
});

test('installing the package runs nothing and brings nothing else', () => {
  const { scripts, dependencies, optionalDependencies, bundledDependencies } = JSON.parse(
    readFileSync('dist/package/package.json', 'utf8'),
  );
  assert.deepEqual([scripts, dependencies, optionalDependencies, bundledDependencies], Array(4).fill(undefined));
});
