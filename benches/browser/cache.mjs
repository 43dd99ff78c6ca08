// How soon the cache answers for a photo of 12 megapixels. What it saves over many requests is in tables.mjs.
import { median, p95, publish, rounded, stage } from './bench.mjs';

const PHOTO = 'asters';
const ROUNDS = 20;

/** Runs in the page. Canvas makes JPEGs as phones do: chroma has half the resolution. */
const script = `
  const options = { maxSide: 256 };

  /** A photo enlarged to 4032×3024, with detail in its pixels as cameras give. */
  window.large = async (quality) => {
    const small = await createImageBitmap(await (await fetch('${PHOTO}.jpg')).blob());
    const canvas = new OffscreenCanvas(4032, 3024);
    const context = canvas.getContext('2d');
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    context.globalAlpha = 0.25;
    context.fillStyle = context.createPattern(small, 'repeat');
    context.fillRect(0, 0, canvas.width, canvas.height);
    return canvas.convertToBlob({ type: 'image/jpeg', quality });
  };

  window.start = async () => {
    window.converter = await createConverter();
    // The engine is there before the first request.
    await window.converter.convert('${PHOTO}.jpg', { ...options, cache: 'off' });
  };

  window.request = async (source, mode = 'use') => {
    const begin = performance.now();
    const { cached, timings } = await window.converter.convert(source, { ...options, cache: mode });
    return { ms: performance.now() - begin, kind: cached?.kind ?? 'made', prepare: timings.prepare };
  };`;

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
    await window.start();
    window.original = await window.large(0.95);
    window.copy = await window.large(0.92);
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

const { open, close, machine } = await stage({ files: [`tests/fixtures/photos/${PHOTO}.jpg`], script });
try {
  publish('cache', await hits(open), `${machine}. Hits are of a JPEG of 4032×3024.`);
} finally {
  await close();
}
