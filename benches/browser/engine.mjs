// How fast engines run the same model in one page: ours in every build, plain tract, onnxruntime-web, LiteRT.js,
// TensorFlow.js.
//   node benches/browser/engine.mjs [--runs 7] [--sizes 256,512,1024x768] [--threads 1,2] [--tiers animeganv2,fast,fine]
//     [--engines nijigen,tract,onnxruntime-web,litert,tfjs] [--variants simd,relaxed,…] [--profile]
// Only a run of all engines and builds is written down, of 7 runs at least.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { launch } from '../../tests/browser/browser.mjs';
import { serve } from '../../tests/browser/server.mjs';
import { helpers, median, publish, rounded } from './bench.mjs';
import { bundle, bundleOurs, liteModelOf, modelOf, shipped, variants } from './modules.mjs';

const ENGINES = ['nijigen', 'tract', 'onnxruntime-web', 'litert', 'tfjs'];
const { values: given } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    sizes: { type: 'string', default: '256,512,1024x768' },
    threads: { type: 'string', default: '1,2' },
    tiers: { type: 'string', default: 'animeganv2,fast,fine' },
    engines: { type: 'string', default: ENGINES.join(',') },
    variants: { type: 'string', default: variants.join(',') },
    profile: { type: 'boolean', default: Boolean(process.env.PROFILE) },
  },
});
const STARTS = 4;
/** Milliseconds before a turn, in which what the last one left at work (threads that wait busily, a browser's own start) ends. */
const PAUSE = 300;
const list = (text) => text.split(',');
/** Width and height of what a size says: `512` or `1024x768`. */
const sides = (size) => {
  const [width, height = width] = size.split('x').map(Number);
  return [width, height];
};

/** AnimeGANv2 takes its slowest rivals half a minute a run at the largest size, and grows with the area like at the others. */
const sizesOf = (tier) => list(given.sizes).filter((size) => tier !== 'animeganv2' || size.length <= 3);

/** Everything the page needs, in a folder of its own. */
async function stage() {
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  for (const variant of variants) await bundleOurs(folder, variant);
  await bundle(folder, 'onnxruntime');
  await bundle(folder, 'tfjs');
  // What it loads is a script that only a classic worker takes.
  await bundle(folder, 'litert', 'litert', undefined, 'iife');
  for (const dist of ['onnxruntime-web/dist', '@tensorflow/tfjs-backend-wasm/dist', '@litertjs/core/wasm']) {
    const from = `benches/browser/node_modules/${dist}`;
    const files = readdirSync(from).filter((name) =>
      /^(ort-wasm-simd-threaded\.(mjs|wasm)|ort\.wasm\.min\.mjs|tfjs.*\.wasm|litert_wasm_.*)$/.test(name),
    );
    for (const file of files) copyFileSync(join(from, file), join(folder, file));
  }
  for (const tier of list(given.tiers)) {
    copyFileSync(modelOf(tier), join(folder, `${tier}.onnx`));
    for (const size of list(given.engines).includes('litert') ? list(given.sizes) : []) {
      const file = liteModelOf(tier, sides(size));
      if (file) copyFileSync(file, join(folder, `${tier}-${size}.tflite`));
    }
  }
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">',
  );
  return folder;
}

const compressed = new Map();

/** Bytes that a visitor downloads for an engine, without the model. */
function download(folder, files) {
  const bytes = (file) => {
    const own = variants.find((variant) => file === `${variant}.wasm`);
    if (!compressed.has(file))
      compressed.set(file, brotliCompressSync(readFileSync(own ? shipped(own) : join(folder, file))).length);
    return compressed.get(file);
  };
  return files.reduce((sum, file) => sum + bytes(file), 0);
}

/** What runs this model, at this size and number of threads. */
function engines(tier, size, threads) {
  const ours = list(given.variants)
    .filter((variant) => variant.endsWith('threads') === threads > 1)
    .map((variant) => ({
      engine: 'nijigen', variant, script: `ours-${variant}.js`, wasm: `${variant}.wasm`, pool: threads > 1 ? threads : 0,
      files: [`ours-${variant}.js`, `${variant}.wasm`],
    })); // prettier-ignore
  const plain = ours.slice(-1).map((engine) => ({ ...engine, engine: 'tract', plain: true }));
  const onnx = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
  const all = [
    ...ours,
    ...plain,
    { engine: 'onnxruntime-web', variant: 'wasm', script: 'onnxruntime.js', pool: threads, files: onnx },
    {
      engine: 'litert', variant: 'wasm', script: 'litert.js', pool: threads, interleaved: true, classic: true,
      model: `${tier}-${size}.tflite`,
      files: ['js', 'wasm'].map((kind) => `litert_wasm_${threads > 1 ? 'threaded_' : ''}internal.${kind}`).concat('litert.js'),
    },
    {
      engine: 'tfjs', variant: 'wasm', script: 'tfjs.js', pool: threads, interleaved: true, random: true,
      files: ['tfjs.js', threads > 1 ? 'tfjs-backend-wasm-threaded-simd.wasm' : 'tfjs-backend-wasm-simd.wasm'],
    },
  ]; // prettier-ignore
  // TensorFlow.js would need more than wasm's 4 GB, and never answers.
  const fits = ({ engine }) => engine !== 'tfjs' || tier !== 'fine' || size.length <= 3;
  const there = (rival) =>
    list(given.engines).includes(rival.engine) &&
    (!rival.model || existsSync(join(folder, rival.model))) &&
    fits(rival);
  return all.filter(there);
}

