// As large as the photo, and how long one waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card, choose, largePhoto, open, reaches, startAnew, WORDS } from './browser.mjs';
import { site } from './panel.mjs';
import { readPng } from './pixels.mjs';

const stage = site('lake');

test('a picture can be as large as its photo, and the menu says how large and about how long', async (t) => {
  const photo = await largePhoto(stage.browser, 2600, 1000);
  const { context, page, watch } = await open(stage.browser, stage.server.url, { format: 'png' });
  await choose(page, photo);
  await card(page).locator('.before img:not([hidden])').waitFor();
  const sizes = card(page).locator('[name=size]');
  const option = () => sizes.locator('option').last().textContent();
  const sides = WORDS['finish.photo-size'].replace('{width}', '2600').replace('{height}', '1000');
  assert.equal(await option(), sides, 'nothing was drawn here yet');
  const done = await reaches(page, 0, 'done');
  const said = await option();
  t.diagnostic(said);
  assert.match(said.slice(sides.length), /^: about \d+ (s|min)$/);

  await done.locator('.saving summary').click();
  await sizes.selectOption('photo');
  await page.locator('.card:not([data-state=done])').waitFor();
  await reaches(page, 0, 'done');
  t.diagnostic(await done.locator('.status').textContent());
  assert.match(await done.locator('.status').textContent(), /2600 × 1000/);
  const [download] = await Promise.all([page.waitForEvent('download'), done.locator('a[download]').click()]);
  const { width, height } = readPng(await download.path());
  assert.deepEqual([width, height], [2600, 1000]);

  // The next photo begins so, too.
  await startAnew(page);
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  assert.equal(await sizes.inputValue(), 'photo');
  assert.match(await card(page).locator('.status').textContent(), /160 × 90/);
  watch.assertClean();
  await context.close();
});

test('of sizes that a photo has not, one is offered, which says how large the picture will be', async () => {
  const { context, page } = await open(stage.browser, stage.server.url);
  // 576 × 576 pixels.
  await choose(page, 'tests/fixtures/photos/dog.jpg');
  const done = await reaches(page, 0, 'done');
  await done.locator('.saving summary').click();
  const sizes = done.locator('[name=size]');
  const offered = () => sizes.locator('option').allTextContents();
  const photo = WORDS['finish.photo-size'].replace('{width}', '576').replace('{height}', '576');
  const smaller = WORDS['finish.pixels'].replace('{side}', '512');
  const assertOffered = async (value) => {
    const [first, second, ...rest] = await offered();
    assert.deepEqual([first, second.startsWith(photo), rest], [smaller, true, []], second);
    assert.equal(await sizes.inputValue(), value);
  };
  await assertOffered('1024');
  await sizes.selectOption('512');
  await done.locator('.status', { hasText: '512 × 512' }).waitFor();
  await assertOffered('512');
  // What was chosen before, and not the size of whatever comes next.
  await sizes.selectOption('1024');
  await done.locator('.status', { hasText: '576 × 576' }).waitFor();
  await assertOffered('1024');
  await context.close();
});

test('the time said is all that somebody waited', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { serviceWorkers: 'block' });
  await context.route('**/*.onnx*', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await route.continue();
  });
  await choose(page, stage.photos[0]);
  const done = await reaches(page, 0, 'done');
  const seconds = async () => {
    const status = await done.locator('.status').textContent();
    return Number(/ready after ([\d.]+) s/.exec(status)[1]);
  };
  const waited = await seconds();
  assert.ok(waited >= 3, `${waited} s`);
  const link = done.locator('a[download]');
  const before = await link.getAttribute('href');
  await done.locator('[name=mark]').click();
  await page.waitForFunction((before) => document.querySelector('.card a[download]').href !== before, before);
  assert.equal(await seconds(), waited, 'another file is no other drawing');
  await context.close();
});
