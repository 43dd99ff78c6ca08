// In the browser, too, every build gives what ONNX Runtime gives, and none takes more memory than it should.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { bundleOurs } from '../../benches/browser/modules.mjs';
import { launch, VARIANTS } from './browser.mjs';
import { serve } from './server.mjs';
import { filled, good, tolerance, values } from './vectors.mjs';

const THREADS = 2;
const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
let browser, server;

before(async () => {
  for (const variant of VARIANTS) await bundleOurs(folder, variant);
  for (const model of good) writeFileSync(join(folder, `${model.name}.onnx`), filled(model));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>parity</title><link rel="icon" href="data:,">');
  server = await serve(folder, { throttled: false, isolated: true });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** Runs a model once in a worker of a new page: the output, and the bytes that the module holds after it. */
async function run(variant, name, width, height, input) {
  const page = await browser.newPage();
  await page.goto(server.url);
  const { output, bytes } = await page.evaluate(
    async ({ variant, name, width, height, input, threads }) => {
      const worker = new Worker(`ours-${variant}.js`, { type: 'module' });
      const ask = (command, argument) =>
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.result));
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage({ command, argument });
        });
      const model = await (await fetch(`${name}.onnx`)).arrayBuffer();
      await ask('start', { wasm: `${variant}.wasm`, model, width, height, threads });
      const numbers = input ? new Float32Array(input) : new Float32Array(3 * width * height).fill(0.1);
      const output = await ask('run', numbers);
      return { output: input && Array.from(output), bytes: await ask('peak') };
    },
    { variant, name, width, height, input: input && Array.from(input), threads: threads(variant) },
  );
  await page.close();
  return { output, bytes };
}

const threads = (variant) => (variant.endsWith('-threads') ? THREADS : 0);

for (const variant of VARIANTS) {
  test(`${variant}: outputs equal ONNX Runtime's`, async () => {
    assert.ok(tolerance <= 1e-3);
    for (const model of good) {
      for (const one of model.cases) {
        const { width, height, input, output: expected } = values(one);
        const { output } = await run(variant, model.name, width, height, input);
        assert.equal(output.length, expected.length);
        const worst = output.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i])), 0);
        assert.ok(worst <= tolerance, `${one.expected}: ${worst}`);
      }
    }
  });

  test(`${variant}: AnimeGANv2 takes at most 200 MB at 512 × 512 pixels, 700 MB at 1024 × 1024`, async () => {
    for (const [side, most] of Object.entries({ 512: 200e6, 1024: 700e6 })) {
      const { bytes } = await run(variant, 'animeganv2', Number(side), Number(side));
      assert.ok(bytes > 0 && bytes <= most, `${side}: ${bytes} bytes`);
    }
  });

  test(`${variant}: the download is at most 1.5 MB`, () => {
    const bytes = brotliCompressSync(readFileSync(join(folder, `${variant}.wasm`))).length;
    assert.ok(bytes <= 1.5e6, `${bytes} bytes`);
  });
}
