// What site.mjs and package.mjs share: bundles around the wasm that scripts/wasm.sh leaves in target/wasm/.
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

/** For `make dev`: with source maps, without a service worker; set by it, or by `trunk serve`. */
export const released = !process.env.NIJIGEN_DEV && process.env.TRUNK_PROFILE !== 'debug';
/** One folder for each variant; `variants` names those that this build has. */
export const MODULES = process.env.NIJIGEN_DEV ? 'target/wasm-dev' : 'target/wasm';
export const BROWSERS = ['chrome111', 'firefox114', 'safari16.4'];

export const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
export const wasm = (variant) => `${MODULES}/${variant}/nijigen_bg.wasm`;
export const bindings = (variant) => `./${MODULES}/${variant}/nijigen.js`;
export const variants = () => readFileSync(`${MODULES}/variants`, 'utf8').trim().split(/\s+/);
const threaded = () => variants().filter((variant) => variant.endsWith('threads'));
/** What is shipped; without threads there is no build that uses them. */
export const manifest = () => json('models/manifest.json');

/**
 * One bundle. `values` become constants of these names in the code. Returns its file, and with `metafile` what is in it.
 */
export async function bundle(entry, out, values = {}, options = {}) {
  const define = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
  const { plugins = [], ...rest } = options;
  const result = await esbuild.build({
    entryPoints: { [out.name]: entry },
    outdir: out.folder,
    entryNames: out.hashed ? '[name]-[hash]' : '[name]',
    alias: { 'nijigen-core': bindings('simd') },
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    bundle: true,
    charset: 'utf8',
    format: 'esm',
    target: BROWSERS,
    minify: released,
    sourcemap: released ? false : 'inline',
    metafile: true,
    logLevel: 'warning',
    plugins: [...plugins, virtual('nijigen-files', NO_FILES)],
    ...rest,
  });
  return { file: Object.keys(result.metafile.outputs)[0], inputs: Object.keys(result.metafile.inputs) };
}

/** A module whose text is made here. */
export const virtual = (name, contents) => ({
  name,
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({
      path: name,
      namespace: 'virtual',
      sideEffects: false,
    }));
    build.onLoad({ filter: new RegExp(`^${name}$`), namespace: 'virtual' }, () => ({ contents, resolveDir: '.' }));
  },
});

/** The module nijigen-files where all that it could say is given: on our own page. */
const NO_FILES = 'export const builds = [], inlined = false; export const scripts = undefined, parts = undefined;';

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

export const version = () => /^version = "(.+)"$/m.exec(readFileSync('Cargo.toml', 'utf8'))[1];

/** What the worker's code has to know of the builds. */
export const buildValues = () => ({
  VERSION: version(),
  WASM_BYTES: Object.fromEntries(variants().map((variant) => [variant, statSync(wasm(variant)).size])),
  SHARED_PAGES: sharedPages(),
});

/** The worker, and beside it the scripts of the threads and of the GPU. */
export async function bundleWorkers(out) {
  checkBindings();
  const values = buildValues();
  const worker = await bundle('www/worker/main.ts', { ...out, name: 'worker' }, values);
  const gpu = await bundle('www/worker/gpu/main.ts', { ...out, name: 'gpu' });
  const [variant] = threaded();
  if (!variant) return { worker, gpu };
  const alias = { 'nijigen-core': bindings(variant) };
  const thread = await bundle('www/worker/thread.ts', { ...out, name: 'thread' }, values, { alias });
  return { worker, thread, gpu };
}

export function copyModels(folder) {
  mkdirSync(folder, { recursive: true });
  for (const file of ['manifest.json', ...manifest().map((entry) => entry.file)]) {
    cpSync(join('models', file), join(folder, file));
  }
}
