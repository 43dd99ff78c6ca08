// How many photos a second: by pool and threads, by coalescing window, and what memory it takes.
//   node benches/browser/throughput.mjs [--photos 100] [--size 512]
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { publish, rounded, stage } from './bench.mjs';

const PHOTOS = ['asters', 'colosseum', 'dog', 'lake', 'shore'];
const { values: given } = parseArgs({
  options: { photos: { type: 'string', default: '100' }, size: { type: 'string', default: '512' } },
});
const [photos, size] = [Number(given.photos), Number(given.size)];
/** Photos of the measurements of the window, which is over long before them. */
const FEW = Math.min(photos, 8);

/** Runs in the page. Each photo is a part of one of five, 60 % as wide and high, as a JPEG of `size` pixels. */
const script = `
  const bitmaps = [];
  async function part(names, index, size) {
    bitmaps[index % names.length] ??= await createImageBitmap(await (await fetch(names[index % names.length] + '.jpg')).blob());
    const whole = bitmaps[index % names.length];
    const [width, height] = [whole.width * 0.6, whole.height * 0.6];
    const scale = size / Math.max(width, height);
    const canvas = new OffscreenCanvas(width * scale, height * scale);
    const at = Math.floor(index / names.length);
    const [x, y] = [at % 5, Math.floor(at / 5)].map((place) => place / 4 * 0.4);
    canvas.getContext('2d')
      .drawImage(whole, x * whole.width, y * whole.height, width, height, 0, 0, canvas.width, canvas.height);
    return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
  }
  window.prepare = async (names, count, size) => {
    window.sources = [];
    for (let i = 0; i < count; i++) window.sources.push(await part(names, i, size));
    bitmaps.length = 0;
  };
  async function* spaced(sources, ms) {
    for (const source of sources) {
      yield source;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
  /** Cold, from the call to the last picture. */
  window.run = async ({ every, count, size, window: coalesce, ...options }) => {
    const converter = await createConverter({ ...options, cache: false });
    const begin = performance.now();
    let first;
    const plans = new Set();
    const sources = window.sources.slice(0, count);
    const given = every ? spaced(sources, every) : sources;
    for await (const { conversion, error } of converter.convertMany(given, { tier: 'fast', maxSide: size, window: coalesce })) {
      if (error) throw error;
      first ??= performance.now() - begin;
      plans.add(conversion.threads);
    }
    const seconds = (performance.now() - begin) / 1000;
    converter.dispose();
    return { seconds, first: first / 1000, threads: [...plans] };
  };`;

/** Resident bytes of the browser's processes together. */
function resident() {
  const all = readdirSync('/proc').flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const of = (key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      return [{ pid: of('Pid'), parent: of('PPid'), bytes: of('VmRSS') * 1024 }];
    } catch {
      return [];
    }
  });
  const children = (parents) => {
    const next = all.filter(({ parent }) => parents.includes(parent));
    return next.length === 0 ? [] : [...next, ...children(next.map(({ pid }) => pid))];
  };
  return children([process.pid]).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Runs in a page of its own, and looks all the while at what it takes. */
async function measure(open, options) {
  const page = await open();
  await page.evaluate(([names, count, size]) => window.prepare(names, count, size), [PHOTOS, options.count, size]);
  const before = resident();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, resident())), 200);
  try {
    const result = await page.evaluate((options) => window.run(options), { ...options, size });
    return { ...result, peak: (peak - before) / 2 ** 20 };
  } finally {
    clearInterval(watch);
    await page.context().close();
  }
}

const files = PHOTOS.map((name) => `tests/fixtures/photos/${name}.jpg`);
const { open, close, machine } = await stage({ files, script, isolated: true });
try {
  const rows = [];
  for (const [pool, threads] of [
    [1, 1],
    [2, 1],
    [1, 2],
    [2, 2],
  ]) {
    // `threads` are those of all workers together.
    const result = await measure(open, { workers: pool, threads: pool * threads, count: photos, window: 200 });
    rows.push({
      pool,
      threads,
      photos,
      size,
      seconds: rounded(result.seconds),
      photos_per_second: rounded(photos / result.seconds, 2),
      first_seconds: rounded(result.first),
      peak_mb: rounded(result.peak, 0),
      // Far above the number of threads, other work had its part in the row.
      load: rounded(loadavg()[0]),
    });
    console.log(rows.at(-1));
  }
  for (const window of [0, 200]) {
    const result = await measure(open, { workers: 2, threads: 2, count: FEW, every: 30, window });
    rows.push({
      window_ms: window,
      photos: FEW,
      arriving_every_ms: 30,
      threads_of_each: result.threads.join(', then '),
      seconds: rounded(result.seconds),
      first_seconds: rounded(result.first),
    });
    console.log(rows.at(-1));
  }
  const note = `${machine}. Photos of ${size} pixels by the fast generator on an isolated page, cold: \`seconds\` include starting the workers. \`threads\` are each worker's; \`peak mb\` is by how much the browser's processes grew at most.`;
  publish('throughput', rows, note);
} finally {
  await close();
}
