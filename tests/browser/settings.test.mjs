// What is chosen in the panel holds.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { card, choose, launch, open, PHOTO, reaches, SITE, WORDS } from './browser.mjs';
import { age, close, holds, kind, openPanel, smallPhotos, stored } from './panel.mjs';
import { convertNatively, meanDifference, readPng } from './pixels.mjs';
import { serve } from './server.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));

let browser, server, LAKE, DOG;
before(async () => {
  browser = await launch();
  [LAKE, DOG] = await smallPhotos(browser, 'lake', 'dog');
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

test('switched off nothing is kept or found; the choice outlives the page', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await openPanel(page);
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await choose(page, LAKE, DOG, DOG);
  assert.deepEqual([await kind(page, 1), await kind(page, 2), await kind(page, 3)], ['made', 'made', 'made']);
  assert.equal((await stored(page)).length, 1, 'what is there stays');
  await page.reload();
  await choose(page, LAKE);
  assert.equal(await kind(page, 0), 'made');
  await openPanel(page);
  assert.equal(await page.locator('.entry').count(), 1);
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await choose(page, LAKE);
  assert.equal(await kind(page, 1), 'exact');
  watch.assertClean();
  await context.close();
});

/** In how many bits the hashes of two photos differ. */
function distance(...photos) {
  const lines = execFileSync('target/release/nijigen', ['fingerprint', ...photos], { encoding: 'utf8' });
  const [a, b] = lines.split('\n', 2).map((line) => BigInt(`0x${line.slice(0, 16)}`));
  return (a ^ b).toString(2).replaceAll('0', '').length;
}

/** A copy saved again, with so much of an edge cut off that its hash differs a little. */
async function copy(t) {
  const page = await browser.newPage();
  const file = join(folder, 'copy.jpg');
  for (let edge = 1; edge <= 10; edge++) {
    const base64 = await page.evaluate(
      async ([photo, edge]) => {
        const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(photo), (sign) => sign.charCodeAt(0))]));
        const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
        canvas.getContext('2d').drawImage(bitmap, 0, edge, 640 - edge, 360 - edge, 0, 0, 640, 360);
        return canvas.toDataURL('image/jpeg', 0.6).split(',')[1];
      },
      [readFileSync(PHOTO, 'base64'), edge],
    );
    writeFileSync(file, Buffer.from(base64, 'base64'));
    const bits = distance(PHOTO, file);
    if (bits < 1 || bits > 5) continue;
    t.diagnostic(`the copy differs in ${bits} bits, for ${edge} px less`);
    await page.close();
    return file;
  }
  return assert.fail('no copy differs a little');
}

test('the likeness that is chosen is the one that counts', async (t) => {
  const again = await copy(t);
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  // One after the other: both at once would be drawn by a worker each.
  await choose(page, PHOTO);
  assert.equal(await kind(page, 0), 'made');
  await choose(page, again);
  assert.equal(await kind(page, 1), 'near');
  await openPanel(page);
  const slider = page.locator('#panel').getByRole('slider');
  assert.equal(await slider.getAttribute('aria-valuetext'), `5 of 16. ${WORDS['keeping.likeness-copies']}`);
  await slider.fill('0');
  await close(page);
  await choose(page, again);
  assert.equal(await kind(page, 2), 'made');
  watch.assertClean();
  await context.close();
});

test('the age limit that is chosen holds once the panel is closed', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await page.evaluate(() => localStorage.setItem('nijigen.settings', '{"days":30}'));
  await page.reload();
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await holds(page, 1);
  await age(page, 10);
  await page.reload();
  await openPanel(page);
  const limit = page.getByRole('combobox', { name: WORDS['keeping.age'] });
  assert.equal(await limit.inputValue(), '30');
  // Off, and the limit is still the one that was chosen.
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await openPanel(page);
  assert.equal(await page.locator('.entry').count(), 1);
  await limit.selectOption('7');
  assert.equal((await stored(page)).length, 1, 'while the panel is open nothing goes');
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await holds(page, 0);
  await openPanel(page);
  assert.equal(await page.locator('.entry').count(), 0);
  watch.assertClean();
  await context.close();
});

