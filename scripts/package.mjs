// The npm package, into dist/package/ and dist/nijigen-<version>.tgz.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  buildValues,
  bundle,
  bundleWorkers,
  copyModels,
  filesBeside,
  json,
  manifest,
  variants,
  virtual,
  wasm,
} from './bundle.mjs';
import { billOfMaterials, components, notices } from './components.mjs';

const PACKAGE = 'dist/package';

/** Files of www/ that are other ones in a bundle. */
const replaced = (files) => ({
  name: 'replaced',
  setup(build) {
    for (const [from, to] of Object.entries(files)) {
      const name = from.replace(/^.*\//, '').replace('.ts', '\\.js');
      build.onResolve({ filter: new RegExp(`(^|/)${name}$`) }, ({ path, resolveDir }) =>
        resolve(resolveDir, path).replace(/js$/, 'ts') === resolve(from) ? { ...to } : undefined,
      );
    }
  },
});

const file = (path) => ({ path: resolve(path) });
const external = (path) => ({ path, external: true });

const NODE = {
  platform: 'node',
  target: 'node20',
  inject: ['www/node/globals.ts'],
};

/** The scripts. Returns the files of others that are in them. */
async function writeScripts() {
  const out = (name) => ({ folder: PACKAGE, name });
  const { worker, thread } = await bundleWorkers(out('worker'));
  const text = (script) => JSON.stringify(readFileSync(script.file, 'utf8'));
  const inline = (script) => `inlined(${text(script)})`;
  const oneFile = filesBeside(variants(), {
    worker: inline(worker),
    ...(thread && { thread: inline(thread) }),
    // Each once a page: a worker that starts again needs it again.
    head: `const made = new Map();
      function inlined(text) {
        if (!made.has(text)) made.set(text, new URL(URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))));
        return made.get(text);
      }`,
  });
  const node = {
    ...NODE,
    plugins: [
      replaced({
        'www/client/platform.ts': file('www/node/platform.ts'),
        'www/client/engine-worker.ts': file('www/node/engine.ts'),
        'www/worker/pause.ts': file('www/node/pause.ts'),
      }),
      virtual('nijigen-files', filesBeside(['simd'])),
    ],
  };
  const bundles = [
    worker,
    await bundle('www/client/index.ts', out('client')),
    await bundle('www/client/slim.ts', out('slim')),
    // It uses the very client that the page does.
    await bundle(
      'www/element/index.ts',
      out('element'),
      {},
      {
        plugins: [replaced({ 'www/client/index.ts': external('./client.js') })],
      },
    ),
    await bundle('www/standalone.ts', out('standalone'), {}, { plugins: [virtual('nijigen-files', oneFile)] }),
    await bundle('www/client/index.ts', out('node'), buildValues(), node),
  ];
  return bundles.flatMap(({ inputs }) => inputs);
}

/** The types of the scripts, and of what has none of its own. */
function writeTypes() {
  execFileSync('npx', ['tsc', '-p', 'www/package.tsconfig.json', '--outDir', `${PACKAGE}/types`], { stdio: 'inherit' });
  keepReachable(`${PACKAGE}/types`, ['client/index', 'element/index', 'standalone']);
  cpSync('www/element/react.d.ts', `${PACKAGE}/types/element/react.d.ts`);
  writeFileSync(`${PACKAGE}/types/script.d.ts`, '// A script that is run, not called.\nexport {};\n');
}

/** Types of what is not for others go. */
function keepReachable(folder, entries) {
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(/['"](\.[^'"]+)\.js['"]/g);
    for (const [, name] of imports) visit(join(dirname(file), `${name}.d.ts`));
  };
  for (const entry of entries) visit(join(folder, `${entry}.d.ts`));
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = join(folder, name);
    if (statSync(file).isFile() && !reached.has(file)) rmSync(file);
  }
}

/** The models, each with a module that says what it is and where: `import meadow from 'nijigen/models/meadow-fast'`. */
function writeModels() {
  const folder = `${PACKAGE}/models`;
  copyModels(folder);
  for (const entry of manifest()) {
    const url = `new URL(${JSON.stringify(`./${entry.file}`)}, import.meta.url).href`;
    writeFileSync(
      `${folder}/${entry.id}.js`,
      `const model = { entry: ${JSON.stringify(entry)}, get url() { return ${url}; } };\nexport default model;\n`,
    );
    writeFileSync(
      `${folder}/${entry.id}.d.ts`,
      "import type { ShippedGenerator } from '../types/client/index.js';\ndeclare const model: ShippedGenerator;\nexport default model;\n",
    );
  }
}

/** www/package.json with what depends on the build. */
function writeManifest() {
  const [, version] = /^version = "(.+)"$/m.exec(readFileSync('Cargo.toml', 'utf8'));
  const { exports, ...rest } = json('www/package.json');
  for (const { id, file } of manifest()) {
    exports[`./models/${id}`] = { types: `./models/${id}.d.ts`, default: `./models/${id}.js` };
    exports[`./models/${file}`] = `./models/${file}`;
  }
  for (const variant of variants()) exports[`./wasm/${variant}.wasm`] = `./nijigen-${variant}.wasm`;
  if (!variants().some((variant) => variant.endsWith('threads'))) delete exports['./thread'];
  const written = { ...rest, version, exports };
  writeFileSync(`${PACKAGE}/package.json`, `${JSON.stringify(written, null, 2)}\n`);
  return written;
}

export async function pack() {
  rmSync(PACKAGE, { recursive: true, force: true });
  mkdirSync(PACKAGE, { recursive: true });
  const inputs = await writeScripts();
  writeTypes();
  for (const variant of variants()) cpSync(wasm(variant), `${PACKAGE}/nijigen-${variant}.wasm`);
  writeModels();
  const described = writeManifest();
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) cpSync(name, join(PACKAGE, name));
  cpSync('docs/package.md', `${PACKAGE}/README.md`);
  const list = components(inputs);
  writeFileSync(`${PACKAGE}/THIRD-PARTY.txt`, notices(list));
  writeFileSync(`${PACKAGE}/sbom.cdx.json`, `${JSON.stringify(billOfMaterials(list, described), null, 2)}\n`);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', '..'], { cwd: PACKAGE, stdio: 'inherit' });
}
