// What the tarball says of itself, and what is in it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { forge } from '../../scripts/package.mjs';
import { room, TARBALL, tool } from './room.mjs';

const VARIANTS = readFileSync('target/wasm/variants', 'utf8').trim().split('\n');
const MODELS = JSON.parse(readFileSync('models/manifest.json', 'utf8'));
let folder, files;

before(() => {
  folder = room('types');
  files = join(folder, 'node_modules/nijigen');
});

test('the tarball holds what the package needs and nothing else', () => {
  const entries = ['bundled', 'bundled-element', 'client', 'element', 'node', 'slim', 'slim-element', 'standalone'];
  const scripts = [...entries, 'parts-all', 'parts-most', 'scripts', 'url-worker', 'worker', 'url-gpu', 'gpu'].map(
    (name) => `${name}.js`,
  );
  const threads = VARIANTS.some((name) => name.endsWith('threads')) ? ['thread.js', 'url-thread.js'] : [];
  const urls = [...VARIANTS, ...MODELS.map(({ id }) => id)].map((name) => `url-${name}.js`);
  const engines = VARIANTS.flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
  const modules = VARIANTS.map((name) => `nijigen-${name}.wasm`);
  const texts = ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'THIRD-PARTY.txt', 'package.json', 'sbom.cdx.json'];
  const models = MODELS.flatMap(({ id }) => [`${id}.onnx`, `${id}.js`, `${id}.d.ts`]);
  const types = {
    client: [
      'cache-control',
      'convert-many',
      'converter',
      'core',
      'create',
      'error',
      'index',
      'own-models',
      'preload',
      'protocol',
      'seeds',
      'slim',
      'source',
      'types',
    ],
    element: ['index', 'photo', 'react'],
  };
  const expected = [
    ...[...scripts, ...threads, ...urls, ...modules, ...texts],
    ...engines.map((name) => `engines/${name}`),
    ...['manifest.json', ...models].map((name) => `models/${name}`),
    ...['script', 'standalone'].map((name) => `types/${name}.d.ts`),
    ...Object.entries(types).flatMap(([room, names]) => names.map((name) => `types/${room}/${name}.d.ts`)),
  ];
  const listed = execFileSync('tar', ['-tzf', TARBALL], { encoding: 'utf8' }).trim().split('\n');
  const inside = listed.map((name) => name.replace(/^package\//, ''));
  assert.deepEqual(inside.sort(), expected.sort());
});

test('it names its sources as the forge does that built it, which npm compares with the proof of where it was made', () => {
  const runner = { GITHUB_SERVER_URL: 'https://forge.example', GITHUB_REPOSITORY: 'some/where' };
  const told = forge(runner);
  assert.equal(told.repository.url, 'git+https://forge.example/some/where.git');
  for (const page of [told.homepage, told.bugs.url])
    assert.ok(page.startsWith('https://forge.example/some/where'), page);
  for (const missing of Object.keys(runner)) assert.deepEqual(forge({ ...runner, [missing]: undefined }), {});

  const { repository, homepage, bugs } = JSON.parse(readFileSync(join(files, 'package.json'), 'utf8'));
  const none = { repository: undefined, homepage: undefined, bugs: undefined };
  assert.deepEqual({ repository, homepage, bugs }, { ...none, ...forge() });
});

test('every script keeps to its size', () => {
  // Bytes as they are sent, compressed by gzip.
  const limits = JSON.parse(readFileSync('tests/consumers/sizes.json', 'utf8'));
  const over = readdirSync(files)
    .filter((name) => /\.(js|wasm)$/.test(name))
    .flatMap((name) => {
      const size = gzipSync(readFileSync(join(files, name))).length;
      const limit = limits[name.replace(/^(nijigen|parts|url)-.*\./, '$1.')];
      return size <= limit ? [] : [`${name} has ${size} bytes, the limit is ${limit}`];
    });
  assert.deepEqual(over, []);
});

test('publint finds nothing', async () => {
  assert.match(await tool(folder, 'publint', [files, '--strict']), /All good!/);
});

test('attw finds types everywhere', async () => {
  const { exports } = JSON.parse(readFileSync(join(files, 'package.json'), 'utf8'));
  // Bundlers and servers know what those are, not TypeScript.
  const assets = Object.keys(exports).filter((name) => /\.(onnx|wasm)$/.test(name));
  await tool(folder, 'attw', [TARBALL, '--profile', 'esm-only', '--exclude-entrypoints', ...assets]);
});

test('the types say what it does', async () => {
  await tool(folder, 'tsc', []);
});

test('importing touches nothing, and without a browser calling says why', () => {
  const script = `
    const before = Object.getOwnPropertyNames(globalThis).length;
    const [api] = await Promise.all(['client', 'slim', 'element', 'standalone'].map((name) => import('./' + name + '.js')));
    if (Object.getOwnPropertyNames(globalThis).length !== before) throw new Error('a global was made');
    const { code, message } = await api.createConverter().catch((error) => error);
    console.log(code + ': ' + message);`;
  const said = execFileSync('node', ['--input-type=module', '-e', script], { cwd: files, encoding: 'utf8' });
  assert.match(said, /^unsupported-environment: .*server/);
});

test('the bill of materials is valid CycloneDX and names what is compiled in', async () => {
  const require = createRequire(join(folder, 'package.json'));
  const { Spec, Validation } = require('@cyclonedx/cyclonedx-library');
  const text = readFileSync(join(files, 'sbom.cdx.json'), 'utf8');
  assert.equal(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text), null);
  const names = JSON.parse(text).components.map(({ name }) => name);
  for (const name of ['tract-onnx', 'image', 'rust-std', 'comlink', 'idb']) assert.ok(names.includes(name), name);
  for (const name of ['clap', 'criterion', 'serde_derive']) assert.ok(!names.includes(name), name);
  const notices = readFileSync(join(files, 'THIRD-PARTY.txt'), 'utf8');
  for (const name of names) assert.ok(notices.includes(`\n${name} `), `${name} has a licence text`);
  assert.ok(statSync(TARBALL).size < 29e6);
});
