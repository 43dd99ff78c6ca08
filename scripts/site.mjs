// Builds the browser side around the wasm that scripts/wasm.sh leaves in target/wasm/.
//   node scripts/site.mjs build     the scripts, styles and models, into target/site/; Trunk's pre_build hook
//   node scripts/site.mjs finish    words and service worker, into what Trunk has staged; its post_build hook
//   node scripts/site.mjs package   the npm package, into dist/package/ and dist/nijigen-<version>.tgz
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildValues,
  bundle,
  bundleWorkers,
  copyModels,
  json,
  manifest,
  MODULES,
  released,
  variants,
  wasm,
} from './bundle.mjs';
import { pack } from './package.mjs';
import { drawSamples } from './samples.mjs';

const SITE = 'target/site';
/** Fetched when first used; everything else is the shell. */
const HEAVY = /\.(wasm|onnx)$|^samples\/[^/]+$/;
/** Only where apps are installed from somebody looks at these. */
const SHOWCASE = /^screenshots\//;
/** Names that change with what is in them: ours, and Trunk's. */
const HASHED = /^(assets\/.+|app-[0-9a-f]{16}\.(js|css))$/;

const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

async function build() {
  rmSync(SITE, { recursive: true, force: true });
  mkdirSync(`${SITE}/assets`, { recursive: true });
  const urls = {};
  for (const variant of variants()) {
    urls[variant] = `assets/nijigen-${variant}-${sha256(wasm(variant)).slice(0, 12)}.wasm`;
    cpSync(wasm(variant), join(SITE, urls[variant]));
  }
  copyModels(`${SITE}/models`);
  const { worker, thread } = await bundleWorkers({ folder: `${SITE}/assets`, hashed: true });
  const thumbnailer = await bundle('www/app/thumbnailer.ts', {
    folder: `${SITE}/assets`,
    name: 'thumbnailer',
    hashed: true,
  });
  const within = (script) => script?.file.slice(SITE.length + 1) ?? '';
  const { photos, seeds } = await drawSamples(SITE, `${MODULES}/simd`, manifest());
  const values = {
    WORKER_URL: within(worker),
    THREAD_URL: within(thread),
    THUMBNAIL_URL: within(thumbnailer),
    WASM_URLS: urls,
    WASM_BYTES: buildValues().WASM_BYTES,
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
    .filter((name) => !HEAVY.test(name) && !SHOWCASE.test(name))
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

const commands = { build, finish, package: pack };
const command = commands[process.argv[2]];
if (!command) {
  console.error(`usage: node scripts/site.mjs ${Object.keys(commands).join('|')}`);
  process.exit(2);
}
await command();
