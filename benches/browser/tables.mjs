// Four tables as they are published for AnimeGANv2 on servers, measured in the browser: what a cache saves, threads,
// batches, and memory for a portrait of 1080×1920.
//   node benches/browser/tables.mjs [--requests 100] [--photos 16] [--size 512] [--only cache,threads,batch,memory]
// Only a run of all four is written down.
import { copyFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mean, p95, publish, rounded, stage } from './bench.mjs';
import { bundleOurs, modelOf, variants } from './modules.mjs';
import { convertAll, PHOTOS, processes, script } from './photos.mjs';

const TABLES = ['cache', 'threads', 'batch', 'memory'];
const { values: given } = parseArgs({
  options: {
    requests: { type: 'string', default: '100' },
    photos: { type: 'string', default: '16' },
    size: { type: 'string', default: '512' },
    only: { type: 'string', default: TABLES.join(',') },
  },
});
const [count, photos, side] = [given.requests, given.photos, given.size].map(Number);
const CORES = cpus().length;
const NOT_MEASURED = 'not measured';
const [WIDTH, HEIGHT] = [1080, 1920];
/** Engines that run at once are doubled until one fails, up to these. */
const MOST_IN_FLIGHT = 8;
const BUILD = variants.filter((variant) => !variant.endsWith('threads')).at(-1);
const TIERS = ['fast', 'animeganv2'];

const cacheScript = `
  /** Every fifth is one that was there before: in turn the very file, and the picture saved again and smaller. */
  window.requests = async (cache, count) => {
    const converter = await createConverter({ cache });
    const options = { maxSide: 512 };
    // The engine is there before the first request.
    await converter.convert('dog.jpg', { ...options, cache: 'off' });
    const sources = [];
    const distinct = [];
    for (let i = 0; i < count; i++) {
      const index = (i * 7) % Math.max(distinct.length, 1);
      if (i % 5 < 4) distinct.push(await window.part(distinct.length, 640));
      sources.push(i % 5 < 4 ? distinct.at(-1) : i % 10 === 4 ? distinct[index] : await window.part(index, 576, 0.75));
    }
    return async () => {
      const answers = [];
      for (const source of sources) {
        const begin = performance.now();
        const { cached } = await converter.convert(source, options);
        answers.push({ ms: performance.now() - begin, kind: cached?.kind ?? 'made' });
      }
      converter.dispose();
      return answers;
    };
  };`;

async function cache(open) {
  const rows = [];
  for (const on of [false, true]) {
    const page = await open();
    const work = await page.evaluateHandle(([cache, count]) => window.requests(cache, count), [on ? {} : false, count]);
    const [before, begun] = [processes().seconds, performance.now()];
    const answers = await work.evaluate((run) => run());
    const seconds = (performance.now() - begun) / 1000;
    const share = (processes().seconds - before) / seconds / CORES;
    await page.context().close();
    const times = answers.map(({ ms }) => ms);
    const hits = (kind) => answers.filter((answer) => answer.kind === kind).length;
    rows.push({
      cache: on ? 'on' : 'off',
      requests: count,
      mean_ms: rounded(mean(times)),
      p95_ms: rounded(p95(times)),
      per_second: rounded(count / seconds, 2),
      cpu_percent: rounded(100 * share, 0),
      engine_runs: hits('made'),
      exact_hits: hits('exact'),
      near_hits: hits('near'),
    });
    console.log(rows.at(-1));
  }
  return rows;
}

async function threads(open) {
  const rows = [];
  for (const threads of [1, 2, 4, 8]) {
    const row = { threads, photos, size: side };
    if (threads > CORES) {
      rows.push({ ...row, ms_each: NOT_MEASURED, seconds: NOT_MEASURED, per_second: NOT_MEASURED });
      continue;
    }
    const { seconds } = await convertAll(open, { workers: 1, threads, count: photos, side, warm: true });
    const each = rounded((1000 * seconds) / photos, 0);
    rows.push({ ...row, ms_each: each, seconds: rounded(seconds), per_second: rounded(photos / seconds, 2) });
    console.log(rows.at(-1));
  }
  return rows;
}

async function batch(open) {
  const rows = [];
  for (const batch of [1, 4, 8, 16]) {
    const { seconds, peak } = await convertAll(open, { count: batch, side, warm: true });
    const rate = rounded(batch / seconds, 2);
    rows.push({ batch, size: side, per_second: rate, peak_mb: rounded(peak, 0), seconds: rounded(seconds, 2) });
    console.log(rows.at(-1));
  }
  return rows;
}

