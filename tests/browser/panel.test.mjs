// The panel of kept pictures and settings: what it shows, and that what is chosen there holds.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { card, choose, launch, open, PHOTO, reaches, SITE, WORDS } from './browser.mjs';
import { convertNatively, meanDifference, readPng } from './pixels.mjs';
import { serve } from './server.mjs';

const DOG = 'tests/fixtures/photos/dog.jpg';
const SCREENSHOTS = 'target/screenshots';
const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));

let browser, server;
before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await launch();
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

/** The words between the last two values of a text of the page. */
const part = (key) => WORDS[key].split(/\{\w+\}/).at(-2);

/** How a finished card's picture came: made by the engine, kept, or near. */
async function kind(page, index) {
  const done = await reaches(page, index, 'done');
  const status = await done.locator('.status').textContent();
  if (status.includes(part('status.done'))) return 'made';
  assert.ok(status.includes(part('status.kept')), status);
  return (await done.locator('.likeness').isVisible()) ? 'near' : 'exact';
}

async function openPanel(page) {
  await page.getByRole('button', { name: WORDS['panel.open'] }).click();
  await page.locator('.kept:not([aria-busy])').waitFor();
}

const close = (page) => page.keyboard.press('Escape');

/** What is in the database, whoever says what. */
const stored = (page) =>
  page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen');
      request.onsuccess = () => resolve(request.result);
    });
    const names = database.objectStoreNames.contains('pictures')
      ? await new Promise((resolve) => {
          const request = database.transaction('pictures').objectStore('pictures').getAllKeys();
          request.onsuccess = () => resolve(request.result);
        })
      : [];
    database.close();
    return names;
  });

/** Waits until so many pictures are in the database. */
async function holds(page, count) {
  for (let tries = 0; (await stored(page)).length !== count; tries++) {
    assert.ok(tries < 50, `${count} pictures in the database`);
    await page.waitForTimeout(100);
  }
}

test('what is made is listed, can be looked at, saved, deleted and brought back', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO, DOG, PHOTO);
  assert.deepEqual([await kind(page, 0), await kind(page, 1), await kind(page, 2)], ['made', 'made', 'exact']);
  await openPanel(page);
  const entry = page.locator('.entry');
  assert.equal(await entry.count(), 2);
  const [dog, lake] = await page.locator('.entry .about').allTextContents();
  assert.match(dog, new RegExp(`^${WORDS['style.meadow']} .*kB.*${WORDS['kept.hits-none']}$`));
  assert.match(lake, new RegExp(`${WORDS['kept.hits.one']}$`));
  assert.match(await page.locator('.usage').textContent(), /^2 pictures, \d+ kB\. .*room/);

  await page
    .getByRole('button', { name: /^Open the Meadow/ })
    .nth(1)
    .click();
  const shown = page.locator('#viewer img:not([hidden])');
  await shown.waitFor();
  assert.deepEqual(await shown.evaluate((img) => [img.naturalWidth, img.naturalHeight]), [640, 360]);
  await close(page);
  const [download] = await Promise.all([page.waitForEvent('download'), entry.nth(1).locator('.save').click()]);
  assert.match(download.suggestedFilename(), /^nijigen-meadow-\d{4}-\d\d-\d\d\.png$/);
  assert.equal(readPng(await download.path()).width, 640);

  await entry.nth(0).locator('.remove').click();
  assert.match(await page.locator('.usage').textContent(), /^1 picture,/);
  await entry.nth(0).locator('.undo').click();
  assert.match(await page.locator('.usage').textContent(), /^2 pictures,/);
  await entry.nth(0).locator('.remove').click();
  await close(page);
  await holds(page, 1);
  await choose(page, DOG, PHOTO);
  assert.deepEqual([await kind(page, 3), await kind(page, 4)], ['made', 'exact']);
  watch.assertClean();
  await context.close();
});

test('a deletion that nobody takes back is carried out, even with the page gone', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO, DOG);
  await reaches(page, 1, 'done');
  await openPanel(page);
  await page.locator('.remove').first().click();
  await page.mouse.move(2, 2);
  await page.locator('.entry').nth(1).waitFor({ state: 'detached', timeout: 15_000 });
  await holds(page, 1);

  await page.locator('.remove').click();
  await page.reload();
  assert.equal((await stored(page)).length, 1);
  await openPanel(page);
  assert.equal(await page.locator('.entry').count(), 0);
  assert.equal((await stored(page)).length, 0);
  watch.assertClean();
  await context.close();
});

