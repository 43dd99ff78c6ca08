// A photo goes in, anime comes out: the main job on the built site.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  card,
  choose,
  draws,
  failure,
  largePhoto,
  launch,
  longTasksOf,
  open,
  PHOTO,
  reaches,
  SITE,
  WORDS,
} from './browser.mjs';
import { convertNatively, meanDifference, readPng } from './pixels.mjs';
import { serve } from './server.mjs';

let browser, server, large;
const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));

before(async () => {
  browser = await launch();
  large = await largePhoto(browser);
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

async function save(page, index, name) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    card(page, index).locator('a[download]').click(),
  ]);
  const file = join(folder, name);
  await download.saveAs(file);
  return { picture: readPng(file), suggested: download.suggestedFilename() };
}

/** Notes what the progress bar of the first card says, each time it changes. */
function recordProgress(page) {
  return page.evaluate(() => {
    window.readings = [];
    new MutationObserver(() => {
      const meter = document.querySelector('.card .meter');
      if (meter?.ariaValueText && !meter.hidden) {
        window.readings.push({ value: Number(meter.ariaValueNow), words: meter.ariaValueText });
      }
    }).observe(document.querySelector('.gallery'), { subtree: true, childList: true, attributes: true });
  });
}

test('choose, see the progress, compare with the command line, download', async (t) => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  assert.equal(await page.locator('input[type=file]').count(), 1);
  await recordProgress(page);
  const long = await longTasksOf(page, async () => {
    await choose(page, large);
    await reaches(page, 0, 'done');
  });
  assert.deepEqual(long, [], 'no task on the page takes 50 ms of a quiet machine');
  const readings = await page.evaluate(() => window.readings);

  const values = readings.map(({ value }) => value);
  assert.deepEqual(
    values,
    values.toSorted((a, b) => a - b),
    'progress only rises',
  );
  const stage = (key) => readings.filter(({ words }) => words.startsWith(WORDS[key].split('{')[0]));
  const different = (readings) => new Set(readings.map(({ words }) => words)).size;
  assert.ok(different(stage('status.download')) >= 5, 'the download is told as it comes in');
  assert.ok(different(stage('status.inference')) >= 5, 'and the drawing as it is done');

  const { picture, suggested } = await save(page, 0, 'page.png');
  assert.equal(suggested, 'large-meadow.png');
  const native = convertNatively(large, join(folder, 'native.png'), '--max-side', '1024');
  const difference = meanDifference(picture, native);
  t.diagnostic(`mean difference to the command line: ${difference.toFixed(4)} of 255`);
  assert.ok(difference <= 2, `mean difference to the command line is ${difference.toFixed(3)} of 255`);

  watch.assertClean();
  await context.close();
});

test('cancel in mid-drawing: the next photo begins at once, and the same one can be tried again', async (t) => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, large, 'tests/fixtures/photos/dog.jpg');
  await draws(page, 0);
  const waited = await page.evaluate(async (waiting) => {
    const [first, second] = document.querySelectorAll('.card');
    const status = second.querySelector('.status');
    const begin = performance.now();
    first.querySelector('.cancel').click();
    while (status.textContent === waiting) await new Promise((resolve) => setTimeout(resolve));
    return performance.now() - begin;
  }, WORDS['status.waiting']);
  await reaches(page, 1, 'done');
  assert.equal(await card(page, 0).getAttribute('data-state'), 'cancelled');
  const usual = await page.evaluate(async () => {
    const [first] = document.querySelectorAll('.card');
    const begin = performance.now();
    first.querySelector('.retry').click();
    while (first.dataset.state !== 'done') await new Promise((resolve) => setTimeout(resolve, 5));
    return performance.now() - begin;
  });
  t.diagnostic(`the worker was free after ${Math.round(waited)} ms; the whole photo takes ${Math.round(usual)}`);
  assert.ok(waited <= 0.4 * usual, `cancelling took ${waited} ms of ${usual}`);
  watch.assertClean();
  await context.close();
});

test('several photos wait for each other; one of them is cancelled while it waits', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  // One worker, whatever the machine has.
  await context.addInitScript(() => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 1 }));
  await page.reload();
  await choose(page, PHOTO, 'tests/fixtures/photos/dog.jpg', 'tests/fixtures/photos/shore.jpg');
  assert.deepEqual(await page.locator('h2.name').allTextContents(), ['lake.jpg', 'dog.jpg', 'shore.jpg']);
  await reaches(page, 0, 'running');
  assert.equal(await card(page, 2).getAttribute('data-state'), 'waiting');
  await card(page, 1).locator('.cancel').click();
  await reaches(page, 0, 'done');
  await reaches(page, 2, 'done');
  assert.equal(await card(page, 1).getAttribute('data-state'), 'cancelled');
  watch.assertClean();
  await context.close();
});

test('AVIF, which the core cannot read, goes through the browser’s decoder', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, 'tests/fixtures/decode/444.avif');
  await reaches(page, 0, 'done');
  const { picture } = await save(page, 0, 'avif.png');
  const native = convertNatively('tests/fixtures/decode/444.avif.expected.png', join(folder, 'avif-native.png'));
  const difference = meanDifference(picture, native);
  assert.ok(difference <= 4, `mean difference to the same picture as PNG is ${difference.toFixed(3)} of 255`);
  watch.assertClean();
  await context.close();
});

test('a rare JPEG is drawn as the browser decodes it, or said to be what it is', async (t) => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  const file = 'tests/fixtures/wild/arithmetic.jpg';
  const plain = await browser.newPage();
  const seen = await plain.evaluate(
    async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes])).catch(() => undefined);
      if (!bitmap) return undefined;
      const canvas = Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height });
      canvas.getContext('2d').drawImage(bitmap, 0, 0);
      return canvas.toDataURL().split(',')[1];
    },
    readFileSync(file, 'base64'),
  );
  await plain.close();
  t.diagnostic(`this browser ${seen ? 'decodes' : 'does not decode'} arithmetic coding`);
  await choose(page, file);
  if (seen) {
    await reaches(page, 0, 'done');
    writeFileSync(join(folder, 'seen.png'), Buffer.from(seen, 'base64'));
    const native = convertNatively(join(folder, 'seen.png'), join(folder, 'seen-native.png'));
    const difference = meanDifference((await save(page, 0, 'rare.png')).picture, native);
    assert.ok(difference <= 4, `mean difference to the same picture as PNG is ${difference.toFixed(3)} of 255`);
  } else {
    assert.match((await failure(page, 0)).detail, /arithmetic/);
  }
  watch.assertClean();
  await context.close();
});

test('TIFF, which this browser cannot show, is converted all the same', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, 'tests/fixtures/decode/rgb.tiff');
  const converted = await reaches(page, 0, 'done');
  assert.equal(await converted.locator('.missing:not([hidden])').textContent(), WORDS['card.no-preview']);
  await converted.locator('.compare.single .after img:not([hidden])').waitFor();
  assert.ok(await converted.locator('.divider').isHidden(), 'there is nothing to compare with');
  // What cannot be blended on the page is shown as it is saved.
  const shown = () => converted.locator('.after img').getAttribute('src');
  const whole = await shown();
  await converted.getByRole('slider', { name: WORDS['finish.strength'] }).fill('30');
  await page.waitForFunction((whole) => document.querySelector('.after img').src !== whole, whole);
  watch.assertClean();
  await context.close();
});
