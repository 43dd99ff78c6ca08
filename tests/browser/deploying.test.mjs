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

const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Which build converts a photo there, or why none does. */
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
    const made = await converter.convert('photo.jpg', { maxSide: 256 }).catch((error) => error);
    converter.dispose();
    const { variant, threads, width, code, message } = made;
    if (code) return { code, message };
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
  assert.deepEqual(await variantOn(t, ISOLATION), { threaded: true, threads: 2, width: 256 });
});

test('the page, the worker and the threads need them, no other file', { skip: THREADED.length === 0 }, async (t) => {
  const headers = (path) => (/\/(index\.html|worker\.js|thread\.js)$/.test(path) ? ISOLATION : {});
  assert.deepEqual(await variantOn(t, headers), { threaded: true, threads: 2, width: 256 });
});

test('where the threads lack them there is one', { skip: THREADED.length === 0 }, async (t) => {
  const headers = (path) => (path.endsWith('/thread.js') ? {} : ISOLATION);
  assert.deepEqual(await variantOn(t, headers), { threaded: false, threads: 1, width: 256 });
});

test('where the page alone has them the worker cannot start, and what is missing is named', async (t) => {
  const { code, message } = await variantOn(t, (path) => (path.endsWith('.html') ? ISOLATION : {}));
  assert.equal(code, 'network');
  assert.match(message, /\/worker\.js;.*Cross-Origin-Embedder-Policy on this file/);
});
