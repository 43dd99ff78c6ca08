// How many photos a second: by pool and threads, by coalescing window, and what memory it takes.
//   node benches/browser/throughput.mjs [--photos 100] [--size 512]
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { publish, rounded, stage } from './bench.mjs';
import { convertAll, PHOTOS, script } from './photos.mjs';

const { values: given } = parseArgs({
  options: { photos: { type: 'string', default: '100' }, size: { type: 'string', default: '512' } },
});
const [photos, size] = [Number(given.photos), Number(given.size)];
/** Photos of the measurements of the window, which is over long before them. */
const FEW = Math.min(photos, 8);

const { open, close, machine } = await stage({ files: PHOTOS, script, isolated: true });
try {
  const rows = [];
  for (const [pool, threads] of [
    [1, 1],
    [2, 1],
    [1, 2],
    [2, 2],
  ]) {
    // `threads` are those of all workers together.
    const result = await convertAll(open, { workers: pool, threads: pool * threads, count: photos, side: size });
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
    const result = await convertAll(open, { workers: 2, threads: 2, count: FEW, side: size, every: 30, window });
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