test('all is deleted only after a question', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO, DOG);
  await reaches(page, 1, 'done');
  await openPanel(page);
  const clear = page.getByRole('button', { name: WORDS['kept.clear'] });
  await clear.click();
  const question = page.getByRole('alertdialog');
  assert.match(await question.locator('p').textContent(), /all 2 kept pictures/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.entry').count(), 2);
  assert.ok(await clear.evaluate((button) => button === document.activeElement));
  await clear.click();
  await page.keyboard.press('Enter');
  assert.equal((await stored(page)).length, 2, 'the first answer is the safe one');
  await clear.click();
  await question.getByRole('button', { name: WORDS['kept.clear-yes'] }).click();
  await page.locator('.usage', { hasText: WORDS['kept.empty'] }).waitFor();
  assert.deepEqual(await stored(page), []);
  assert.ok(await page.locator('#panel .close').evaluate((button) => button === document.activeElement));
  watch.assertClean();
  await context.close();
});

test('switched off nothing is kept or found; the choice outlives the page', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  await openPanel(page);
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await choose(page, PHOTO, DOG, DOG);
  assert.deepEqual([await kind(page, 1), await kind(page, 2), await kind(page, 3)], ['made', 'made', 'made']);
  assert.equal((await stored(page)).length, 1, 'what is there stays');
  await page.reload();
  await choose(page, PHOTO);
  assert.equal(await kind(page, 0), 'made');
  await openPanel(page);
  assert.equal(await page.locator('.entry').count(), 1);
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await choose(page, PHOTO);
  assert.equal(await kind(page, 1), 'exact');
  watch.assertClean();
  await context.close();
});

