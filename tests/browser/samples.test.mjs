// The page's own photos: the first press gives a picture, with nothing heavy fetched.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { card, launch, open, reaches, SITE, startAnew, taken, WORDS } from './browser.mjs';
import { serve } from './server.mjs';

const HEAVY = /\.(wasm|onnx)$/;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const press = (page, sample) => page.getByRole('button', { name: WORDS[`sample.${sample}`], exact: true }).click();

/** Whether a finished card's picture came with the page. */
async function ahead(page, index) {
  const done = await reaches(page, index, 'done');
  return (await done.locator('.status').textContent()).endsWith(WORDS['status.ahead'].split('} pixels')[1]);
}

test('a sample is there at once, and in every style', async () => {
  const server = await serve(SITE);
  // The service worker would have the engine fetched once the page is idle.
  const { context, page, watch } = await open(browser, server.url, { serviceWorkers: 'block' });
  assert.equal(await page.locator('.sample').count(), 4);
  await press(page, 'dog');
  assert.ok(await ahead(page, 0));
  assert.ok(await page.evaluate(() => document.activeElement.matches('input[type=file]')), 'the focus is not lost');
  const picture = card(page, 0).locator('.after img:not([hidden])');
  await picture.waitFor();
  assert.equal(await picture.evaluate((img) => img.naturalWidth), 576);
  assert.equal(await card(page, 0).locator('a[download]').getAttribute('download'), 'Dog-meadow.jpg');
  const shown = card(page, 0).locator('.well img:not([hidden])');
  await shown.nth(3).waitFor();
  const own = await shown.evaluateAll((images) => images.map((img) => img.naturalWidth));
  assert.deepEqual(own, [576, 576, 576, 576], 'each style is shown on this very photo');
  for (const style of ['skyline', 'carnival', 'portrait']) {
    await card(page, 0).getByText(WORDS[`style.${style}`]).click();
    await card(page, 0)
      .locator('.status', { hasText: WORDS[`style.${style}`] })
      .waitFor();
    assert.ok(await ahead(page, 0));
  }
  // Opening the panel needs no engine either while nothing is kept.
  await page.getByRole('button', { name: WORDS['panel.open'] }).click();
  await page.locator('.usage', { hasText: WORDS['kept.empty'] }).waitFor();
  assert.equal(server.count(HEAVY), 0, 'neither engine nor model was asked for');
  watch.assertClean();
  await context.close();
  await server.close();
});

test('a sample that was seen is there without a network', async () => {
  const server = await serve(SITE);
  const { context, page, watch } = await open(browser, server.url);
  await taken(page);
  await press(page, 'dog');
  assert.ok(await ahead(page, 0));
  await card(page, 0).locator('.well img:not([hidden])').nth(3).waitFor();
  watch.assertClean();
  await server.close();
  await startAnew(page);
  await press(page, 'dog');
  assert.ok(await ahead(page, 0));
  await context.close();
});

test('without a network a sample that was never fetched says so', async () => {
  const server = await serve(SITE);
  const { context, page } = await open(browser, server.url);
  await taken(page);
  await server.close();
  await press(page, 'shore');
  await page.locator('.samples .sentence', { hasText: WORDS['error.network'] }).waitFor();
  await context.close();
});

test('what comes with the page is what the engine would draw, under the same name', async () => {
  const server = await serve(SITE);
  const { context, page, watch } = await open(browser, server.url);
  await press(page, 'colosseum');
  assert.ok(await ahead(page, 0));
  const pixels = () =>
    page.evaluate(async () => {
      // The page's policy lets nothing be fetched but from the own origin.
      const picture = Object.assign(new Image(), { src: document.querySelector('.card a[download]').href });
      await picture.decode();
      const bitmap = await createImageBitmap(picture);
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      // Some of them tell as much, and a million numbers take a minute to get here.
      return [...context.getImageData(0, 0, bitmap.width, bitmap.height).data].filter((_, at) => at % 13 === 0);
    });
  const before = await pixels();
  const file = server.requests.find((path) => /^samples\/[0-9a-f]{64}-/.test(path));

  await card(page, 0).locator('.redo').click();
  await page.locator('.card[data-state="running"]').waitFor();
  assert.ok(!(await ahead(page, 0)));
  // Builds round differently, now and then to another level of what is an integer, and compressing spreads that.
  const after = await pixels();
  assert.equal(after.length, before.length);
  const difference = after.reduce((sum, value, at) => sum + Math.abs(value - before[at]), 0) / after.length;
  assert.ok(difference < 0.8, `the same picture: ${difference} of 255 apart`);
  const names = await page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen');
      request.onsuccess = () => resolve(request.result);
    });
    return new Promise((resolve) => {
      const request = database.transaction('records').objectStore('records').getAllKeys();
      request.onsuccess = () => resolve(request.result);
    });
  });
  assert.deepEqual(names, [file.slice('samples/'.length, 'samples/'.length + 64)]);
  watch.assertClean();
  await context.close();
  await server.close();
});

test('another choice than the one drawn ahead is drawn by the engine', async () => {
  const server = await serve(SITE);
  const { context, page, watch } = await open(browser, server.url);
  await press(page, 'dog');
  assert.ok(await ahead(page, 0));
  const mark = card(page).getByRole('switch', { name: WORDS['finish.mark'] });
  await mark.click();
  await page.locator('.card:not([data-state=done])').waitFor();
  await reaches(page, 0, 'done');
  assert.ok(!(await ahead(page, 0)));
  assert.equal(
    server.count(/meadow-fine\.onnx$/),
    1,
    'the engine drew it; the fast tier’s is not better than what is seen',
  );
  watch.assertClean();
  await context.close();
  await server.close();
});

test('a result that arrives damaged is drawn by the engine', async () => {
  const server = await serve(SITE, { answer: (path) => (/^samples\/[0-9a-f]{64}/.test(path) ? '<p>Gone' : undefined) });
  const { context, page, watch } = await open(browser, server.url);
  await press(page, 'dog');
  assert.ok(!(await ahead(page, 0)));
  watch.assertClean();
  await context.close();
  await server.close();
});
