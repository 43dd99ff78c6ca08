// The package's files on hosts such as docs/deploying.md speaks of.
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { host } from '../consumers/host.mjs';
import { launch, PHOTO, THREADED } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
let browser;

before(async () => {
  cpSync('dist/package', join(folder, 'nijigen'), { recursive: true });
  copyFileSync(PHOTO, join(folder, 'photo.jpg'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>host</title><link rel="icon" href="data:,">');
  browser = await launch();
});
after(() => browser.close());

/** Which build converts a photo there. */
async function variantOn(t, headers, types) {
  const server = await host({ '/': folder }, headers, types);
  const page = await browser.newPage();
  t.after(async () => {
    await page.close();
    await server.close();
  });
  await page.goto(server.url);
  return page.evaluate(async () => {
    const { createConverter } = await import(new URL('nijigen/client.js', document.baseURI));
    const converter = await createConverter({ cache: false, threads: 2 });
    const { variant, threads, width } = await converter.convert('photo.jpg', { maxSide: 256 });
    converter.dispose();
    return { threaded: variant.endsWith('-threads'), threads, width };
  });
}

test('without any header, as GitHub Pages and object stores are', async (t) => {
  assert.deepEqual(await variantOn(t, {}), { threaded: false, threads: 1, width: 256 });
});

test('where wasm and models have a type that says nothing', async (t) => {
  const types = { '.wasm': 'application/octet-stream', '.json': 'application/octet-stream' };
  assert.deepEqual(await variantOn(t, {}, types), { threaded: false, threads: 1, width: 256 });
});

test('with the two headers the engine has threads', { skip: THREADED.length === 0 }, async (t) => {
  const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
  assert.deepEqual(await variantOn(t, isolated), { threaded: true, threads: 2, width: 256 });
});
