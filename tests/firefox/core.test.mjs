// The built site in Firefox, through WebDriver BiDi: photo to picture, an error beside it, isolation, cache, offline.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { serve } from '../browser/server.mjs';

const [LAKE, DOG] = ['lake', 'dog'].map((name) => `tests/fixtures/photos/${name}.jpg`);
const BROKEN = 'tests/fixtures/bad/text.jpg';

test('photos become pictures, come back from the cache, and new ones do without a network', async () => {
  const server = await serve('dist/site', { throttled: false });
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: process.env.FIREFOX, headless: true });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(server.url);
    assert.deepEqual(await outcome(page, LAKE, BROKEN), ['done', 'failed']);
    const sides = await page.evaluate(async () => {
      const img = document.querySelector('.card .after img');
      await img.decode();
      return [img.naturalWidth, img.naturalHeight];
    });
    assert.deepEqual(sides, [640, 360]);

    await page.waitForFunction(() => navigator.serviceWorker.controller, { timeout: 60_000 });
    await page.reload();
    assert.ok(await page.evaluate(() => crossOriginIsolated), 'the service worker isolates the page');
    assert.deepEqual(await outcome(page, LAKE), ['done']);
    const status = await page.$eval('.card .status', ({ textContent }) => textContent);
    assert.match(status, /kept from/);
    // The build with threads is fetched for the first picture that is drawn on an isolated page.
    assert.deepEqual(await outcome(page, DOG), ['done', 'done']);

    await server.close();
    await page.reload();
    assert.deepEqual(await outcome(page, 'tests/fixtures/photos/shore.jpg'), ['done']);
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
    await server.close();
  }
});

/** Chooses files and waits until nothing is in progress; gives the state of every card. */
async function outcome(page, ...files) {
  const cards = await page.$$eval('.card', ({ length }) => length);
  const input = await page.$('input[type=file]');
  await input.uploadFile(...files);
  const settled = (count) => {
    const states = [...document.querySelectorAll('.card')].map(({ dataset }) => dataset.state);
    return states.length === count && states.every((state) => state === 'done' || state === 'failed');
  };
  await page.waitForFunction(settled, { timeout: 180_000 }, cards + files.length);
  return page.$$eval('.card', (all) => all.map(({ dataset }) => dataset.state));
}
