// How fast engines run the same model on a GPU, in one page: ours beside onnxruntime-web's and LiteRT.js's, and our module
// on the processor.
//   node benches/browser/webgpu.mjs [--runs 9] [--sizes 256,512,1024] [--tiers animeganv2,fast,fine]
//     [--engines nijigen-gpu,nijigen,onnxruntime-web,litert] [--software]
// With --software on a GPU that the processor computes: whether all runs, no more. Nothing is written down then.
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { SOFTWARE_GPU } from '../../tests/browser/engines.mjs';
import { serve } from '../../tests/browser/server.mjs';
import { helpers, median, publish, rounded } from './bench.mjs';
import { bundle, bundleGpu, bundleOurs, liteModelOf, modelOf, variants } from './modules.mjs';

const { values: given } = parseArgs({
  options: {
    runs: { type: 'string', default: '9' },
    sizes: { type: 'string', default: '256,512,1024' },
    tiers: { type: 'string', default: 'animeganv2,fast,fine' },
    engines: { type: 'string', default: 'nijigen-gpu,nijigen,onnxruntime-web,litert' },
    software: { type: 'boolean', default: false },
  },
});
const [sizes, tiers, engines] = [given.sizes, given.tiers, given.engines].map((text) => text.split(','));
/** Headless Chromium with the machine's own GPU, over Vulkan. */
const OWN_GPU = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-angle=vulkan', '--ignore-gpu-blocklist'];
const VARIANT = ['relaxed-threads', 'simd-threads', 'relaxed', 'simd'].find((variant) => variants.includes(variant));
const WEIGHTS = /^(ort-wasm-simd-threaded\.(asyncify|jsep)\.(mjs|wasm)|ort\.webgpu\.min\.mjs|litert_wasm_.*)$/;

/** Everything the page needs, in a folder of its own. */
async function stage() {
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  await bundleGpu(folder);
  await bundleOurs(folder, VARIANT);
  await bundle(folder, 'onnxruntime-webgpu');
  await bundle(folder, 'litert', 'litert', undefined, 'iife');
  for (const dist of ['onnxruntime-web/dist', '@litertjs/core/wasm']) {
    const from = `benches/browser/node_modules/${dist}`;
    for (const file of readdirSync(from).filter((name) => WEIGHTS.test(name)))
      cpSync(join(from, file), join(folder, file));
  }
  for (const tier of tiers) {
    copyFileSync(modelOf(tier), join(folder, `${tier}.onnx`));
    for (const size of engines.includes('litert') ? sizes.map(Number) : []) {
      const file = liteModelOf(tier, [size, size]);
      if (file) copyFileSync(file, join(folder, `${tier}-${size}.tflite`));
    }
  }
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>bench</title><link rel="icon" href="data:,">');
  return folder;
}

/** What runs a model, and with what it is started. */
function rivals(tier, size) {
  const { software } = given;
  const threads = VARIANT.endsWith('threads') ? Math.min(cpus().length, 8) : 0;
  const lite = `${tier}-${size}.tflite`;
  const all = {
    'nijigen-gpu': { script: 'gpu.js', wasm: 'simd.wasm', software },
    nijigen: { script: `ours-${VARIANT}.js`, wasm: `${VARIANT}.wasm`, threads },
    'onnxruntime-web': { script: 'onnxruntime-webgpu.js', software },
    litert: { script: 'litert.js', model: lite, classic: true, interleaved: true, accelerator: 'webgpu' },
  };
  const there = ([name, { model }]) => engines.includes(name) && (!model || existsSync(join(folder, model)));
  return Object.entries(all)
    .filter(there)
    .map(([name, how]) => ({ name, ...how }));
}

/** Runs in the page. The engines take turns; one that fails has its reason. */
async function measure({ all, tier, side, runs }) {
  const area = side * side;
  const { call } = window;
  const { input, interleaved } = window.tensors(area);
  const rows = [];
  for (const engine of all) {
    const worker = new Worker(engine.script, { type: engine.classic ? 'classic' : 'module' });
    const row = { name: engine.name, worker, times: [], input: engine.interleaved ? interleaved : input };
    rows.push(row);
    try {
      const model = await (await fetch(engine.model ?? `${tier}.onnx`)).arrayBuffer();
      const begun = performance.now();
      await call(worker, 'start', { ...engine, model, width: side, height: side, tier });
      const { result } = await call(worker, 'run', row.input);
      row.first = performance.now() - begun;
      row.result = engine.interleaved ? result.map((_, i) => result[(i % area) * 3 + Math.floor(i / area)]) : result;
      if (engine.name === 'nijigen-gpu') row.adapter = (await call(worker, 'name')).result;
    } catch (error) {
      row.failed = String(error).slice(0, 300);
    }
  }
  for (let run = 0; run < runs; run++)
    for (const row of rows.filter(({ failed }) => !failed)) {
      try {
        row.times.push((await call(row.worker, 'run', row.input)).ms);
      } catch (error) {
        row.failed = String(error).slice(0, 300);
      }
    }
  const reference = rows.find(({ name, failed }) => name === 'nijigen' && !failed)?.result;
  return rows.map(({ name, worker, times, first, result, adapter, failed }) => {
    worker.terminate();
    const far = reference && result && result.reduce((far, v, i) => Math.max(far, Math.abs(v - reference[i])), 0);
    return { name, times, first, adapter, failed, error: far ?? null };
  });
}

const folder = await stage();
const server = await serve(folder, { throttled: false, isolated: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--no-first-run', ...(given.software ? SOFTWARE_GPU : OWN_GPU)],
});
const rows = [];
let adapter = '';
try {
  for (const tier of tiers) {
    for (const side of sizes.map(Number)) {
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      await page.addInitScript(helpers);
      await page.goto(server.url);
      const measured = await page.evaluate(measure, { all: rivals(tier, side), tier, side, runs: Number(given.runs) });
      await page.close();
      const rival = measured.find(({ name, failed }) => name === 'onnxruntime-web' && !failed);
      for (const { name, times, first, error, failed, adapter: found } of measured) {
        adapter ||= found ?? '';
        if (failed) {
          console.log(`${name}\t${tier}\t${side}\t${failed}`);
          continue;
        }
        const row = {
          engine: name,
          model: tier,
          size: side,
          median_ms: rounded(median(times)),
          min_ms: rounded(Math.min(...times)),
          ratio: rival ? rounded(median(times) / median(rival.times), 2) : null,
          first_ms: rounded(first, 0),
          max_error: error === null ? null : Number(error.toPrecision(2)),
        };
        rows.push(row);
        console.log(Object.values(row).join('\t'));
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
}
const note =
  `${adapter}, ${cpus().length}-core ${cpus()[0].model.trim()}, Chromium ${browser.version().split('.')[0]}; medians of ${given.runs} runs in turns, values in and out included. ` +
  `\`ratio\` is to onnxruntime-web's WebGPU in the same run; \`first ms\` is making the model ready and the first run; \`max error\` is to our module on the processor (\`nijigen\`, ${VARIANT}).` +
  (process.env.BENCH_NOTE ? ` ${process.env.BENCH_NOTE}` : '');
if (given.software) console.log(`\n${note}`);
else if (!adapter) throw new Error('our engine found no GPU here: nothing is published');
else publish('webgpu', rows, note);
