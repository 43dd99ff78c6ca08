// Builds the browser side around the wasm that scripts/wasm.sh leaves in target/wasm/.
//   node scripts/site.mjs build     the scripts, styles and models, into target/site/; Trunk's pre_build hook
//   node scripts/site.mjs finish    words and service worker, into what Trunk has staged; its post_build hook
//   node scripts/site.mjs package   the npm package, into dist/package/ and dist/nijigen-<version>.tgz
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { drawSamples } from './samples.mjs';

/** One folder for each variant; `variants` names those that this build has. */
const MODULES = 'target/wasm';
const SITE = 'target/site';
const PACKAGE = 'dist/package';
/** Fetched when first used; everything else is the shell. */
const HEAVY = /\.(wasm|onnx)$|^samples\/[^/]+$/;
/** Names that change with what is in them: ours, and Trunk's. */
const HASHED = /^(assets\/.+|app-[0-9a-f]{16}\.(js|css))$/;

const released = process.env.TRUNK_PROFILE !== 'debug';
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** One bundle. `values` become constants of these names in the code. */
async function bundle(entry, out, values = {}, options = {}) {
  const define = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
  const result = await esbuild.build({
    entryPoints: { [out.name]: entry },
    outdir: out.folder,
    entryNames: out.hashed ? '[name]-[hash]' : '[name]',
    alias: { 'nijigen-core': bindings('simd') },
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    bundle: true,
    charset: 'utf8',
    format: 'esm',
    target: ['chrome111', 'firefox114', 'safari16.4'],
    minify: released,
    sourcemap: released ? false : 'inline',
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  return Object.keys(result.metafile.outputs)[0];
}

const wasm = (variant) => `${MODULES}/${variant}/nijigen_bg.wasm`;
const bindings = (variant) => `./${MODULES}/${variant}/nijigen.js`;
const variants = () => readFileSync(`${MODULES}/variants`, 'utf8').trim().split(/\s+/);
const threaded = () => variants().filter((variant) => variant.endsWith('threads'));

/** What wasm-bindgen writes for a build's shared memory is the only place that says how it must begin. */
function sharedPages() {
  const [variant] = threaded();
  if (!variant) return 0;
  const said = /new WebAssembly\.Memory\(\{initial:(\d+),maximum:\d+,shared:true\}\)/;
  return Number(said.exec(readFileSync(bindings(variant), 'utf8'))[1]);
}

/** Relaxed SIMD changes what functions do, not which there are: the scripts are made for either. */
function checkBindings() {
  for (const variant of variants().filter((name) => name.startsWith('relaxed'))) {
    const twin = variant.replace('relaxed', 'simd');
    if (readFileSync(bindings(variant), 'utf8') !== readFileSync(bindings(twin), 'utf8')) {
      throw new Error(`the bindings of ${variant} and ${twin} differ: both must be built from the same sources`);
    }
  }
}

/** The worker, and beside it the script of the threads. Returns their files. */
async function bundleWorkers(out) {
  checkBindings();
  const sizes = Object.fromEntries(variants().map((variant) => [variant, statSync(wasm(variant)).size]));
  const values = { WASM_BYTES: sizes, SHARED_PAGES: sharedPages() };
  const worker = await bundle('www/worker/main.ts', { ...out, name: 'worker' }, values);
  const [variant] = threaded();
  if (!variant) return { worker };
  const alias = { 'nijigen-core': bindings(variant) };
  const thread = await bundle('www/worker/thread.ts', { ...out, name: 'thread' }, values, { alias });
  return { worker, thread };
}

function copyModels(folder) {
  mkdirSync(folder, { recursive: true });
  for (const file of ['manifest.json', ...json('models/manifest.json').map((entry) => entry.file)]) {
    cpSync(join('models', file), join(folder, file));
  }
}

async function build() {
  rmSync(SITE, { recursive: true, force: true });
  mkdirSync(`${SITE}/assets`, { recursive: true });
  const urls = {};
  for (const variant of variants()) {
    urls[variant] = `assets/nijigen-${variant}-${sha256(wasm(variant)).slice(0, 12)}.wasm`;
    cpSync(wasm(variant), join(SITE, urls[variant]));
  }
  copyModels(`${SITE}/models`);
  const { worker, thread = '' } = await bundleWorkers({ folder: `${SITE}/assets`, hashed: true });
  const within = (file) => file.slice(SITE.length + 1);
  const { photos, seeds } = await drawSamples(SITE, `${MODULES}/simd`, json('models/manifest.json'));
  const values = {
    WORKER_URL: within(worker),
    THREAD_URL: within(thread),
    WASM_URLS: urls,
    SAMPLES: photos,
    SEEDS: seeds,
    OFFLINE: released,
  };
  await bundle('www/app/main.ts', { folder: SITE, name: 'app' }, values);
  await bundle('www/styles/main.css', { folder: SITE, name: 'app' });
}

/** Puts the English words where the page names them, so that they are there before any script. */
function writeWords(file) {
  const words = json('www/locales/en.json');
  const escaped = (key) => words[key].replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const page = readFileSync(file, 'utf8')
    .replace(
      /(<(\w+)[^>]*\sdata-text="([^"]+)"[^>]*>)(<\/\2>)/g,
      (_, open, name, key, close) => open + escaped(key) + close,
    )
    .replace(/data-label="([^"]+)"/g, (attribute, key) => `${attribute} aria-label="${escaped(key)}"`)
    .replace(/alt="" data-alt="([^"]+)"/g, (attribute, key) => attribute.replace('""', `"${escaped(key)}"`))
    .replace(/data-text="([^"]+)" content=""/g, (attribute, key) => attribute.replace('""', `"${escaped(key)}"`))
    // Trunk has no more use for its instructions.
    .replace(/\s*<!--(?:(?!-->).)*Trunk.*?-->/gs, '')
    .replace(/\s*<link [^>]*data-trunk-skip[^>]*>/g, '');
  writeFileSync(file, page);
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();