test('what has grown too old goes on a visit that draws nothing', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await holds(page, 1);
  await age(page, 8);
  await page.reload();
  await holds(page, 0);
  watch.assertClean();
  await context.close();
});

test('the browser is asked to keep pictures for good only when somebody wants it', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await page.evaluate(() => {
    window.asked = 0;
    navigator.storage.persist = () => Promise.resolve((window.asked += 1) > 1);
    navigator.storage.persisted = () => Promise.resolve(window.asked > 1);
  });
  const asked = () => page.evaluate(() => window.asked);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await openPanel(page);
  const words = (key) => page.locator('#lasting', { hasText: WORDS[key] }).waitFor();
  await words('keeping.lasting-why');
  assert.equal(await asked(), 0);
  const button = page.getByRole('button', { name: WORDS['keeping.persist'] });
  await button.click();
  await words('keeping.refused');
  assert.equal(await asked(), 1);
  await button.click();
  await words('keeping.persisted');
  assert.ok(await button.isHidden());
  await page.evaluate(() => window.dispatchEvent(new Event('appinstalled')));
  await page.waitForFunction(() => window.asked === 3);
  watch.assertClean();
  await context.close();
});

test('where storage is refused the panel says so, and choices hold for the visit', async () => {
  const { context, page } = await open(browser, server.url, { format: 'png', serviceWorkers: 'block' });
  await context.addInitScript(() => {
    // Another worker's memory knows nothing of the first one's.
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: 1 });
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('no', 'SecurityError');
      },
    });
  });
  await context.route('**/worker-*.js', async (route) => {
    const response = await route.fetch();
    const refuse = `Object.defineProperty(self, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } });`;
    await route.fulfill({ response, body: refuse + (await response.text()) });
  });
  await page.reload();
  for (const [index, how] of ['made', 'exact'].entries()) {
    await choose(page, LAKE);
    assert.equal(await kind(page, index), how);
  }
  await openPanel(page);
  assert.equal(await page.locator('.notice').textContent(), WORDS['kept.fleeting']);
  assert.equal(await page.locator('.entry').count(), 1);
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  assert.ok(await page.locator('.forgetful').isVisible());
  await close(page);
  await choose(page, LAKE);
  assert.equal(await kind(page, 2), 'made');
  await context.close();
});

test('the mark is in the page’s language, and can be left out', async (t) => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  const saved = async (index) => {
    const done = await reaches(page, index, 'done');
    // At once: a card whose mark changes later may find in the cache what the next one drew.
    assert.equal(await kind(page, index), 'made');
    const [download] = await Promise.all([page.waitForEvent('download'), done.locator('a[download]').click()]);
    return readPng(await download.path());
  };
  const native = (locale, ...options) => {
    process.env.LC_ALL = locale;
    return convertNatively(PHOTO, join(folder, 'native.png'), ...options);
  };
  await choose(page, PHOTO);
  const english = await saved(0);
  await page.evaluate(() => (document.documentElement.lang = 'ja-JP'));
  await choose(page, PHOTO);
  const japanese = await saved(1);
  await card(page, 1).locator('[name=mark]').click();
  await choose(page, PHOTO);
  const bare = await saved(2);

  const apart = meanDifference(english, japanese);
  const off = [
    meanDifference(english, native('C.UTF-8')),
    meanDifference(japanese, native('ja_JP.UTF-8')),
    meanDifference(bare, native('C.UTF-8', '--no-label')),
  ];
  t.diagnostic(
    `the marks are ${apart.toFixed(4)} apart, the pictures off by ${off.map((d) => d.toFixed(4)).join(', ')}`,
  );
  for (const difference of off) assert.ok(difference < apart / 4);
  assert.equal(await card(page, 2).locator('a[download]').getAttribute('download'), 'lake-meadow.png');
  watch.assertClean();
  await context.close();
});
