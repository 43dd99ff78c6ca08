// One state, one picture: what the page shows is, byte for byte, what it saves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card, choose, largePhoto, open, reaches, startAnew, WORDS } from './browser.mjs';
import { site } from './panel.mjs';

// Small copies would be too small for the mark.
const stage = site();
const [LAKE, DOG] = ['lake', 'dog'].map((name) => `tests/fixtures/photos/${name}.jpg`);
/** The page's policy lets scripts show blobs, and not read them. */
const READABLE = { bypassCSP: true };

/** Whether the picture that is seen over the photo is the file that would be saved, and all of it. */
const sameAsFile = () =>
  document.querySelector('.card[data-state=done] .after img:not([hidden])') &&
  (async () => {
    const shown = document.querySelector('.card .after img');
    const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer()).join();
    const same = (await bytes(shown.src)) === (await bytes(document.querySelector('.card a[download]').href));
    return same && getComputedStyle(shown).opacity === '1';
    // One that is just being replaced can no longer be read.
  })().catch(() => false);

/** The lower right corner, where the mark is, and the middle of what is shown. */
const look = (page) =>
  page.evaluate(async () => {
    const bitmap = await createImageBitmap(await (await fetch(document.querySelector('.card .after img').src)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const part = (x, y) => [...context.getImageData(bitmap.width * x, bitmap.height * y, 40, 20).data];
    return { corner: part(0.86, 0.92), middle: part(0.4, 0.4) };
  });

const apart = (a, b) => a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / a.length;

test('mark, strength, format and quality act on the picture that is shown, at once', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url, READABLE);
  await choose(page, LAKE);
  const done = await reaches(page, 0, 'done');
  await page.waitForFunction(sameAsFile);
  const marked = await look(page);
  const link = done.locator('a[download]');
  const changed = async (act) => {
    const before = await link.getAttribute('href');
    await act();
    await page.waitForFunction((before) => document.querySelector('.card a[download]').href !== before, before);
    await page.waitForFunction(sameAsFile);
    return look(page);
  };
  const mark = done.getByRole('switch', { name: WORDS['finish.mark'] });
  assert.ok(await mark.isChecked());
  const bare = await changed(() => mark.click());
  assert.ok(await done.getByText(WORDS['finish.unmarked']).isVisible());
  assert.ok(apart(bare.corner, marked.corner) > 5, `the mark is gone: ${apart(bare.corner, marked.corner)}`);
  assert.ok(apart(bare.middle, marked.middle) < 2, 'and nothing else is');

  const strength = done.getByRole('slider', { name: WORDS['finish.strength'] });
  const half = await changed(() => strength.fill('50'));
  assert.ok(apart(half.middle, bare.middle) > 1);
  // The mark is as strong over half a drawing as over a whole one.
  const markedHalf = await changed(() => mark.click());
  assert.ok(apart(markedHalf.corner, half.corner) > 0.8 * apart(marked.corner, bare.corner));

  await done.locator('.saving summary').click();
  await changed(() => done.getByRole('combobox', { name: WORDS['finish.format'] }).selectOption('jpeg'));
  const quality = done.getByRole('slider', { name: WORDS['finish.quality'] });
  const [fine, coarse] = [await changed(() => quality.fill('100')), await changed(() => quality.fill('40'))];
  assert.ok(apart(fine.middle, coarse.middle) > 1, 'what a low quality loses is seen');

  // The large view shows the same.
  await done.locator('.enlarge').click();
  const large = page.locator('#viewer .after img:not([hidden])');
  await large.waitFor();
  const bytes = (url) =>
    page.evaluate(async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer()).join(), url);
  assert.equal(await bytes(await large.getAttribute('src')), await bytes(await link.getAttribute('href')));
  assert.equal(await large.evaluate((img) => getComputedStyle(img).opacity), '1');
  watch.assertClean();
  await context.close();
});