async function writeServiceWorker(folder) {
  const shell = filesIn(folder)
    .filter((name) => !HEAVY.test(name))
    .map((url) => ({ url, revision: HASHED.test(url) ? null : sha256(join(folder, url)).slice(0, 16) }));
  // Keyed by the very URLs that the client asks for.
  const others = filesIn(folder).filter((name) => HEAVY.test(name) && !name.endsWith('.onnx'));
  const heavy = Object.fromEntries([
    ...others.map((name) => [name, sha256(join(folder, name))]),
    ...json(join(folder, 'models/manifest.json')).map(({ file, sha256 }) => [
      `models/${file}?sha256=${sha256}`,
      sha256,
    ]),
  ]);
  await bundle(
    'www/service-worker.ts',
    { folder, name: 'service-worker' },
    { SHELL: shell, HEAVY: heavy },
    { format: 'iife' },
  );
}

async function finish() {
  const staged = process.env.TRUNK_STAGING_DIR;
  writeWords(join(staged, 'index.html'));
  if (released) await writeServiceWorker(staged);
}

async function pack() {
  const version = /^version = "(.+)"$/m.exec(readFileSync('Cargo.toml', 'utf8'))[1];
  rmSync(PACKAGE, { recursive: true, force: true });
  mkdirSync(PACKAGE, { recursive: true });
  await bundle('www/client/index.ts', { folder: PACKAGE, name: 'client' });
  await bundleWorkers({ folder: PACKAGE });
  execFileSync('npx', ['tsc', '-p', 'www/client', '--outDir', `${PACKAGE}/types`], { stdio: 'inherit' });
  for (const variant of variants()) cpSync(wasm(variant), `${PACKAGE}/nijigen-${variant}.wasm`);
  copyModels(`${PACKAGE}/models`);
  for (const file of ['LICENSE-MIT', 'LICENSE-APACHE', 'README.md']) cpSync(file, join(PACKAGE, file));
  writeFileSync(`${PACKAGE}/package.json`, JSON.stringify({ ...json('www/package.json'), version }, null, 2));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', '..'], { cwd: PACKAGE, stdio: 'inherit' });
}

const commands = { build, finish, package: pack };
const command = commands[process.argv[2]];
if (!command) {
  console.error(`usage: node scripts/site.mjs ${Object.keys(commands).join('|')}`);
  process.exit(2);
}
await command();
