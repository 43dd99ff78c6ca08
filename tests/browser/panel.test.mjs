// The panel of kept pictures: what it shows, deletes and asks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { choose, launch, open, picture, reaches, SITE, WORDS } from './browser.mjs';
import { close, holds, kind, openPanel, smallPhotos, stored } from './panel.mjs';
import { readPng } from './pixels.mjs';
import { serve } from './server.mjs';

let browser, server, LAKE, DOG, ASTERS;
before(async () => {
  browser = await launch();
  [LAKE, DOG, ASTERS] = await smallPhotos(browser, 'lake', 'dog', 'asters');
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

test('what is made is listed, can be looked at, saved, deleted and brought back', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  // One by one: at once, the second may be drawn before the first, and the third before that is kept.
  const kinds = [];
  for (const [index, photo] of [LAKE, DOG, LAKE].entries()) {
    await choose(page, photo);
    kinds.push(await kind(page, index));
  }
  assert.deepEqual(kinds, ['made', 'made', 'exact']);
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
  assert.deepEqual(await shown.evaluate((img) => [img.naturalWidth, img.naturalHeight]), [160, 90]);
  await close(page);
  const [download] = await Promise.all([page.waitForEvent('download'), entry.nth(1).locator('.save').click()]);
  assert.match(download.suggestedFilename(), /^nijigen-meadow-\d{4}-\d\d-\d\d\.png$/);
  assert.equal(readPng(await download.path()).width, 160);

  await entry.nth(0).locator('.remove').click();
  assert.match(await page.locator('.usage').textContent(), /^1 picture,/);
  await entry.nth(0).locator('.undo').click();
  assert.match(await page.locator('.usage').textContent(), /^2 pictures,/);
  await entry.nth(0).locator('.remove').click();
  await close(page);
  await holds(page, 1);
  await choose(page, DOG, LAKE);
  assert.deepEqual([await kind(page, 3), await kind(page, 4)], ['made', 'exact']);
  watch.assertClean();
  await context.close();
});

test('the settings begin with what many look for; the app’s shortcut to kept pictures comes to those', async () => {
  const viewport = { width: 360, height: 400 };
  const { context, page } = await open(browser, `${server.url}#kept`, { viewport });
  const title = page.locator('#kept-title');
  const inSight = () => {
    const { top, bottom } = document.querySelector('#kept-title').getBoundingClientRect();
    return top >= document.querySelector('#panel .bar').getBoundingClientRect().bottom && bottom <= innerHeight;
  };
  await title.waitFor();
  await page.waitForFunction(inSight);
  await close(page);
  await openPanel(page);
  await page.evaluate(() => document.querySelector('#panel').scrollTo(0, 0));
  assert.ok(await page.getByRole('combobox', { name: WORDS['theme.label'] }).isVisible());
  assert.equal(await page.evaluate(inSight), false);
  await context.close();
});

test('a deletion that nobody takes back is carried out, even with the page gone', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, LAKE, DOG);
  await reaches(page, 1, 'done');
  await openPanel(page);
  await page.clock.install();
  await page.locator('.entry .remove').first().click();
  await page.mouse.move(2, 2);
  assert.equal(await page.locator('.entry').count(), 2, 'it can be taken back');
  await page.clock.fastForward(20_000);
  await page.locator('.entry').nth(1).waitFor({ state: 'detached' });
  await holds(page, 1);

  await page.locator('.entry .remove').click();
  assert.equal((await stored(page)).length, 1);
  await page.reload();
  await openPanel(page);
  assert.equal(await page.locator('.entry').count(), 0);
  assert.equal((await stored(page)).length, 0);
  watch.assertClean();
  await context.close();
});

test('all is deleted only after a question', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, LAKE, DOG);
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

test('by keyboard: in, through the panel, out, with the focus where it belongs', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  const focused = (selector) => page.evaluate((selector) => document.activeElement.matches(selector), selector);
  await page.locator('#open-panel').focus();
  await page.keyboard.press('Enter');
  await page.locator('.entry').waitFor();
  assert.ok(await focused('#panel .close'));
  await page.locator('.entry .remove').focus();
  await page.clock.install();
  await page.keyboard.press('Enter');
  assert.ok(await focused('.undo'));
  // Whoever is about to undo is not hurried.
  await page.clock.fastForward(60_000);
  await page.keyboard.press('Enter');
  assert.ok(await focused('.entry .remove'));
  await page.keyboard.press('Escape');
  assert.ok(await focused('#open-panel'));
  await page.keyboard.press('Enter');
  await page.mouse.click(5, 300);
  assert.ok(await page.locator('#panel').isHidden(), 'a press beside it closes it, too');
  assert.equal((await stored(page)).length, 1);
  watch.assertClean();
  await context.close();
});

test('it fits at every width, in both themes', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, LAKE, DOG, ASTERS);
  await reaches(page, 2, 'done');
  await openPanel(page);
  await page.locator('.entry .remove').nth(1).click();
  for (const width of [320, 360, 768, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const look = (name) => picture(page, `${name}-${width}-${colorScheme}`);
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
