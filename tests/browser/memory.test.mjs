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

test('6000 × 4000 pixels in full resolution take at most 400 MB', async () => {
  const browser = await launch();
  const photo = readFileSync(await largePhoto(browser, 6000, 4000));
  await browser.close();
  for (const tier of ['fast', 'fine']) {
    const entry = MANIFEST.find((entry) => entry.tier === tier);
    const engine = new core.Engine(JSON.stringify(entry), readFileSync(`models/${entry.file}`));
    const options = JSON.stringify({ maxSide: 6000 });
    const conversion = engine.begin(core.Photo.decode(photo, options), options);
    // The first tiles need as much as any; all of them take minutes.
    while (conversion.progress < 0.05) assert.equal(conversion.step(200), false);
    const megabytes = memory.buffer.byteLength / 1e6;
    assert.ok(megabytes <= 400, `${tier}: ${megabytes} MB`);
    conversion.free();
    engine.free();
  }
});
