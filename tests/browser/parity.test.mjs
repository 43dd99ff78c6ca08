// In the browser, too, every build gives what ONNX Runtime gives, and none takes more memory than it should.
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { shipped } from '../../benches/browser/modules.mjs';
import { VARIANTS } from './browser.mjs';
import { compressedSize } from './compressed.mjs';
import { stage } from './engines.mjs';
import { filled, good, tolerance, values } from './vectors.mjs';

/** By which the core chooses its tiles (src/generator/tiles.rs). */
const PIXEL_BYTES = Number(/PIXEL_BYTES: f64 = (\d+)\./.exec(readFileSync('src/generator/tiles.rs', 'utf8'))[1]);
const MANIFEST = JSON.parse(readFileSync('models/manifest.json', 'utf8'));
const animeganv2 = filled(good.find(({ name }) => name === 'animeganv2'));
let engines;

before(async () => {
  engines = await stage();
});
after(() => engines?.close());

for (const variant of VARIANTS) {
  test(`${variant}: outputs equal ONNX Runtime's`, async () => {
    assert.ok(tolerance <= 1e-3);
    const engine = await engines.open(variant);
    for (const model of good) {
      for (const one of model.cases) {
        const { width, height, input, output: expected } = values(one);
        await engine.start(filled(model), width, height);
        const output = await engine.ask('run', input);
        assert.equal(output.length, expected.length);
        const errors = output.map((value, i) => Math.abs(value - expected[i]));
        const worst = errors.reduce((worst, error) => Math.max(worst, error), 0);
        const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
        // Where a float's last digit decides between two levels, one channel of one pixel goes another way.
        const [most, usual] = model.quantised ? [30, 2] : [1, 1];
        assert.ok(worst <= most * tolerance && mean <= usual * tolerance, `${one.expected}: ${worst}, ${mean}`);
      }
    }
    await engine.close();
  });

  test(`${variant}: what only tests and benches call is not in what is shipped`, async () => {
    // Though it is the same module.
    writeFileSync(join(engines.folder, 'shipped.wasm'), readFileSync(shipped(variant)));
    const engine = await engines.open(variant);
    const names = await engine.exports('shipped.wasm');
    await engine.close();
    assert.ok(names.includes('engine_begin'), names.join(', '));
    assert.deepEqual(
      names.filter((name) => /bench/.test(name)),
      [],
    );
  });
}

// Threads take the most; relaxed SIMD takes no more than the other.
for (const variant of VARIANTS.filter((variant) => !variant.startsWith('relaxed')).slice(-1)) {
  test(`${variant}: AnimeGANv2 takes at most 200 MB at 512 × 512 pixels, 700 MB at 1024 × 1024`, async () => {
    for (const [side, most] of Object.entries({ 512: 200e6, 1024: 700e6 })) {
      const engine = await engines.open(variant);
      await engine.start(animeganv2, Number(side), Number(side));
      await engine.ask('run', new Float32Array(3 * side * side).fill(0.1));
      const bytes = await engine.ask('peak');
      await engine.close();
      assert.ok(bytes > 0 && bytes <= most, `${side}: ${bytes} bytes`);
    }
  });

  test(`${variant}: a pixel takes ${PIXEL_BYTES} bytes of our generators' memory at most`, async () => {
    for (const { tier, file } of ['fast', 'fine'].map((tier) => MANIFEST.find((entry) => entry.tier === tier))) {
      const engine = await engines.open(variant);
      const model = readFileSync(`models/${file}`);
      const peaks = [];
      for (const side of [256, 1024]) {
        await engine.start(model, side, side);
        await engine.ask('run', new Float32Array(3 * side * side).fill(0.1));
        peaks.push(await engine.ask('peak'));
      }
      const each = (peaks[1] - peaks[0]) / (1024 ** 2 - 256 ** 2);
      console.log(`${variant}, ${tier}: ${each.toFixed(1)} bytes a pixel, ${peaks} in all`);
      assert.ok(each > 0 && peaks[1] <= PIXEL_BYTES * 1024 ** 2, `${tier}: ${each} bytes a pixel, ${peaks} in all`);
      await engine.close();
    }
  });
}

// Compressing one as hard as hosts do takes half a minute.
test('the largest download is at most 1.5 MB', () => {
  const [largest] = VARIANTS.map(shipped).sort((a, b) => statSync(b).size - statSync(a).size);
  const bytes = compressedSize(largest);
  console.log(`${bytes} bytes`);
  assert.ok(bytes <= 1.5e6, `${bytes} bytes`);
});
