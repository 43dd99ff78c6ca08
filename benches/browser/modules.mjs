// Our modules and models as the benches of the engine alone load them.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

const HERE = 'benches/browser';
const MODULES = 'target/wasm';

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

/** A script of `rivals/` in the folder, with the bindings of a build of ours if it names one. */
export const bundle = (folder, entry, out = entry, variant) =>
  esbuild.build({
    entryPoints: { [out]: `${HERE}/rivals/${entry}.mjs` },
    outdir: folder,
    bundle: true,
    format: 'esm',
    external: ['./ort.wasm.min.mjs'],
    nodePaths: [`${HERE}/node_modules`],
    alias: variant ? { 'nijigen-core': `./${MODULES}/${variant}/nijigen.js` } : {},
    define: { SHARED_PAGES: String(variant ? pages(variant) : 0) },
    // The builds without threads lack what starts them.
    logOverride: { 'import-is-undefined': 'silent' },
    logLevel: 'warning',
  });

/** `VARIANT.wasm` and the worker `ours-VARIANT.js` in the folder. */
export async function bundleOurs(folder, variant) {
  cpSync(`${MODULES}/${variant}/nijigen_bg.wasm`, join(folder, `${variant}.wasm`));
  await bundle(folder, 'ours', `ours-${variant}`, variant);
  // All builds with threads have the same bindings.
  if (variant.endsWith('threads')) await bundle(folder, 'thread', 'thread', variant);
}

/** How many pages a build's shared memory begins with. */
function pages(variant) {
  const said = /initial:(\d+),maximum:\d+,shared:true/.exec(readFileSync(`${MODULES}/${variant}/nijigen.js`, 'utf8'));
  return said ? Number(said[1]) : 0;
}
