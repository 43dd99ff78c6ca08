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

const CORE = 'target/wasm/simd';
const WASM = `${CORE}/nijigen_bg.wasm`;
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
    alias: { 'nijigen-core': `./${CORE}/nijigen.js` },
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    bundle: true,
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

const bundleWorker = (out) => bundle('www/worker/main.ts', out, { WASM_BYTES: statSync(WASM).size });

function copyModels(folder) {
  mkdirSync(folder, { recursive: true });
  for (const file of ['manifest.json', ...json('models/manifest.json').map((entry) => entry.file)]) {
    cpSync(join('models', file), join(folder, file));
  }
}

async function build() {
  rmSync(SITE, { recursive: true, force: true });
  mkdirSync(`${SITE}/assets`, { recursive: true });
  const wasm = `assets/nijigen-${sha256(WASM).slice(0, 12)}.wasm`;
  cpSync(WASM, join(SITE, wasm));
  copyModels(`${SITE}/models`);
  const worker = await bundleWorker({ folder: `${SITE}/assets`, name: 'worker', hashed: true });
  const { photos, seeds } = await drawSamples(`${SITE}/samples`, CORE, json('models/manifest.json'));
  const values = {
    WORKER_URL: worker.slice(SITE.length + 1),
    WASM_URL: wasm,
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
  await bundleWorker({ folder: PACKAGE, name: 'worker' });
  execFileSync('npx', ['tsc', '-p', 'www/client', '--outDir', `${PACKAGE}/types`], { stdio: 'inherit' });
  cpSync(WASM, `${PACKAGE}/nijigen_bg.wasm`);
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
