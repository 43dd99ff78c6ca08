// Builds the browser side around the wasm that scripts/wasm.sh leaves in target/wasm/.
//   node scripts/site.mjs site FOLDER   the static site
//   node scripts/site.mjs package       the npm package, into dist/package/ and dist/nijigen-<version>.tgz
//   node scripts/site.mjs same A B      whether two folders hold the same site
// and for those who have Trunk the two parts of the site that it leaves to us, as hooks of Trunk.toml:
//   node scripts/site.mjs build         the scripts, styles and models, into target/site/
//   node scripts/site.mjs finish        words and service worker, into what Trunk has staged
// SITE_URL is where the site will be, which links to it need for their picture.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import {
  bindings,
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
import { components, notices } from './components.mjs';
import { forge, pack, tarball } from './package.mjs';
import { drawSamples } from './samples.mjs';
import { unlessMade } from './stamp.mjs';

const DEV = process.env.NIJIGEN_DEV;
const { SITE_URL = '' } = process.env;
const SITE = DEV ? 'target/site-dev' : 'target/site';
/** What the site's scripts are made of. */
const INPUTS = `${SITE}/inputs.json`;
/** What scripts/serve.mjs tells of a new build. */
const RELOAD = `new EventSource('/esbuild').addEventListener('change', () => location.reload());`;
/** Fetched when first used; everything else is the shell. */
const HEAVY = /\.(wasm|onnx)$|^samples\/[^/]+$|^assets\/moving-/;
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
  const { worker, thread, gpu } = await bundleWorkers({ folder: `${SITE}/assets`, hashed: true });
  const thumbnailer = await bundle('www/app/gallery/thumbnailer.ts', {
    folder: `${SITE}/assets`,
    name: 'thumbnailer',
    hashed: true,
  });
  const moving = await bundle('www/app/moving/open.ts', { folder: `${SITE}/assets`, name: 'moving', hashed: true });
  const within = (script) => script?.file.slice(SITE.length + 1) ?? '';
  const { photos, seeds } = await drawSamples(SITE, `${MODULES}/simd`, manifest());
  const values = {
    WORKER_URL: within(worker),
    THREAD_URL: within(thread),
    GPU_URL: within(gpu),
    THUMBNAIL_URL: within(thumbnailer),
    MOVING_URL: within(moving),
    WASM_URLS: urls,
    WASM_BYTES: buildValues().WASM_BYTES,
    SAMPLES: photos,
    SEEDS: seeds,
    OFFLINE: released,
  };
  const app = await bundle('www/app/main.ts', { folder: SITE, name: 'app' }, values, DEV && { footer: { js: RELOAD } });
  await bundle('www/styles/main.css', { folder: SITE, name: 'app' });
  const scripts = [worker, thread, gpu, thumbnailer, moving, app];
  writeFileSync(INPUTS, JSON.stringify(scripts.flatMap((script) => script?.inputs ?? [])));
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

/** Says where the page is, and with it where its picture is: programs that show a link take no relative address. */
function writeAddress(file) {
  if (SITE_URL === '') return;
  const base = SITE_URL.endsWith('/') ? SITE_URL : `${SITE_URL}/`;
  const meta = (name, url) => `<meta property="og:${name}" content="${url.href.replaceAll('&', '&amp;')}" />`;
  const relative = /<meta property="og:image" content="([^"]+)"[^>]*>/;
  const page = readFileSync(file, 'utf8');
  const picture = relative.exec(page)?.[1];
  if (!picture) throw new Error(`${file} names no picture`);
  const there = [meta('url', new URL(base)), meta('image', new URL(picture, base))].join('');
  writeFileSync(
    file,
    page.replace(relative, () => there),
  );
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();

async function writeServiceWorker(folder) {
  const shell = filesIn(folder)
    .filter((name) => !HEAVY.test(name) && !SHOWCASE.test(name))
    .map((url) => {
      const sum = sha256(join(folder, url));
      // It says which models there are, and a host may still have that of another version.
      const integrity = url === 'models/manifest.json' && `sha256-${Buffer.from(sum, 'hex').toString('base64')}`;
      return { url, revision: HASHED.test(url) ? null : sum.slice(0, 16), ...(integrity && { integrity }) };
    });
  // Keyed by the very URLs that the client asks for.
  const others = filesIn(folder).filter((name) => HEAVY.test(name) && !name.endsWith('.onnx'));
  const heavy = Object.fromEntries([
    ...others.map((name) => [name, sha256(join(folder, name))]),
    ...json(join(folder, 'models/manifest.json')).map(({ file, sha256 }) => [
      `models/${file}?sha256=${sha256}`,
      sha256,
    ]),
  ]);
  return bundle(
    'www/service-worker.ts',
    { folder, name: 'service-worker' },
    { SHELL: shell, HEAVY: heavy },
    { format: 'iife' },
  );
}