/** Runs in the page. The engines take turns, so that what else the machine does meets all of them; without runs they only start. */
async function measure({ engines, tier, sides: [width, height], runs, profile, pause }) {
  const settle = () => new Promise((resolve) => setTimeout(resolve, pause));
  const area = width * height;
  const { call } = window;
  const { input, interleaved } = window.tensors(area);
  const all = [];
  for (const engine of engines) {
    const worker = new Worker(engine.script, { type: engine.classic ? 'classic' : 'module' });
    const model = await (await fetch(engine.model ?? `${tier}.onnx`)).arrayBuffer();
    await settle();
    const { wasm, plain, pool: threads } = engine;
    const start = await call(worker, 'start', { wasm, plain, model, width, height, threads, tier });
    all.push({ worker, startup: start.ms, times: [] });
  }
  const results = [];
  for (let run = 0; runs > 0 && run <= runs; run++) {
    for (const [i, { worker, times }] of all.entries()) {
      await settle();
      const { ms, result } = await call(worker, 'run', engines[i].interleaved ? interleaved : input);
      // The first run warms up, and is compared.
      if (run === 0) results[i] = result;
      else times.push(ms);
    }
  }
  const reference = results[engines.findIndex(({ engine }) => engine === 'onnxruntime-web')];
  const rows = [];
  for (const [i, { worker, startup, times }] of all.entries()) {
    const { result: peak } = await call(worker, 'peak');
    let error = null;
    const place = (at) => (engines[i].interleaved ? (at % 3) * area + Math.floor(at / 3) : at);
    if (reference && !engines[i].random)
      error = results[i].reduce((worst, v, at) => Math.max(worst, Math.abs(v - reference[place(at)])), 0);
    rows.push({ startup, times, peak, error });
  }
  const ours = all[engines.findLastIndex(({ engine }) => engine === 'nijigen')];
  let detail = null;
  if (profile && ours) {
    const { result: lines } = await call(ours.worker, 'profile', input);
    const { result: most } = await call(ours.worker, 'peakFlops');
    detail = { lines, most };
  }
  for (const { worker } of all) worker.terminate();
  return { rows, detail };
}

/**
 * Milliseconds that an engine takes to start where nothing is warm yet: each time in a browser of its own. The size says
 * little, so it is measured at the first one alone.
 */
async function startup(engine, tier, size) {
  if (size !== list(given.sizes)[0]) return null;
  const times = [];
  for (let i = 0; i < STARTS; i++) {
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.addInitScript(helpers);
      await page.goto(server.url);
      const { rows } = await page.evaluate(measure, {
        engines: [engine],
        tier,
        sides: sides(size),
        runs: 0,
        pause: 3 * PAUSE,
      });
      times.push(rows[0].startup);
    } finally {
      await browser.close();
    }
  }
  return rounded(median(times), 0);
}

/** An operator a line; `most` is what one thread's registers could do. */
function printProfile({ lines, most }, threads) {
  console.log(`at most ${(threads * most).toFixed(1)} GFLOP/s of multiply-adds`);
  for (const line of lines) {
    const [ms, work, name] = line.split('\t');
    if (ms < 0.5) continue;
    const rate = (2 * work) / ms / 1e6;
    const share = `${Math.round((100 * rate) / (threads * most))} %`;
    console.log(
      `${Number(ms).toFixed(1).padStart(8)} ms ${rate.toFixed(1).padStart(6)} GFLOP/s ${share.padStart(6)}  ${name}`,
    );
  }
}

const folder = await stage();
const server = await serve(folder, { throttled: false, isolated: true });
const browser = await launch();
const rows = [];
try {
  for (const tier of list(given.tiers)) {
    for (const size of sizesOf(tier)) {
      for (const threads of list(given.threads).map(Number)) {
        const page = await browser.newPage();
        await page.addInitScript(helpers);
        await page.goto(server.url);
        const all = engines(tier, size, threads);
        const { rows: measured, detail } = await page.evaluate(measure, {
          engines: all,
          tier,
          sides: sides(size),
          runs: Number(given.runs),
          profile: given.profile,
          pause: PAUSE,
        });
        await page.close();
        const rival = measured[all.findIndex(({ engine }) => engine === 'onnxruntime-web')];
        for (const [i, { times, peak, error }] of measured.entries()) {
          const row = {
            engine: all[i].engine,
            variant: all[i].variant,
            model: tier,
            size: Number(size) || size,
            threads,
            median_ms: rounded(median(times)),
            min_ms: rounded(Math.min(...times)),
            ratio: rival ? rounded(median(times) / median(rival.times), 2) : null,
            peak_mb: rounded(peak / 2 ** 20),
            download_bytes: download(folder, all[i].files),
            startup_ms: await startup(all[i], tier, size),
            max_error: error === null ? null : Number(error.toPrecision(2)),
          };
          rows.push(row);
          console.log(Object.values(row).join('\t'));
        }
        if (detail) printProfile(detail, threads);
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
}
const note =
  `${cpus().length}-core ${cpus()[0].model.trim()}, Chromium ${browser.version().split('.')[0]}; medians of ${given.runs} runs in turns. ` +
  `\`ratio\` is to onnxruntime-web in the same run; \`startup ms\` is the median of ${STARTS} starts at the first size, each in a browser of its own; \`download bytes\` are brotli, without the model; \`max error\` is to onnxruntime-web. ` +
  "animeganv2 is AnimeGANv2's generator with random weights; TensorFlow.js runs the networks written in its operators, LiteRT.js what benches/tflite.py makes of ours; plain tract is that of the same module, compiled for size as our module has it." +
  (process.env.BENCH_NOTE ? ` ${process.env.BENCH_NOTE}` : '');
const whole =
  list(given.engines).length === ENGINES.length && list(given.variants).length === 4 && Number(given.runs) >= 7;
if (whole) publish('engine', rows, note);