test('while the slider moves the photo shows through before the file is there', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, READABLE);
  await choose(page, LAKE);
  const done = await reaches(page, 0, 'done');
  await page.waitForFunction(sameAsFile);
  const seen = await done.locator('[name=strength]').evaluate(async (slider) => {
    const img = document.querySelector('.card .after img');
    const before = document.querySelector('.card a[download]').href;
    slider.value = '30';
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    const opacity = getComputedStyle(img).opacity;
    return { opacity, early: document.querySelector('.card a[download]').href === before };
  });
  assert.deepEqual(seen, { opacity: '0.3', early: true });
  await page.waitForFunction(sameAsFile);
  await context.close();
});

test('without the mark the next photo and the next visit begin without it, and a kept picture gets it back', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url, READABLE);
  await choose(page, LAKE);
  const mark = (index) => card(page, index).getByRole('switch', { name: WORDS['finish.mark'] });
  await reaches(page, 0, 'done');
  await mark(0).click();
  await choose(page, DOG);
  await reaches(page, 1, 'done');
  assert.equal(await mark(1).isChecked(), false);
  await startAnew(page);
  await choose(page, DOG);
  await reaches(page, 0, 'done');
  await page.waitForFunction(sameAsFile);
  assert.match(await card(page).locator('.status').textContent(), /kept from/);
  const bare = await look(page);
  const before = await card(page).locator('a[download]').getAttribute('href');
  await mark(0).click();
  await page.waitForFunction((before) => document.querySelector('.card a[download]').href !== before, before);
  await page.waitForFunction(sameAsFile);
  assert.ok(apart((await look(page)).corner, bare.corner) > 5);
  watch.assertClean();
  await context.close();
});

test('what EXIF says of a WebP or PNG turns the photo below the divider as it turns the picture', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url, READABLE);
  const files = ['6.webp', '6.png', 'upright.png'].map((name) => `tests/fixtures/decode/orientation/${name}`);
  await choose(page, ...files);
  for (const at of files.keys()) {
    await reaches(page, at, 'done');
    // Copies are made of what is in sight.
    await card(page, at).scrollIntoViewIfNeeded();
    for (const part of ['before', 'after']) await card(page, at).locator(`.${part} img:not([hidden])`).waitFor();
  }
  const [webp, png, upright] = await page.evaluate(() =>
    Promise.all(
      [...document.querySelectorAll('.card')].map(async (card) => {
        const pixels = async (image) => {
          const bitmap = await createImageBitmap(await (await fetch(image.src)).blob());
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
          context.drawImage(bitmap, 0, 0);
          const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
          return { size: [bitmap.width, bitmap.height], data: [...data] };
        };
        const [before, after] = ['.before img', '.after img:not([hidden])'].map((part) => card.querySelector(part));
        return { before: await pixels(before), after: (await pixels(after)).size };
      }),
    ),
  );
  for (const { before, after } of [webp, png]) {
    assert.deepEqual(before.size, after);
    assert.deepEqual(before.size, upright.before.size);
    assert.ok(apart(before.data, upright.before.data) < 2, 'the same way round');
  }
  watch.assertClean();
  await context.close();
});

test('a picture too small for the mark says that it has none, and only such a one', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, READABLE);
  for (const height of [299, 300]) {
    const photo = await largePhoto(stage.browser, 320, height);
    await choose(page, photo);
    const done = await reaches(page, 0, 'done');
    await page.waitForFunction(sameAsFile);
    const small = done.getByText(WORDS['finish.too-small']);
    assert.equal(await small.isVisible(), height === 299);
    const marked = await look(page);
    const link = done.locator('a[download]');
    const before = await link.getAttribute('href');
    await done.getByRole('switch', { name: WORDS['finish.mark'] }).click();
    await page.waitForFunction((before) => document.querySelector('.card a[download]').href !== before, before);
    await page.waitForFunction(sameAsFile);
    assert.ok((await small.isHidden()) && (await done.getByText(WORDS['finish.unmarked']).isVisible()));
    const difference = apart((await look(page)).corner, marked.corner);
    assert.equal(difference > 0, height === 300, `the mark makes ${difference} in a corner ${height} pixels high`);
    await page.evaluate(() => localStorage.removeItem('nijigen.choices'));
    await startAnew(page);
  }
  await context.close();
});
