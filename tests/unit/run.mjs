// Runs what of the TypeScript needs no browser in Node's own runner: node tests/unit/run.mjs [NAME…]
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as esbuild from 'esbuild';

const FOLDER = 'tests/unit';
const OUT = 'target/unit';

const names = process.argv.slice(2);
const wanted = (file) => file.endsWith('.test.mjs') && (names.length === 0 || names.includes(file.split('.')[0]));
const tests = readdirSync(FOLDER).filter(wanted);
if (tests.length === 0) throw new Error(`${FOLDER} has no such tests`);

rmSync(OUT, { recursive: true, force: true });
await esbuild.build({
  entryPoints: tests.map((file) => join(FOLDER, file)),
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  // What a page has, not www/node/.
  conditions: ['browser'],
  target: 'node20',
  packages: 'external',
  alias: { 'nijigen-core': resolve(FOLDER, 'core.mjs'), 'nijigen-files': resolve(FOLDER, 'files.mjs') },
  sourcemap: 'inline',
  logLevel: 'warning',
  // What the build and the browser give a page.
  define: {
    ...Object.fromEntries(
      ['WORKER_URL', 'THREAD_URL', 'GPU_URL', 'THUMBNAIL_URL', 'MOVING_URL'].map((name) => [name, '""']),
    ),
    // An empty module has so many.
    WASM_BYTES: '{"simd":8}',
    ...{ WASM_URLS: '{}', SAMPLES: '[]', SEEDS: '[]', OFFLINE: 'false' },
  },
  banner: {
    js: "globalThis.navigator ??= { languages: ['en'] }; globalThis.document ??= { documentElement: { lang: 'en' } };",
  },
  plugins: [
    {
      // The page's converter is one that a test makes.
      name: 'converter',
      setup(build) {
        const own = resolve('www/app/shell/converter.js');
        build.onResolve({ filter: /\/converter\.js$/ }, ({ path, resolveDir }) =>
          resolve(resolveDir, path) === own ? { path: resolve(FOLDER, 'converter.mjs') } : undefined,
        );
      },
    },
  ],
});
const files = tests.map((file) => join(OUT, file));
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-timeout=60000', ...files], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
