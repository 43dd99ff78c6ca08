// Two tabs of the page: what one is about to do, the other one neither does nor undoes.
import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { choose, launch, open, reaches, SITE, WORDS } from './browser.mjs';
import { age, close, holds, kind, openPanel, smallPhotos, stored } from './panel.mjs';
import { serve } from './server.mjs';
import * as sessions from './sessions.mjs';

let browser, server, LAKE, DOG, ASTERS, context, page, watch;
before(async () => {
  browser = await launch();
  [LAKE, DOG, ASTERS] = await smallPhotos(browser, 'lake', 'dog', 'asters');
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  ({ context, page, watch } = await open(browser, server.url));
  await choose(page, LAKE, DOG);
  await reaches(page, 1, 'done');
  await holds(page, 2);
});
afterEach(async () => {
  watch.assertClean();
  await context.close();
});

async function another() {
  const other = await context.newPage();
  await other.goto(server.url);
  return other;
}

/** Presses a button of the first entry as one does with the keyboard: then it waits for the next key. */
async function press(page, button) {
  await page.bringToFront();
  await page.locator('.entry').first().locator(button).press('Enter');
}

test('what is taken back in one tab is not removed by another one', async () => {
  await openPanel(page);
  await press(page, '.remove');
  const other = await another();
  await openPanel(other);
  assert.equal(await other.locator('.entry').count(), 1);
  await close(other);
  await press(page, '.undo');
  await close(page);
  await choose(other, ASTERS, DOG, LAKE);
  assert.deepEqual([await kind(other, 0), await kind(other, 1), await kind(other, 2)], ['made', 'exact', 'exact']);
  await holds(other, 3);
});

test('while one tab may still take it back, another one removes nothing', async () => {
  await openPanel(page);
  await press(page, '.remove');
  const other = await another();
  await choose(other, ASTERS);
  await reaches(other, 0, 'done');
  await holds(other, 3);
  await press(page, '.undo');
  await openPanel(other);
  assert.equal(await other.locator('.entry').count(), 3);
  await close(other);
  await close(page);
  assert.equal((await stored(page)).length, 3);
});

test('what one tab removes leaves alone what another one has deleted; that goes with its tab', async () => {
  await openPanel(page);
  await press(page, '.remove');
  const other = await another();
  await openPanel(other);
  await press(other, '.remove');
  await close(other);
  await holds(other, 1);
  // The tab is gone, nobody can take it back any more.
  await page.close();
  await other.reload();
  await holds(other, 0);
  await openPanel(other);
  assert.equal(await other.locator('.entry').count(), 0);
});

test('when all is deleted in one tab, what another one had deleted may be made anew', async () => {
  await openPanel(page);
  await press(page, '.remove');
  const other = await another();
  await openPanel(other);
  await other.getByRole('button', { name: WORDS['kept.clear'] }).click();
  await other.getByRole('alertdialog').getByRole('button', { name: WORDS['kept.clear-yes'] }).click();
  await holds(other, 0);
  await close(other);
  await choose(other, DOG);
  assert.equal(await kind(other, 0), 'made');
  await holds(other, 1);
  await page.bringToFront();
  await close(page);
  await choose(page, DOG);
  assert.equal(await kind(page, 2), 'exact');
  assert.equal((await stored(page)).length, 1);
});

test('when all is deleted in one tab, another one shows so and says that its list is not kept any more', async () => {
  const other = await another();
  await choose(other, ASTERS);
  await reaches(other, 0, 'done');
  await sessions.holds(other, sessions.settled(3), 'both lists are stored');
  await openPanel(other);
  await other.locator('.entry').nth(2).waitFor();
  const link = other.locator('.card .save');
  const before = await link.getAttribute('href');

  await openPanel(page);
  await page.getByRole('button', { name: WORDS['kept.clear'] }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: WORDS['kept.clear-yes'] }).click();
  await other.locator('.entry').first().waitFor({ state: 'detached' });
  assert.equal(await other.locator('.kept .clear').isVisible(), false);
  await close(other);
  await other.locator('.batch .note', { hasText: WORDS['session.cleared'] }).waitFor();
  assert.equal(await link.getAttribute('href'), before, 'what is in the list stays there');
  assert.deepEqual((await sessions.stored(other)).names, []);

  // What comes into it from then on is kept as before.
  await choose(other, DOG);
  await reaches(other, 1, 'done');
  await sessions.holds(other, sessions.settled(1), 'only the new one is stored');
  await other.reload();
  await reaches(other, 0, 'done');
  assert.deepEqual(await other.locator('.card h2').allTextContents(), ['dog.jpg']);
});

test('what is chosen holds in other tabs only once the panel is closed', async () => {
  await page.evaluate(() => localStorage.setItem('nijigen.settings', '{"days":30}'));
  await age(page, 10);
  await page.reload();
  const other = await another();
  await choose(other, DOG);
  assert.equal(await kind(other, 0), 'exact');
  await openPanel(page);
  await page.getByRole('combobox', { name: WORDS['keeping.age'] }).selectOption('1');
  await choose(other, ASTERS);
  await reaches(other, 1, 'done');
  await holds(other, 3);
  await close(page);
  await holds(other, 1);
});
