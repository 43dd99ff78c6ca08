// Serves a folder to this machine only, with esbuild's own server: node scripts/serve.mjs FOLDER PORT
// With NIJIGEN_DEV=1 the site in it is made again when something it is made of changes, and pages that are open reload.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { sep } from 'node:path';
import { watch } from 'chokidar';
import * as esbuild from 'esbuild';

const [servedir, port] = process.argv.slice(2);
/** Its only file changes with each build: of this esbuild tells the pages. */
const STAMP = 'target/dev-stamp.js';
const dev = process.env.NIJIGEN_DEV;

if (dev) writeFileSync(STAMP, '');
const context = await esbuild.context({ logLevel: 'silent', ...(dev && { entryPoints: [STAMP], outdir: servedir }) });
await context.serve({ servedir, host: '127.0.0.1', port: Number(port) });
console.log(`» ready: http://127.0.0.1:${port} (Ctrl-C stops it)`);

const done = (command, ...args) =>
  new Promise((resolve) => spawn(command, args, { stdio: 'inherit' }).on('close', (code) => resolve(code === 0)));

const changed = new Set();
let building = false;
async function rebuild() {
  if (building) return;
  building = true;
  while (changed.size > 0) {
    const begun = Date.now();
    // An editor writes several files, or one in several steps.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const core = changed.has('src') || changed.has('Cargo.toml');
    changed.clear();
    const built =
      (!core || (await done('scripts/wasm.sh'))) && (await done('node', 'scripts/site.mjs', 'site', servedir));
    if (built) {
      writeFileSync(STAMP, `globalThis.built = ${Date.now()};`);
      await context.rebuild();
    }
    console.log(
      `» ${built ? 'built' : 'not built: the cause is above'} (${((Date.now() - begun) / 1000).toFixed(1)} s)`,
    );
  }
  building = false;
}

// Not Node's own: on Linux it hears no more of a file that was replaced, as many editors save.
if (dev)
  watch(['src', 'www', 'models', 'index.html', 'Cargo.toml'], { ignoreInitial: true }).on('all', (_, path) => {
    changed.add(path.split(sep)[0]);
    void rebuild();
  });