/** Runs in the page: so many engines at once, each on the whole portrait. */
async function together({ engines, script, wasm, plain, tier, width, height }) {
  const model = await (await fetch(`${tier}.onnx`)).arrayBuffer();
  const input = Float32Array.from({ length: 3 * width * height }, (_, i) => ((i * 7919) % 255) / 128 - 1);
  const workers = Array.from({ length: engines }, () => new Worker(script, { type: 'module' }));
  const call = (worker, command, argument) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ command, argument });
    });
  try {
    const all = await Promise.all(
      workers.map(async (worker) => {
        await call(worker, 'start', { wasm, plain, model, width, height, threads: 0 });
        const { ms } = await call(worker, 'run', input);
        return { ms, peak: (await call(worker, 'peak')).result };
      }),
    );
    return { ms: all[0].ms, peak: all[0].peak };
  } catch (error) {
    return { error: String(error.message).split('\n')[0] };
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

/** Runs in the page: so many photos at once, in tiles as the page draws them. */
async function tiled({ engines, width, height }) {
  const converter = await window.createConverter({ cache: false, workers: engines, threads: engines });
  const whole = await createImageBitmap(await (await fetch('dog.jpg')).blob(), {
    resizeWidth: width,
    resizeHeight: height,
  });
  try {
    const convert = () => converter.convert(whole, { tier: 'fast', maxSide: Math.max(width, height) });
    const all = await Promise.all(Array.from({ length: engines }, convert));
    return { ms: all[0].timings.inference, peak: all[0].memory };
  } catch (error) {
    return { error: String(error.message) };
  } finally {
    converter.dispose();
  }
}

async function memory(open) {
  const ways = TIERS.flatMap((tier) => [
    { tier, how: 'plain tract, whole', run: together, plain: true },
    { tier, how: 'ours, whole', run: together, plain: false },
    ...(tier === 'fast' ? [{ tier, how: 'ours, in tiles (the page)', run: tiled }] : []),
  ]);
  const rows = [];
  for (const { tier, how, run, plain } of ways) {
    let [first, most, reason] = [undefined, 0, 'no more were tried'];
    for (let engines = 1; engines <= MOST_IN_FLIGHT; engines *= 2) {
      const page = await open();
      const options = {
        engines,
        script: `ours-${BUILD}.js`,
        wasm: `${BUILD}.wasm`,
        plain,
        tier,
        width: WIDTH,
        height: HEIGHT,
      };
      const result = await page.evaluate(run, options).catch((error) => ({ error: String(error) }));
      await page.context().close();
      console.log(tier, how, engines, result);
      if (result.error) {
        reason = result.error;
        break;
      }
      first ??= result;
      most = engines;
    }
    rows.push({
      model: tier,
      how,
      peak_mb: first ? rounded(first.peak / 2 ** 20, 0) : '–',
      seconds: first ? rounded(first.ms / 1000) : '–',
      most_in_flight: most,
      then: reason,
    });
  }
  return rows;
}

const only = given.only.split(',');
const { open, close, machine } = await stage({
  files: PHOTOS,
  script: script + cacheScript,
  isolated: true,
  async prepare(folder) {
    await bundleOurs(folder, BUILD);
    for (const tier of TIERS) copyFileSync(modelOf(tier), join(folder, `${tier}.onnx`));
  },
});
try {
  const rows = [];
  for (const [name, table] of Object.entries({ cache, threads, batch, memory }))
    if (only.includes(name)) rows.push(...(await table(open)).map((row) => ({ table: name, ...row })));
  const note =
    `${machine}, fast generator unless said. Cache: photos of 640 pixels drawn at 512, one after the other; ` +
    `\`cpu percent\` is of all ${CORES} cores. Threads: one worker, warm. Batch: all given at once, warm; \`peak mb\` is by ` +
    'how much the browser’s processes grew at most. ' +
    `Memory: ${WIDTH}×${HEIGHT} on one thread with the ${BUILD} build; \`peak mb\` is one engine’s memory, \`seconds\` its ` +
    'drawing alone.';
  if (TABLES.every((name) => only.includes(name))) publish('tables', rows, note);
} finally {
  await close();
}