/** A copy that is saved again so badly that its hash differs a little. */
async function copy(page) {
  const base64 = await page.evaluate(
    async (photo) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${photo}`)).blob());
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
      const context = canvas.getContext('2d');
      context.filter = 'brightness(1.1)';
      context.drawImage(bitmap, 0, 0, 320, 180);
      return canvas.toDataURL('image/jpeg', 0.4).split(',')[1];
    },
    readFileSync(PHOTO, 'base64'),
  );
  const file = join(folder, 'copy.jpg');
  writeFileSync(file, Buffer.from(base64, 'base64'));
  return file;
}

/** In how many bits the hashes of two photos differ. */
function distance(...photos) {
  const lines = execFileSync('target/release/nijigen', ['fingerprint', ...photos], { encoding: 'utf8' });
  const [a, b] = lines.split('\n').map((line) => BigInt(`0x${line.slice(0, 16)}`));
  return (a ^ b).toString(2).replaceAll('0', '').length;
}

test('the likeness that is chosen is the one that counts', async (t) => {
  const blank = await browser.newPage();
  const again = await copy(blank);
  await blank.close();
  const bits = distance(PHOTO, again);
  t.diagnostic(`the copy differs in ${bits} bits`);
  assert.ok(bits >= 1 && bits <= 5);

  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO, again);
  assert.deepEqual([await kind(page, 0), await kind(page, 1)], ['made', 'near']);
  await openPanel(page);
  const slider = page.getByRole('slider');
  assert.equal(await slider.getAttribute('aria-valuetext'), `5 of 16. ${WORDS['keeping.likeness-copies']}`);
  await slider.fill(String(bits - 1));
  await close(page);
  await choose(page, again);
  assert.equal(await kind(page, 2), 'made');
  watch.assertClean();
  await context.close();
});

test('the age limit that is chosen holds once the panel is closed', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await page.evaluate(() => localStorage.setItem('nijigen.settings', '{"days":30}'));
  await page.reload();
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  // Ten days pass.
  await page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen');
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction('records', 'readwrite');
    const records = transaction.objectStore('records');
    const [{ id, record }] = await new Promise((resolve) => {
      const request = records.getAll();
      request.onsuccess = () => resolve(request.result);
    });
    const old = JSON.parse(record);
    old.life.created = old.life.used = Date.now() - 10 * 24 * 60 * 60 * 1000;
    records.put({ id, record: JSON.stringify(old) });
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  });
  await page.reload();
  await openPanel(page);
  const age = page.getByRole('combobox', { name: WORDS['keeping.age'] });
  assert.equal(await age.inputValue(), '30');
  // Off, and the limit is still the one that was chosen.
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await openPanel(page);
  assert.equal(await page.locator('.entry').count(), 1);
  await age.selectOption('7');
  assert.equal((await stored(page)).length, 1, 'while the panel is open nothing goes');
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await openPanel(page);
  assert.equal(await page.locator('.entry').count(), 0);
  watch.assertClean();
  await context.close();
});

test('by keyboard: in, through the panel, out, with the focus where it belongs', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  const focused = (selector) => page.evaluate((selector) => document.activeElement.matches(selector), selector);
  await page.locator('#open-panel').focus();
  await page.keyboard.press('Enter');
  await page.locator('.entry').waitFor();
  assert.ok(await focused('#panel .close'));
  await page.locator('.entry .remove').focus();
  await page.keyboard.press('Enter');
  assert.ok(await focused('.undo'));
  // Whoever is about to undo is not hurried.
  await page.waitForTimeout(10_000);
  await page.keyboard.press('Enter');
  assert.ok(await focused('.entry .remove'));
  await page.keyboard.press('Escape');
  assert.ok(await focused('#open-panel'));
  await page.waitForTimeout(500);
  assert.equal((await stored(page)).length, 1);
  watch.assertClean();
  await context.close();
});

test('the browser is asked to keep pictures for good only when somebody wants it', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await page.evaluate(() => {
    window.asked = 0;
    navigator.storage.persist = () => Promise.resolve((window.asked += 1) > 1);
    navigator.storage.persisted = () => Promise.resolve(window.asked > 1);
  });
  const asked = () => page.evaluate(() => window.asked);
  await choose(page, PHOTO);
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
  const { context, page } = await open(browser, server.url, { serviceWorkers: 'block' });
  await context.addInitScript(() => {
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
  await choose(page, PHOTO, PHOTO);
  assert.deepEqual([await kind(page, 0), await kind(page, 1)], ['made', 'exact']);
  await openPanel(page);
  assert.equal(await page.locator('.notice').textContent(), WORDS['kept.fleeting']);
  assert.equal(await page.locator('.entry').count(), 1);
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  assert.ok(await page.locator('.forgetful').isVisible());
  await close(page);
  await choose(page, PHOTO);
  assert.equal(await kind(page, 2), 'made');
  await context.close();
});

test('the mark is in the page’s language, and can be left out', async (t) => {
  const { context, page, watch } = await open(browser, server.url);
  const saved = async (index) => {
    const done = await reaches(page, index, 'done');
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
  await openPanel(page);
  await page.getByRole('switch', { name: WORDS['drawing.mark'] }).click();
  await close(page);
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
  assert.deepEqual(await Promise.all([0, 1, 2].map((index) => kind(page, index))), ['made', 'made', 'made']);
  assert.equal(await card(page, 2).locator('a[download]').getAttribute('download'), 'lake-meadow.png');
  watch.assertClean();
  await context.close();
});

test('it fits at every width, in both themes', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO, DOG, 'tests/fixtures/photos/asters.jpg');
  await reaches(page, 2, 'done');
  await openPanel(page);
  await page.locator('.entry .remove').nth(1).click();
  for (const width of [320, 360, 768, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const look = (name) => page.screenshot({ path: `${SCREENSHOTS}/${name}-${width}-${colorScheme}.png` });
      const panel = page.locator('#panel');
      await panel.evaluate((dialog) => (dialog.scrollTop = 0));
      await look('panel');
      const { wide, room } = await panel.evaluate(({ scrollWidth, clientWidth }) => ({
        wide: scrollWidth,
        room: clientWidth,
      }));
      assert.ok(wide <= room, `${wide} px of content in ${room} px`);
      await panel.evaluate((dialog) => (dialog.scrollTop = dialog.scrollHeight));
      await look('settings');
    }
  }
  watch.assertClean();
  await context.close();
});
