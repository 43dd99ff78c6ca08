// What an app grows by, and what its visitors fetch before they use any of it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../browser/browser.mjs';
import { converts, photoIn, served } from './page.mjs';
import { room, tool } from './room.mjs';

let browser, folder;
before(async () => {
  browser = await launch();
  folder = room('vite');
  photoIn(join(folder, 'public'));
});
after(() => browser.close());

/** Bytes of a folder's files by their paths. */
const sizes = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, statSync(join(entry.parentPath ?? entry.path, entry.name)).size]);

/** Writes into the built page what a server that renders it writes there: Nuxt's own hints. */
async function hint(page, dist) {
  const require = createRequire(join(folder, 'package.json'));
  const { normalizeViteManifest } = await import(require.resolve('vue-bundle-renderer'));
  const { createRendererContext, getPrefetchLinks, getPreloadLinks } = await import(
    require.resolve('vue-bundle-renderer/runtime')
  );
  const written = readFileSync(join(dist, '.vite/manifest.json'), 'utf8');
  const manifest = normalizeViteManifest(JSON.parse(written));
  const context = createRendererContext({ manifest, buildAssetsURL: (file) => `/${file}` });
  const asked = { modules: new Set([`${page}.html`]) };
  const links = [...getPreloadLinks(asked, context), ...getPrefetchLinks(asked, context)].map(
    ({ href }) => `<link rel="prefetch" href="${href}">`,
  );
  const html = join(dist, `${page}.html`);
  writeFileSync(html, readFileSync(html, 'utf8').replace('<title>', `${links.join('')}<title>`));
  return links;
}

const PAGES = [
  ['plain', 20e6, [/^nijigen-simd-.*wasm$/, /^nijigen-simd-threads-.*wasm$/], 4],
  ['chosen', 10e6, [/^nijigen-simd-.*wasm$/], 1],
  ['chosen-element', 10e6, [/^nijigen-relaxed-.*wasm$/], 1],
];
for (const [page, most, engines, models] of PAGES) {
  test(`${page}: at most ${most / 1e6} MB on disk, and nothing is fetched before it is used`, async (t) => {
    const dist = join(folder, `dist-${page}`);
    rmSync(dist, { recursive: true, force: true });
    await tool(folder, 'vite', ['build', '--logLevel', 'warn', '--config', 'vite.one.config.js', '--outDir', dist], {
      PAGE: page,
    });
    const files = sizes(dist);
    const bytes = files.reduce((sum, [name, size]) => sum + (name === 'photo.jpg' ? 0 : size), 0);
    t.diagnostic(`${page}: ${(bytes / 1e6).toFixed(2)} MB`);
    assert.ok(bytes <= most, `${bytes} bytes: ${files.map(([name]) => name)}`);
    const names = files.map(([name]) => name);
    assert.equal(names.filter((name) => name.endsWith('.onnx')).length, models, names.join());
    for (const engine of engines)
      assert.ok(
        names.some((name) => engine.test(name)),
        `${engine} among ${names}`,
      );

    const hints = await hint(page, dist);
    // The page's own script and what it imports later: were there none, this would show nothing.
    assert.ok(
      hints.some((link) => link.includes('.js')),
      hints.join(),
    );
    const server = await served(t, { '/': dist });
    await converts(browser, `${server.url}${page}.html`, {
      element: false,
      async before(page) {
        await page.waitForLoadState('networkidle');
        const early = server.asked.filter((path) => /\.(wasm|onnx)$|worker|thread/.test(path));
        assert.deepEqual(early, [], 'neither engine, model nor worker');
        assert.ok(server.asked.filter((path) => path.endsWith('.js')).length > 1, 'hints are followed');
        await page.click('button');
      },
    });
    const used = new Set(server.asked.filter((path) => /\.(wasm|onnx)$/.test(path)));
    assert.equal(used.size, 2, [...used].join());
  });
}

test('without an engine it says which to import', async (t) => {
  const server = await served(t, { '/': join(folder, 'node_modules/nijigen') });
  const page = await browser.newPage();
  await page.goto(`${server.url}package.json`);
  const message = await page.evaluate(async () => {
    const { createConverter } = await import('/slim.js');
    return createConverter().catch(({ name, message }) => `${name}: ${message}`);
  });
  await page.close();
  assert.match(message, /^TypeError: There is no engine: .*nijigen\/engines\/simd/);
});