/** What Trunk does with the lines of index.html that are for it. */
function assemble(folder) {
  const hashed = (file) => {
    const bytes = readFileSync(file);
    const extension = extname(file);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const name = `${basename(file, extension)}-${hash}${extension}`;
    cpSync(file, join(folder, name));
    return { name, integrity: `sha384-${createHash('sha384').update(bytes).digest('base64')}` };
  };
  const copied = (from) => {
    cpSync(from, join(folder, basename(from)), { recursive: true });
    return '';
  };
  const put = {
    rust: () => '',
    'copy-dir': copied,
    'copy-file': copied,
    css(from) {
      const { name, integrity } = hashed(from);
      return `<link rel="stylesheet" href="./${name}" integrity="${integrity}" />`;
    },
    module(from) {
      const { name, integrity } = hashed(from);
      return `<script type="module" src="./${name}" integrity="${integrity}"></script>`;
    },
  };
  const page = readFileSync('index.html', 'utf8')
    .replaceAll('target/site/', `${SITE}/`)
    .replace(
      /<(?:link|script) data-trunk (?:rel|type)="([\w-]+)"(?:[^>]* (?:href|src)="([^"]+)")?[^>]*>(?:<\/script>)?/g,
      (_, kind, from) => put[kind](from),
    );
  writeFileSync(join(folder, 'index.html'), page);
}

async function finish(folder = process.env.TRUNK_STAGING_DIR) {
  writeWords(join(folder, 'index.html'));
  writeAddress(join(folder, 'index.html'));
  if (!released) return;
  const { inputs } = await writeServiceWorker(folder);
  // Whoever puts the site somewhere gives others' software on. Nobody needs it without a network.
  writeFileSync(join(folder, 'THIRD-PARTY.txt'), notices(components([...json(INPUTS), ...inputs]), 'site'));
}

/** What the site is made of. */
const sources = () => [
  ...['index.html', 'package-lock.json', 'Cargo.lock', 'scripts', 'www', 'models/manifest.json', `${MODULES}/variants`],
  ...manifest().map(({ file }) => `models/${file}`),
  ...variants().flatMap((variant) => [wasm(variant), bindings(variant)]),
];
/** The package holds what its others say of themselves, too. */
const PACKAGED = ['Cargo.toml', 'LICENSE-MIT', 'LICENSE-APACHE', 'docs/package.md', 'tsconfig.json'];

const site = (folder) => unlessMade([folder], sources(), () => makeSite(folder), SITE_URL);

/** The whole site. What was in the folder stays until all is made. */
async function makeSite(folder) {
  const staged = `${folder}.new`;
  await build();
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  assemble(staged);
  await finish(staged);
  rmSync(folder, { recursive: true, force: true });
  renameSync(staged, folder);
}

const TAG = /<\w+(?:\s+[\w-]+(?:="[^"]*")?)*\s*\/?>/g;
const ATTRIBUTE = /[\w-]+="[^"]*"|[\w-]+/g;
const LISTED = /\{url:"[^"]*",revision:[^}]*\}/g;

/** Without what may differ: names and sums of the page's own files, the order of attributes and of what a list names. */
function canonical(text) {
  const listed = (text.match(LISTED) ?? []).map((entry) => entry.replace(/revision:[^}]*/, '')).sort();
  const sorted = (tag) => {
    const [name, ...attributes] = tag.match(ATTRIBUTE);
    return `<${name}${attributes.sort().join('')}>`;
  };
  return text
    .replace(LISTED, () => listed.shift())
    .replace(/ integrity="[^"]*"/g, '')
    .replace(TAG, sorted)
    .replace(/\s+/g, '');
}

/** Fails unless two folders hold the same site. Each names its own files by their contents in its own way. */
function same(...folders) {
  const plain = (name) => name.replace(/\b(app)-[0-9a-f]{16}\b/g, '$1');
  const contents = (file) => {
    const text = readFileSync(file, 'latin1');
    return /(index\.html|service-worker\.js)$/.test(file) ? canonical(plain(text)) : text;
  };
  const [one, other] = folders.map(
    (folder) => new Map(filesIn(folder).map((name) => [plain(name), contents(join(folder, name))])),
  );
  const differ = [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
  if (differ.length === 0) return;
  console.error(`${folders.join(' and ')} differ in: ${differ.join(', ')}`);
  process.exit(1);
}

const packed = () =>
  unlessMade(['dist/package', tarball()], [...sources(), ...PACKAGED], pack, JSON.stringify(forge()));

const commands = { site, package: packed, same, build, finish };
const [, , name, ...rest] = process.argv;
if (!commands[name]) {
  console.error(`usage: node scripts/site.mjs ${Object.keys(commands).join('|')}`);
  process.exit(2);
}
await commands[name](...rest);
