// What the cache saves: 100 requests with and without it, and how soon it answers for a photo of 12 megapixels.
import { mean, median, p95, publish, rounded, stage } from './bench.mjs';

const PHOTOS = ['asters', 'colosseum', 'dog', 'lake', 'shore'];
const REQUESTS = 100;
const ROUNDS = 20;

/** Runs in the page. Canvas makes JPEGs as phones do: chroma has half the resolution. */
const script = `
  const options = { maxSide: 256 };
  const canvasOf = (width, height) => {
    const canvas = new OffscreenCanvas(width, height);
    return [canvas, canvas.getContext('2d')];
  };
  const jpeg = (canvas, quality) => canvas.convertToBlob({ type: 'image/jpeg', quality });
  const photo = async (name) => createImageBitmap(await (await fetch(name + '.jpg')).blob());

  /** One of 16 parts of a photo, 60 % as wide and high; far enough apart to be other pictures. */
  async function part(name, index, { quality = 0.9, scale = 1 } = {}) {
    const whole = await photo(name);
    const [width, height] = [whole.width * 0.6, whole.height * 0.6];
    const [canvas, context] = canvasOf(640 * scale, 640 * scale * height / width);
    const [x, y] = [index % 4, Math.floor(index / 4)].map((place) => place / 3 * 0.4);
    context.drawImage(whole, x * whole.width, y * whole.height, width, height, 0, 0, canvas.width, canvas.height);
    return jpeg(canvas, quality);
  }

  /** A photo enlarged to 4032×3024, with detail in its pixels as cameras give. */
  window.large = async (name, quality) => {
    const small = await photo(name);
    const [canvas, context] = canvasOf(4032, 3024);
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    context.globalAlpha = 0.25;
    context.fillStyle = context.createPattern(small, 'repeat');
    context.fillRect(0, 0, canvas.width, canvas.height);
    return jpeg(canvas, quality);
  };

  window.start = async (cache) => {
    window.converter = await createConverter({ cache });
    // The engine is there before the first request.
    await window.converter.convert('dog.jpg', { ...options, cache: 'off' });
  };

  window.request = async (source, mode = 'use') => {
    const begin = performance.now();
    const { cached, timings } = await window.converter.convert(source, { ...options, cache: mode });
    return { ms: performance.now() - begin, kind: cached?.kind ?? 'made', prepare: timings.prepare };
  };

  /** Every fifth is one that was there before: in turn the very file, and the picture saved again and smaller. */
  window.requests = async (names, count) => {
    const made = [];
    const answers = [];
    for (let i = 0; i < count; i++) {
      let source;
      if (i % 5 < 4) {
        const index = made.length;
        source = await part(names[index % 5], Math.floor(index / 5));
        made.push(source);
      } else {
        const index = (i * 7) % made.length;
        const again = () => part(names[index % 5], Math.floor(index / 5), { quality: 0.75, scale: 0.9 });
        source = i % 10 === 4 ? made[index] : await again();
      }
      answers.push(await window.request(source));
    }
    return answers;
  };`;

async function requests(open, cache) {
  const page = await open();
  await page.evaluate((cache) => window.start(cache), cache);
  const answers = await page.evaluate(([names, count]) => window.requests(names, count), [PHOTOS, REQUESTS]);
  await page.context().close();
  const times = answers.map(({ ms }) => ms);
  const count = (kind) => answers.filter((answer) => answer.kind === kind).length;
  return {
    cache: cache === false ? 'off' : 'on',
    requests: REQUESTS,
    mean_ms: rounded(mean(times)),
    p95_ms: rounded(p95(times)),
    requests_per_second: rounded(1000 / mean(times), 2),
    engine_runs: count('made'),
    exact_hits: count('exact'),
    near_hits: count('near'),
  };
}

/** How long a hit takes in the page, from the call to the picture. */
async function hits(open) {
  const page = await open();
  const measure = (source, mode, rounds = ROUNDS) =>
    page.evaluate(
      async ([source, mode, rounds]) => {
        const answers = [];
        for (let i = 0; i < rounds; i++) answers.push(await window.request(window[source], mode));
        return answers;
      },
      [source, mode, rounds],
    );
  await page.evaluate(async () => {
    await window.start({});
    window.original = await window.large('asters', 0.95);
    window.copy = await window.large('asters', 0.92);
  });
  const sizes = await page.evaluate(() => ({ original: window.original.size, copy: window.copy.size }));
  const off = await measure('original', 'off', 5);
  const refresh = await measure('original', 'refresh', 5);
  const row = (kind, source, answers) => {
    const wrong = answers.find((answer) => answer.kind !== kind);
    if (wrong) throw new Error(`the ${source} was ${wrong.kind}, not ${kind}`);
    const times = answers.map(({ ms }) => ms);
    const [best, middle, high] = [Math.min(...times), median(times), p95(times)].map((value) => rounded(value));
    return {
      hit: kind,
      file_mb: rounded(sizes[source] / 1e6),
      median_ms: middle,
      min_ms: best,
      p95_ms: high,
      rounds: times.length,
    };
  };
  const rows = [
    row('exact', 'original', await measure('original', 'use')),
    row('near', 'copy', await measure('copy', 'use')),
  ];
  const prepare = (answers) => rounded(median(answers.map(({ prepare }) => prepare)));
  await page.context().close();
  return [...rows, { prepare_ms_without_cache: prepare(off), prepare_ms_of_a_miss: prepare(refresh) }];
}

const { open, close, machine } = await stage({
  files: PHOTOS.map((name) => `tests/fixtures/photos/${name}.jpg`),
  script,
});
try {
  const rows = [await requests(open, false), await requests(open, {}), ...(await hits(open))];
  const note = `${machine}. Requests are pictures of 640 pixels drawn at 256; hits are of a JPEG of 4032×3024.`;
  publish('cache', rows, note);
} finally {
  await close();
}
