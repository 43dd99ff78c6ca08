// What the module's memory grows to. Chromium does not tell it, so the module runs here, in Node.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { largePhoto, launch } from './browser.mjs';

const MODULE = 'target/wasm/simd';
const MANIFEST = JSON.parse(readFileSync('models/manifest.json', 'utf8'));

let core, memory;

before(async () => {
  core = await import(pathToFileURL(`${MODULE}/nijigen.js`));
  ({ memory } = await core.default({ module_or_path: readFileSync(`${MODULE}/nijigen_bg.wasm`) }));
});

// First: memory never shrinks.
test('12000 × 9000 pixels take at most 200 MB where the result is small', async () => {
  const browser = await launch();
  const photo = readFileSync(await largePhoto(browser, 12000, 9000));
  await browser.close();
  const entry = MANIFEST.find((entry) => entry.tier === 'fast');
  const engine = new core.Engine(entry, readFileSync(`models/${entry.file}`));
  const options = { maxSide: 256 };
  assert.ok(core.Photo.glimpse(photo, options), 'it can be looked up');
  const conversion = engine.begin(core.Photo.decode(photo, options), options);
  while (!conversion.step(200));
  const png = Buffer.from(await conversion.finish().blob().arrayBuffer());
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [256, 192]);
  const megabytes = memory.buffer.byteLength / 1e6;
  assert.ok(megabytes <= 200, `${megabytes} MB`);
  engine.free();
  // All of them are more than is taken where nothing says how much memory there is.
  assert.throws(() => core.Photo.decode(photo, { fullSize: true }), { code: 'too-large' });
});

test('6000 × 4000 pixels in full resolution take at most 400 MB', async () => {
  const browser = await launch();
  const photo = readFileSync(await largePhoto(browser, 6000, 4000));
  await browser.close();
  for (const tier of ['fast', 'fine']) {
    const entry = MANIFEST.find((entry) => entry.tier === tier);
    const engine = new core.Engine(entry, readFileSync(`models/${entry.file}`));
    const options = { maxSide: 6000 };
    const conversion = engine.begin(core.Photo.decode(photo, options), options);
    // The first tiles need as much as any; all of them take minutes.
    while (conversion.progress < 0.05) assert.equal(conversion.step(200), false);
    const megabytes = memory.buffer.byteLength / 1e6;
    assert.ok(megabytes <= 400, `${tier}: ${megabytes} MB`);
    conversion.free();
    engine.free();
  }
});
