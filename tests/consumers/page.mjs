// What the tests of consumers share: pages that show a photo, `#photo`, and what was made of it, `#result`.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { host } from './host.mjs';
import { PHOTO } from './room.mjs';

/**
 * Opens a page and checks what it shows as its result, and as its elements'. `before` is what a person does first. Returns
 * the files that it asked for.
 */
export async function converts(browser, url, { element = true, before = () => undefined } = {}) {
  const page = await browser.newPage();
  const [errors, asked] = [[], []];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('request', (request) => asked.push(request.url()));
  page.on('response', (response) => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`));
  await page.goto(url);
  await before(page, asked);
  const shown = element ? '#result[src^="blob:"], nijigen-photo[data-state="done"]' : '#result[src^="blob:"]';
  await page
    .waitForFunction(([shown, count]) => document.querySelectorAll(shown).length === count, [shown, element ? 2 : 1], {
      timeout: 60_000,
    })
    .catch((cause) => {
      throw new Error(`no result at ${url}: ${errors.join('\n')}`, { cause });
    });
  const results = await page.evaluate(async (element) => {
    const pixels = async (image) => {
      await image.decode();
      const canvas = new OffscreenCanvas(256, 256);
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0, 256, 256);
      return context.getImageData(0, 0, 256, 256).data;
    };
    const photo = await pixels(document.querySelector('#photo'));
    const images = [document.querySelector('#result')];
    if (element) images.push(document.querySelector('nijigen-photo').shadowRoot.querySelector('[part=result]'));
    const look = async (image) => {
      const result = await pixels(image);
      const difference = result.reduce((sum, value, at) => sum + Math.abs(value - photo[at]), 0) / result.length;
      return { size: [image.naturalWidth, image.naturalHeight], difference };
    };
    return Promise.all(images.map(look));
  }, element);
  await page.close();
  assert.deepEqual(errors, [], 'nothing goes wrong unseen');
  for (const { size, difference } of results) {
    assert.deepEqual(size, [256, 256]);
    // The same picture, drawn: neither the photo nor noise.
    assert.ok(difference > 2 && difference < 60, `differs by ${difference} of 255 from the photo`);
  }
  return asked;
}

/** A host for as long as a test takes. */
export async function served(t, ...what) {
  const server = await host(...what);
  t.after(() => server.close());
  return server;
}

export const photoIn = (folder) => {
  mkdirSync(folder, { recursive: true });
  copyFileSync(PHOTO, join(folder, 'photo.jpg'));
};

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
