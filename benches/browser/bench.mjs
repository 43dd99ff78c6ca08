// What the benches in a browser share: the package in a page of its own, statistics, and where results go.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { launch } from '../../tests/browser/browser.mjs';
import { serve } from '../../tests/browser/server.mjs';

const PACKAGE = 'dist/package';
const README = 'benches/README.md';

/**
 * Serves the built package, these files, what `prepare` adds to the folder, and a page with this script. `open()` gives a page with storage of
 * its own, once the script has run, and that may use threads if `isolated`; `machine` says in words what it all runs on,
 * with what `BENCH_NOTE` adds.
 */
export async function stage({ files = [], script, isolated = false, prepare = () => undefined }) {
  if (!existsSync(PACKAGE)) throw new Error(`there is no ${PACKAGE}: run make package first`);
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  mkdirSync(join(folder, 'node_modules'));
  execFileSync('cp', ['-r', PACKAGE, join(folder, 'node_modules/nijigen')]);
  for (const file of files) copyFileSync(file, join(folder, basename(file)));
  await prepare(folder);
  const page = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">
    <script type="module">
      import { createConverter } from './node_modules/nijigen/client.js';
      ${script}
      Object.assign(window, { createConverter, ready: true });
    </script>`;
  writeFileSync(join(folder, 'index.html'), page);
  const browser = await launch();
  const server = await serve(folder, { throttled: false, isolated });
  return {
    machine: [
      `${cpus().length}-core ${cpus()[0].model.trim()}, Chromium ${browser.version().split('.')[0]}`,
      ...(process.env.BENCH_NOTE ? [process.env.BENCH_NOTE] : []),
    ].join(', '),
    async open() {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(server.url);
      await page.waitForFunction(() => window.ready);
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What pages have that run the engines of `rivals/`: a worker's answer, and values to draw, plane by plane and pixel by pixel. */
export function helpers() {
  const PATIENCE_MS = 600_000;
  window.call = (worker, command, argument) =>
    new Promise((resolve, reject) => {
      setTimeout(reject, PATIENCE_MS, new Error(`no answer to ${command} for ${PATIENCE_MS / 1000} s`));
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ command, argument });
    });
  window.tensors = (area) => {
    const value = (_, i) => Math.sin(i * 0.37) * 0.6 + ((i * 7919) % 255) / 640 - 0.2;
    const input = Float32Array.from({ length: 3 * area }, value);
    const interleaved = input.map((_, i) => input[(i % 3) * area + Math.floor(i / 3)]);
    return { input, interleaved };
  };
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
export const median = (values) => quantile(values, 0.5);
export const p95 = (values) => quantile(values, 0.95);

/** Between neighbours in proportion. */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low, high] = [Math.floor(place), Math.ceil(place)].map((index) => sorted[index]);
  return low + (high - low) * (place % 1);
}

export const rounded = (value, digits = 1) => Number(value.toFixed(digits));

/**
 * Writes rows to benches/results/NAME.json, prints them, and puts the table between the markers `NAME` of the README.
 * `note` says how they were measured.
 */
export function publish(name, rows, note) {
  mkdirSync('benches/results', { recursive: true });
  writeFileSync(`benches/results/${name}.json`, `${JSON.stringify(rows, null, 2)}\n`);
  const table = `${tables(rows)}\n\n${note}`;
  console.log(`\n${table}`);
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const readme = readFileSync(README, 'utf8');
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${README} has no markers ${begin} and ${end}`);
  writeFileSync(README, `${readme.slice(0, from + begin.length)}\n${table}\n${readme.slice(to)}`);
}

/** A table for each kind of row, which is told by its keys. */
function tables(rows) {
  const kinds = new Map();
  for (const row of rows) {
    const heads = Object.keys(row).join(' | ');
    kinds.set(heads, [...(kinds.get(heads) ?? []), row]);
  }
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const table = ([heads, rows]) =>
    [`| ${heads} |`, line(heads.split(' | ').map(() => '---')), ...rows.map((row) => line(Object.values(row)))].join(
      '\n',
    );
  return [...kinds].map(table).join('\n\n').replaceAll('_', ' ');
}
