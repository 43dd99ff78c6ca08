// The guides to bundlers and frameworks that are large or rarely change, each as its guide says: make test-bundlers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../browser/browser.mjs';
import { until } from '../browser/embedder.mjs';
import { converts, freePort, photoIn, served } from '../consumers/page.mjs';
import { room as roomFrom, tool } from '../consumers/room.mjs';

const room = (name) => roomFrom(name, 'tests/bundlers');
const QUIET = { NG_CLI_ANALYTICS: 'false', NUXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1' };

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A folder to be served: the project's page, a photo, and what `copy` names from the package, where it says. */
function site(folder, name, copy = {}) {
  const built = join(folder, 'site', name);
  rmSync(built, { recursive: true, force: true });
  photoIn(built);
  cpSync(join(folder, 'index.html'), join(built, 'index.html'));
  for (const [from, to] of Object.entries(copy)) {
    cpSync(join(folder, 'node_modules/nijigen', from), join(built, to), { recursive: true });
  }
  return built;
}

/** Converts on a page of a built folder. Returns the files that it asked for. */
async function works(t, folder) {
  const server = await served(t, { '/': folder });
  return (await converts(browser, server.url)).map((url) => new URL(url).pathname);
}

/** Converts on a page of a framework's development server, which may find at the first visit what it has still to bundle. */
async function develops(folder, name, path) {
  const port = await freePort();
  const server = spawn(join(folder, 'node_modules/.bin', name), ['dev', '--host', '127.0.0.1', '--port', port], {
    cwd: folder,
    env: { ...process.env, ...QUIET },
    stdio: ['ignore', 'ignore', 'inherit'],
    // Ended with all that it starts.
    detached: true,
  });
  const url = `http://127.0.0.1:${port}${path}`;
  try {
    const answers = () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(async () => server.exitCode !== null || (await answers()), `${name} dev answers`);
    assert.equal(server.exitCode, null, `${name} dev has ended`);
    const first = await browser.newPage();
    await first.goto(url);
    await first.waitForFunction(() => document.querySelector('#result[src^="blob:"]'), null, { timeout: 180_000 });
    await first.close();
    await converts(browser, url);
  } finally {
    if (server.exitCode === null) process.kill(-server.pid);
  }
}

/** What the guides have people copy. */
const WHOLE = { '.': 'nijigen' };

test('esbuild: the package’s folder copied, or its files imported', async (t) => {
  const folder = room('esbuild');
  const build = (name, built, ...options) =>
    tool(folder, 'esbuild', [`src/${name}.js`, '--bundle', `--outfile=${join(built, 'script.js')}`, ...options]);
  for (const format of ['esm', 'iife']) {
    await t.test(`${format}, and baseUrl`, async (t) => {
      const built = site(folder, format, WHOLE);
      await build('main', built, `--format=${format}`, '--log-level=error');
      assert.ok((await works(t, built)).includes('/nijigen/worker.js'));
    });
    await t.test(`${format} of nijigen/standalone, and baseUrl`, async (t) => {
      const built = site(folder, `standalone-${format}`, WHOLE);
      await build('standalone', built, `--format=${format}`, '--log-level=error');
      await works(t, built);
    });
    await t.test(`${format} of nijigen/standalone, with the files beside it`, async (t) => {
      const built = site(folder, `beside-${format}`, { '.': '.' });
      await build('beside', built, `--format=${format}`, '--log-level=error');
      // A classic script knows where it is only while it begins.
      if (format === 'iife') {
        const html = join(built, 'index.html');
        writeFileSync(html, readFileSync(html, 'utf8').replace('type="module"', ''));
      }
      await works(t, built);
    });
  }
  await t.test('engine and model by loader', async (t) => {
    const built = site(folder, 'imported');
    await build('imported', built, '--format=esm', '--loader:.wasm=file', '--loader:.onnx=file', '--log-level=error');
    const files = readdirSync(built).filter((name) => /\.(wasm|onnx)$/.test(name));
    assert.equal(files.length, 2, files.join());
    await works(t, built);
  });
});

test('Rollup: the package’s folder copied, or a plugin that sees its files', async (t) => {
  const folder = room('rollup');
  await tool(folder, 'rollup', ['-c', '--silent']);
  for (const [name, copy] of [
    ['main', WHOLE],
    ['beside', {}],
  ]) {
    const built = site(folder, name, copy);
    cpSync(join(folder, 'dist', name), built, { recursive: true });
    await works(t, built);
  }
});

test('Parcel 2, with exports of packages and without', async (t) => {
  const folder = room('parcel');
  photoIn(folder);
  const described = join(folder, 'package.json');
  // Without them the element is the one for plain pages, which brings all engines along.
  for (const [exported, engines] of [
    [true, 2],
    [false, 4],
  ]) {
    await t.test(`${engines} engines`, async (t) => {
      const { '@parcel/resolver-default': resolver, ...rest } = JSON.parse(
        readFileSync('tests/bundlers/parcel/package.json', 'utf8'),
      );
      assert.deepEqual(resolver, { packageExports: true });
      writeFileSync(described, JSON.stringify({ ...rest, ...(exported && { '@parcel/resolver-default': resolver }) }));
      const dist = join(folder, 'dist');
      rmSync(dist, { recursive: true, force: true });
      await tool(folder, 'parcel', ['build', 'index.html', '--no-source-maps', '--no-cache', '--log-level', 'error']);
      photoIn(dist);
      await works(t, dist);
      const copied = readdirSync(dist).filter((name) => name.endsWith('.wasm'));
      assert.equal(copied.length, engines, copied.join());
    });
  }
});

test('Angular: its command-line program, with the files as assets', async (t) => {
  const folder = room('angular');
  photoIn(join(folder, 'public'));
  await tool(folder, 'ng', ['build'], QUIET);
  const built = join(folder, 'dist/browser');
  await works(t, built);
  // Some only certain browsers and pages ask for.
  const named = readFileSync(join(folder, 'src/nijigen.ts'), 'utf8').match(/(?<=\$\{folder\})[^`]+/g);
  const missing = named.filter((file) => !existsSync(join(built, 'nijigen', file)));
  assert.deepEqual([named.length, missing], [6, []]);
});

test('SvelteKit: a component, rendered ahead', async (t) => {
  const folder = room('sveltekit');
  photoIn(join(folder, 'static'));
  await tool(folder, 'vite', ['build', '--logLevel', 'warn'], QUIET);
  const { url } = await served(t, { '/': join(folder, 'build') });
  await converts(browser, url);
  await t.test('with another photo the drawing of the first one goes', async () => {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForSelector('#result[src^="blob:"]');
    await page.click('#another');
    await page.waitForSelector('#result:not([src])', { state: 'attached' });
    await page.close();
  });
});

test('Astro: a component with a script', async (t) => {
  const folder = room('astro');
  photoIn(join(folder, 'public'));
  await tool(folder, 'astro', ['build', '--silent'], QUIET);
  await works(t, join(folder, 'dist'));
  await t.test('development server', () => develops(folder, 'astro', '/'));
});

test('Nuxt: a component, rendered by the server; nothing is fetched for pages that do not draw', async (t) => {
  const folder = room('nuxt');
  photoIn(join(folder, 'public'));
  await tool(folder, 'nuxt', ['build', '--logLevel', 'silent'], QUIET);
  const port = await freePort();
  const env = { ...process.env, PORT: port, HOST: '127.0.0.1' };
  const server = spawn('node', ['.output/server/index.mjs'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise((ready, fail) => {
      server.stdout.on('data', (words) => /Listening/.test(words) && ready());
      server.on('exit', (code) => fail(new Error(`Nuxt's server ended with ${code}`)));
    });
    const html = await (await fetch(`http://127.0.0.1:${port}/draw`)).text();
    assert.match(html, /<nijigen-photo[^>]*><img/, 'works without scripts');
    const hints = [...html.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, href]) => href);
    assert.ok(hints.length > 2, hints.join());
    assert.deepEqual(
      // Scripts, and Nuxt's own list of what it has built.
      hints.filter((href) => !/\/[\w-]{8}\.js$|\/builds\/meta\/[\w-]+\.json$/.test(href)),
      [],
      'neither engine, model nor worker',
    );
    await converts(browser, `http://127.0.0.1:${port}/draw`);
  } finally {
    server.kill();
  }
  await t.test('development server', () => develops(folder, 'nuxt', '/draw'));
});
