// The npm package, into dist/package/ and dist/nijigen-<version>.tgz.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  buildValues,
  bundle,
  bundleWorkers,
  copyModels,
  json,
  manifest,
  variants,
  version,
  virtual,
  wasm,
} from './bundle.mjs';
import { billOfMaterials, components, notices } from './components.mjs';
import * as files from './package-files.mjs';
import { checkTypes } from './types.mjs';

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

/** Modules of package-files.mjs are imported where they are. */
const apart = {
  name: 'apart',
  setup(build) {
    build.onResolve({ filter: /^\.\/(parts-\w+|scripts)\.js$/ }, ({ path }) => external(path));
  },
};

const external = (path) => ({ path, external: true });

const NODE = {
  platform: 'node',
  target: 'node20',
  inject: ['www/node/globals.ts'],
};

/** The scripts. Returns the files of others that are in them. */
async function writeScripts() {
  const out = (name) => ({ folder: PACKAGE, name });
  const { worker, thread, gpu } = await bundleWorkers(out('worker'));
  const withFiles = (text, replacements = {}) => ({
    plugins: [replaced(replacements), apart, virtual('nijigen-files', text)],
  });
  // What is shared is one module, or its classes would be two.
  const client = (name, parts) =>
    bundle(
      'www/client/index.ts',
      out(name),
      {},
      withFiles(files.offering(parts), { 'www/client/slim.ts': external('./slim.js') }),
    );
  const element = (name, client) =>
    bundle('www/element/index.ts', out(name), {}, withFiles('', { 'www/client/index.ts': external(`./${client}.js`) }));
  const standalone = withFiles(files.standalone(worker.file, thread?.file, gpu.file));
  const node = withFiles(files.node());
  const bundles = [
    worker,
    await bundle('www/client/slim.ts', out('slim'), {}, withFiles(files.scripts())),
    await client('client', 'all'),
    await client('bundled', 'most'),
    await element('element', 'client'),
    await element('bundled-element', 'bundled'),
    await element('slim-element', 'slim'),
    await bundle('www/standalone.ts', out('standalone'), {}, standalone),
    await bundle('www/client/index.ts', out('node'), buildValues(), { ...NODE, ...node }),
  ];
  for (const [name, text] of Object.entries(files.modules())) {
    mkdirSync(dirname(join(PACKAGE, name)), { recursive: true });
    writeFileSync(join(PACKAGE, name), text);
  }
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

export const tarball = () => `dist/nijigen-${version()}.tgz`;

/**
 * Where the sources are, as GitHub and its likes tell their runners. npm takes a proof of where a package was made only
 * for one that names the same repository.
 */
export function forge({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env) {
  if (!server || !name) return {};
  const page = `${server}/${name}`;
  return {
    homepage: `${page}#readme`,
    repository: { type: 'git', url: `git+${page}.git` },
    bugs: { url: `${page}/issues` },
  };
}

/** www/package.json with what depends on the build. */
function writeManifest() {
  const { exports, ...rest } = json('www/package.json');
  // What the sources import by another name is in the bundles.
  delete rest.imports;
  for (const { id, file } of manifest()) {
    exports[`./models/${id}`] = { types: `./models/${id}.d.ts`, default: `./models/${id}.js` };
    exports[`./models/${file}`] = `./models/${file}`;
  }
  for (const variant of variants()) {
    exports[`./engines/${variant}`] = { types: `./engines/${variant}.d.ts`, default: `./engines/${variant}.js` };
    exports[`./wasm/${variant}.wasm`] = `./nijigen-${variant}.wasm`;
  }
  if (!variants().some((variant) => variant.endsWith('threads'))) delete exports['./thread'];
  const written = { ...rest, version: version(), ...forge(), exports };
  writeFileSync(`${PACKAGE}/package.json`, `${JSON.stringify(written, null, 2)}\n`);
  return written;
}

export async function pack() {
  checkTypes();
  rmSync(PACKAGE, { recursive: true, force: true });
  mkdirSync(PACKAGE, { recursive: true });
  const inputs = await writeScripts();
  writeTypes();
  for (const variant of variants()) cpSync(wasm(variant), `${PACKAGE}/nijigen-${variant}.wasm`);
  copyModels(`${PACKAGE}/models`);
  const described = writeManifest();
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) cpSync(name, join(PACKAGE, name));
  cpSync('docs/package.md', `${PACKAGE}/README.md`);
  const list = components(inputs);
  writeFileSync(`${PACKAGE}/THIRD-PARTY.txt`, notices(list, 'npm package'));
  writeFileSync(`${PACKAGE}/sbom.cdx.json`, `${JSON.stringify(billOfMaterials(list, described), null, 2)}\n`);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', '..'], { cwd: PACKAGE, stdio: 'inherit' });
}
