// The files that people expect: JPEG for photos, PNG for what is transparent, WebP that is smaller than either.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { card, choose, open, reaches, startAnew, WORDS } from './browser.mjs';
import { site } from './panel.mjs';

const stage = site('lake');
const PHOTO = 'tests/fixtures/photos/lake.jpg';
const TRANSPARENT = 'tests/fixtures/decode/rgba.png';

async function saved(page, index = 0) {
  const link = card(page, index).locator('a[download]');
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  return readFileSync(await download.path());
}

const chunks = (file) => {
  const found = [];
  for (let at = 12; at < file.length;) {
    const [name, length] = [file.toString('latin1', at, at + 4), file.readUInt32LE(at + 4)];
    found.push({ name, body: file.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return found;
};

test('a photo is saved as JPEG and what may be transparent as PNG, until another format is chosen', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await choose(page, stage.photos[0], TRANSPARENT);
  const names = async () => {
    await Promise.all([reaches(page, 0, 'done'), reaches(page, 1, 'done')]);
    return page.locator('.card a[download]').evaluateAll((links) => links.map(({ download }) => download));
  };
  assert.deepEqual(await names(), ['lake-meadow.jpg', 'rgba-meadow.png']);
  // Another choice than the format does not settle it, on a card that came back either.
  await page.reload();
  await names();
  await card(page, 1).locator('[name=mark]').click();
  await startAnew(page);
  await choose(page, stage.photos[0], TRANSPARENT);
  assert.deepEqual(await names(), ['lake-meadow.jpg', 'rgba-meadow.png']);
  await card(page, 0).locator('.saving summary').click();
  await card(page, 0).locator('[name=quality]').fill('60');
  await card(page, 0).getByRole('combobox', { name: WORDS['finish.format'] }).selectOption('png');
  // Nor does it unsettle what was chosen on another card.
  await card(page, 1).locator('[name=mark]').click();
  await startAnew(page);
  await choose(page, stage.photos[0], TRANSPARENT);
  assert.deepEqual(await names(), ['lake-meadow.png', 'rgba-meadow.png']);
  assert.equal(await card(page, 1).locator('[name=quality]').inputValue(), '60');
  watch.assertClean();
  await context.close();
});

test('WebP is lossy at the quality chosen, smaller than JPEG, and still says that a model made it', async (t) => {
  const { context, page, watch } = await open(stage.browser, stage.server.url, { format: 'webp' });
  await choose(page, PHOTO);
  const done = await reaches(page, 0, 'done');
  const link = done.locator('a[download]');
  const next = async (act) => {
    const before = await link.getAttribute('href');
    await act();
    await page.waitForFunction((before) => document.querySelector('.card a[download]').href !== before, before);
    return saved(page);
  };
  const file = await saved(page);
  assert.deepEqual(
    chunks(file).map(({ name }) => name),
    ['VP8X', 'VP8 ', 'XMP '],
  );
  assert.equal(file.readUInt32LE(4), file.length - 8);
  const [{ body: head }, , { body: xmp }] = chunks(file);
  assert.deepEqual([head[0], head.readUIntLE(4, 3) + 1, head.readUIntLE(7, 3) + 1], [4, 640, 360]);
  assert.match(xmp.toString(), /compositeWithTrainedAlgorithmicMedia/);

  await done.locator('.saving summary').click();
  const quality = done.getByRole('slider', { name: WORDS['finish.quality'] });
  const low = await next(() => quality.fill('50'));
  const lossless = await next(() => quality.fill('100'));
  const format = done.getByRole('combobox', { name: WORDS['finish.format'] });
  await next(() => format.selectOption('jpeg'));
  const jpeg = await next(() => quality.fill('90'));
  t.diagnostic(`WebP ${file.length}, at 50 ${low.length}, lossless ${lossless.length}, JPEG ${jpeg.length} bytes`);
  assert.ok(low.length < file.length && file.length < jpeg.length && jpeg.length < lossless.length);
  assert.equal(chunks(lossless)[1].name, 'VP8L');
  assert.ok(await quality.isVisible());
  await next(() => format.selectOption('png'));
  assert.ok(await quality.isHidden(), 'PNG has no quality');
  watch.assertClean();
  await context.close();
});

test('a WebP keeps transparency, and is kept by its quality', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url, { format: 'webp' });
  await choose(page, PHOTO, TRANSPARENT);
  await reaches(page, 1, 'done');
  const file = await saved(page, 1);
  assert.equal(chunks(file)[0].body[0] & 16, 16, 'the head says that there is alpha');
  const clear = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/webp' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return data.some((value, at) => at % 4 === 3 && value < 255);
  }, file.toString('base64'));
  assert.ok(clear);
  await reaches(page, 0, 'done');
  const fine = (await saved(page, 0)).length;
  await page.evaluate(() => localStorage.setItem('nijigen.choices', '{"format":"webp","quality":40}'));
  await startAnew(page);
  await choose(page, PHOTO);
  const done = await reaches(page, 0, 'done');
  assert.doesNotMatch(
    await done.locator('.status').textContent(),
    /kept from/,
    'one of another quality does not answer',
  );
  assert.ok((await saved(page, 0)).length < fine);
  await startAnew(page);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  assert.match(await card(page).locator('.status').textContent(), /kept from/);
  watch.assertClean();
  await context.close();
});
