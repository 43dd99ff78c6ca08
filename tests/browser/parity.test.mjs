// In the browser, too, every build gives what ONNX Runtime gives, and none takes more memory than it should.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { VARIANTS } from './browser.mjs';
import { stage } from './engines.mjs';
import { filled, good, tolerance, values } from './vectors.mjs';

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
        const worst = output.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i])), 0);
        assert.ok(worst <= tolerance, `${one.expected}: ${worst}`);
      }
    }
    await engine.close();
  });

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

  test(`${variant}: the download is at most 1.5 MB`, () => {
    const bytes = brotliCompressSync(readFileSync(join(engines.folder, `${variant}.wasm`))).length;
    assert.ok(bytes <= 1.5e6, `${bytes} bytes`);
  });
}
