// Dropping, pasting, and the keyboard alone.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { card, choose, draws, launch, open, PHOTO, reaches, SITE, WORDS } from './browser.mjs';
import { serve } from './server.mjs';

let browser, server;
before(async () => {
  browser = await launch();
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

test('a photo dropped anywhere on the page', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  const dataTransfer = await page.evaluateHandle(
    (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], 'dropped.jpg', { type: 'image/jpeg' }));
      return transfer;
    },
    readFileSync(PHOTO, 'base64'),
  );
  await page.dispatchEvent('footer', 'dragenter', { dataTransfer });
  assert.ok(await page.evaluate(() => document.body.classList.contains('dropping')));
  await page.dispatchEvent('footer', 'drop', { dataTransfer });
  assert.ok(!(await page.evaluate(() => document.body.classList.contains('dropping'))));
  await reaches(page, 0, 'done');
  assert.equal(await card(page, 0).locator('a[download]').getAttribute('download'), 'dropped-meadow.png');
  watch.assertClean();
  await context.close();
});

test('a picture dragged out of another page: taken where it can be had, else told, and the page stays', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  const drop = async (data) => {
    const dataTransfer = await page.evaluateHandle((data) => {
      const transfer = new DataTransfer();
      for (const [type, text] of Object.entries(data)) transfer.setData(type, text);
      return transfer;
    }, data);
    await page.dispatchEvent('main', 'dragover', { dataTransfer });
    return page.evaluate(
      (dataTransfer) =>
        !document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true })),
      dataTransfer,
    );
  };
  const refused = page.locator('.note', { hasText: WORDS['batch.elsewhere'] });
  assert.ok(await drop({ 'text/uri-list': 'https://elsewhere.test/a.jpg' }), 'the browser does not go there');
  await refused.waitFor();
  assert.ok(
    await drop({ 'text/html': '<a href="/"><img src="https://elsewhere.test/a.jpg"></a>', 'text/uri-list': '/' }),
  );
  assert.ok(await drop({ 'text/uri-list': `${server.url}index.html` }), 'no picture');
  assert.ok(await drop({ 'text/uri-list': 'data:image/jpeg;base64,%' }), 'no address');
  assert.ok(await drop({ 'text/html': '<b>words</b>' }));
  assert.equal(await page.locator('.card').count(), 0);

  const base64 = readFileSync(PHOTO, 'base64');
  assert.ok(await drop({ 'text/uri-list': `# a remark\r\n${server.url}hero/photo.jpg` }));
  await reaches(page, 0, 'done');
  assert.ok(await drop({ 'text/html': `<p><img alt="" src="data:image/jpeg;base64,${base64}"></p>` }));
  await page.locator('.card').nth(1).waitFor();
  assert.deepEqual(await page.locator('.heading .name').allTextContents(), ['photo.jpg', 'picture']);
  await reaches(page, 1, 'done');
  watch.assertClean();
  await context.close();
});

test('a folder is chosen: its pictures come in the order of their names, the rest is left out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  mkdirSync(join(folder, 'more'));
  for (const name of ['10.jpg', '9.jpg', 'more/1.jpg', '.hidden.jpg']) copyFileSync(PHOTO, join(folder, name));
  writeFileSync(join(folder, 'notes.txt'), 'words');
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  const opened = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: WORDS['intake.folder'] }).click();
  await (await opened).setFiles(folder);
  await page.locator('.note', { hasText: WORDS['batch.left-out'].replace('{count}', '2') }).waitFor();
  assert.deepEqual(await page.locator('.heading .name').allTextContents(), ['9.jpg', '10.jpg', '1.jpg']);
  watch.assertClean();
  await context.close();
});

test('where there are no folders to choose from, nothing offers to', async () => {
  const { context, page } = await open(browser, server.url, { format: 'png', hasTouch: true, isMobile: true });
  await page.getByText(WORDS['intake.choose'], { exact: true }).waitFor();
  assert.equal(await page.locator('#choose-folder').isVisible(), false);
  await context.close();
});

test('a picture pasted from the clipboard', async () => {
  const { context, page, watch } = await open(browser, server.url, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(200, 120);
    const context = canvas.getContext('2d');
    context.fillStyle = 'teal';
    context.fillRect(20, 20, 120, 80);
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': canvas.convertToBlob() })]);
  });
  await page.keyboard.press('Control+V');
  await reaches(page, 0, 'done');
  assert.match(await card(page, 0).locator('.status').textContent(), /200 × 120/);
  watch.assertClean();
  await context.close();
});

/** Presses Tab until an element that matches has the focus; says whether it can be seen there. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('Tab');
    const outline = await page.evaluate((selector) => {
      const focused = document.activeElement;
      if (!focused?.matches(selector)) return undefined;
      const shown = focused.matches('.unseen') ? focused.nextElementSibling : focused;
      return getComputedStyle(shown).outlineStyle;
    }, selector);
    if (outline) return assert.equal(outline, 'solid', `the focus on ${selector} shows`);
  }
  assert.fail(`${selector} cannot be reached by keyboard`);
}

test('the whole way by keyboard: choose, cancel, try again, download', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  // Asked for well before: the browser has to be told that it must not open the dialog itself.
  const opened = page.waitForEvent('filechooser');
  await tabTo(page, 'input[type=file]');
  await page.keyboard.press('Space');
  const chooser = await opened;
  assert.ok(chooser.isMultiple());
  await chooser.setFiles([PHOTO]);
  // While the engine is fetched: drawing may be over sooner than a key is pressed.
  await reaches(page, 0, 'running');

  await tabTo(page, '.cancel');
  await page.keyboard.press('Enter');
  await reaches(page, 0, 'cancelled');
  assert.ok(
    await page.evaluate(() => document.activeElement.matches('.retry')),
    'the focus goes on to what is left to do',
  );
  await page.keyboard.press('Enter');
  await reaches(page, 0, 'done');
  assert.ok(await page.evaluate(() => document.activeElement.matches('a[download]')));
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  assert.equal(download.suggestedFilename(), 'lake-meadow.png');
  watch.assertClean();
  await context.close();
});

test('progress, results and failures are told to screen readers', async () => {
  const { context, page } = await open(browser, server.url, { format: 'png' });
  await choose(page, PHOTO, 'tests/fixtures/bad/text.jpg');
  const meter = page.getByRole('progressbar', { name: 'lake.jpg' });
  await draws(page, 0);
  assert.match(await meter.getAttribute('aria-valuenow'), /^\d+$/);
  const announcements = page.getByRole('log').locator('p');
  await announcements.filter({ hasText: 'lake.jpg is ready' }).waitFor();
  await announcements.filter({ hasText: 'text.jpg: This file is not a picture' }).waitFor();
  await context.close();
});
