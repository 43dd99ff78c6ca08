// Our modules and models as the benches of the engine alone load them.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

const HERE = 'benches/browser';
const MODULES = 'target/wasm';

/** A build with what only tests and benches call (src/web/bench.rs). */
const bench = (variant) => `${MODULES}/${variant}/bench`;
/** The module that visitors get. */
export const shipped = (variant) => `${MODULES}/${variant}/nijigen_bg.wasm`;

export const variants = readFileSync(`${MODULES}/variants`, 'utf8').trim().split(/\s+/);

/** The file of a tier's generator; without one, of an untrained one. */
export function modelOf(tier) {
  const entry = JSON.parse(readFileSync('models/manifest.json', 'utf8')).find((entry) => entry.tier === tier);
  if (entry) return join('models', entry.file);
  // Time does not depend on the weights.
  const file = `target/bench/${tier}.onnx`;
  if (!existsSync(file))
    execFileSync(process.env.PYTHON ?? 'python3', ['-m', 'benches.untrained', tier, file], { stdio: 'inherit' });
  return file;
}

/** The same for LiteRT, for pictures of one size; none of a network that has other operators than ours. */
export function liteModelOf(tier, [width, height]) {
  if (tier === 'animeganv2') return undefined;
  const file = `target/bench/${tier}-${width}x${height}.tflite`;
  const given = ['-m', 'benches.tflite', modelOf(tier), width, height, file];
  execFileSync(process.env.PYTHON ?? 'python3', given, { stdio: 'inherit' });
  return file;
}

/** A script of `rivals/` in the folder, with the bindings of a build of ours if it names one. */
export const bundle = (folder, entry, out = entry, variant, format = 'esm') =>
  esbuild.build({
    entryPoints: { [out]: `${HERE}/rivals/${entry}.mjs` },
    outdir: folder,
    bundle: true,
    format,
    external: ['./ort.wasm.min.mjs', './ort.webgpu.min.mjs'],
    nodePaths: [`${HERE}/node_modules`],
    alias: variant ? { 'nijigen-core': `./${bench(variant)}/nijigen.js` } : {},
    define: { SHARED_PAGES: String(variant ? pages(variant) : 0) },
    // The builds without threads lack what starts them.
    logOverride: { 'import-is-undefined': 'silent' },
    logLevel: 'warning',
  });

/** `VARIANT.wasm` and the worker `ours-VARIANT.js` in the folder. */
export async function bundleOurs(folder, variant) {
  cpSync(`${bench(variant)}/nijigen_bg.wasm`, join(folder, `${variant}.wasm`));
  await bundle(folder, 'ours', `ours-${variant}`, variant);
  // All builds with threads have the same bindings.
  if (variant.endsWith('threads')) await bundle(folder, 'thread', 'thread', variant);
}

/** `simd.wasm` and the worker `gpu.js` in the folder. */
export async function bundleGpu(folder) {
  cpSync(`${bench('simd')}/nijigen_bg.wasm`, join(folder, 'simd.wasm'));
  await bundle(folder, 'gpu', 'gpu', 'simd');
}

/** How many pages a build's shared memory begins with. */
function pages(variant) {
  const said = /initial:(\d+),maximum:\d+,shared:true/.exec(readFileSync(`${bench(variant)}/nijigen.js`, 'utf8'));
  return said ? Number(said[1]) : 0;
}
