// Any number of different photos in the page, converted together, and what the browser takes for it.
import { readdirSync, readFileSync } from 'node:fs';

const NAMES = ['asters', 'colosseum', 'dog', 'lake', 'shore'];
export const PHOTOS = NAMES.map((name) => `tests/fixtures/photos/${name}.jpg`);

/** Runs in the page. */
export const script = `
  const names = ${JSON.stringify(NAMES)};
  const wholes = [];

  /** A JPEG with a longer side of \`side\` of one of 125 parts of the photos, 60 % as wide and high; no two look alike. */
  window.part = async (index, side, quality = 0.9) => {
    const of = index % names.length;
    const whole = (wholes[of] ??= await createImageBitmap(await (await fetch(names[of] + '.jpg')).blob()));
    const [width, height] = [whole.width * 0.6, whole.height * 0.6];
    const scale = side / Math.max(width, height);
    const canvas = new OffscreenCanvas(width * scale, height * scale);
    const at = Math.floor(index / names.length);
    const [x, y] = [at % 5, Math.floor(at / 5)].map((place) => (place / 4) * 0.4);
    canvas.getContext('2d')
      .drawImage(whole, x * whole.width, y * whole.height, width, height, 0, 0, canvas.width, canvas.height);
    return canvas.convertToBlob({ type: 'image/jpeg', quality });
  };

  window.prepare = async (count, side) => {
    window.sources = [];
    for (let i = 0; i < count; i++) window.sources.push(await window.part(i, side));
    for (const whole of wholes.splice(0)) whole.close();
  };

  async function* spaced(sources, ms) {
    for (const source of sources) {
      yield source;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }

  /** From the call to the last picture; where the workers shall be warm, the second time. */
  window.run = async ({ side, every, window: coalesce = 200, warm, ...options }) => {
    const converter = await createConverter({ ...options, cache: false });
    const all = (sources) => converter.convertMany(sources, { tier: 'fast', maxSide: side, window: coalesce });
    if (warm) for await (const { error } of all(window.sources)) if (error) throw error;
    const begin = performance.now();
    let first;
    const plans = new Set();
    for await (const { conversion, error } of all(every ? spaced(window.sources, every) : window.sources)) {
      if (error) throw error;
      first ??= performance.now() - begin;
      plans.add(conversion.threads);
    }
    const seconds = (performance.now() - begin) / 1000;
    converter.dispose();
    return { seconds, first: first / 1000, threads: [...plans] };
  };`;

/** The processes of the browser: what they hold resident in bytes, and the seconds of processor time they have had. */
export function processes() {
  const all = readdirSync('/proc').flatMap((pid) => {
    try {
      const of = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
      // What follows the name, which may hold anything.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
      const [parent, ...ticks] = [stat[1], stat[11], stat[12]].map(Number);
      return [{ pid: Number(pid), parent, bytes: Number(of?.[1] ?? 0) * 1024, seconds: (ticks[0] + ticks[1]) / 100 }];
    } catch {
      return [];
    }
  });
  const children = (parents) => {
    const next = all.filter(({ parent }) => parents.includes(parent));
    return next.length === 0 ? [] : [...next, ...children(next.map(({ pid }) => pid))];
  };
  const sum = (key) => children([process.pid]).reduce((sum, process) => sum + process[key], 0);
  return { bytes: sum('bytes'), seconds: sum('seconds') };
}

/** `count` photos with a longer side of `side`, in a page of its own; the MB by which the browser grew at most are `peak`. */
export async function convertAll(open, { count, side, ...options }) {
  const page = await open();
  await page.evaluate(([count, side]) => window.prepare(count, side), [count, side]);
  const before = processes().bytes;
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, processes().bytes)), 200);
  try {
    const result = await page.evaluate((options) => window.run(options), { ...options, side });
    return { ...result, peak: (peak - before) / 2 ** 20 };
  } finally {
    clearInterval(watch);
    await page.context().close();
  }
}
