// Models that people bring: tried, named, chosen, kept and removed; and those that are none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { card, choose, open, reaches, WORDS } from './browser.mjs';
import { openPanel, site } from './panel.mjs';

const GOOD = 'tests/vectors/user/tf-dynamic.onnx';
const BAD = 'tests/vectors/user/two-inputs.onnx';

const stage = site('lake');

/** Lets files go over the page. */
async function drop(page, ...paths) {
  const files = paths.map((path) => ({ name: path.replace(/.*\//, ''), bytes: readFileSync(path, 'base64') }));
  const dataTransfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, bytes } of files) {
      const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([content], name, { type: name.endsWith('.jpg') ? 'image/jpeg' : '' }));
    }
    return transfer;
  }, files);
  await page.dispatchEvent('footer', 'drop', { dataTransfer });
}

const styles = (page) => card(page).locator('.styles .name').allTextContents();
const words = (key, values) => WORDS[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

test('a model dropped with a photo is tried, named, drawn with, there after a reload, and removed', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await drop(page, stage.photos[0], GOOD);
  const model = page.locator('.model');
  await model.locator('input:visible').waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('.card').count(), 1, 'the model is no photo');
  assert.equal(await model.locator('input').inputValue(), 'tf dynamic');
  await model.locator('input').fill('Watercolour');
  await model.locator('input').press('Enter');
  await page.keyboard.press('Escape');
  await reaches(page, 0, 'done');
  await card(page).getByText('Watercolour', { exact: true }).waitFor();
  assert.deepEqual((await styles(page)).slice(-1), ['Watercolour']);
  await card(page).getByText('Watercolour', { exact: true }).click();
  await card(page).locator('.status', { hasText: 'Watercolour, 160' }).waitFor({ timeout: 60_000 });

  await page.reload();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  assert.deepEqual((await styles(page)).slice(-1), ['Watercolour'], 'it stays');
  assert.equal(await card(page).locator('.styles input:checked').inputValue(), 'tf-dynamic', 'and is the last choice');

  await openPanel(page);
  const remove = page.getByRole('button', { name: words('own.remove-label', { name: 'Watercolour' }) });
  await remove.click();
  await page.getByRole('alertdialog').getByRole('button', { name: WORDS['own.keep'], exact: true }).click();
  assert.equal(await model.count(), 1);
  await remove.click();
  await page.getByRole('alertdialog').getByRole('button', { name: WORDS['own.remove'], exact: true }).click();
  await model.waitFor({ state: 'detached' });
  assert.ok(await page.evaluate(() => document.activeElement.matches('.own .add')));
  await page.keyboard.press('Escape');
  await card(page).locator('.styles input[value=tf-dynamic]').waitFor({ state: 'detached' });
  assert.equal(await card(page).locator('.styles input:checked').count(), 1, 'another style is chosen');
  await page.reload();
  await openPanel(page);
  assert.equal(await model.count(), 0, 'it is gone for good');
  watch.assertClean();
  await context.close();
});

test('what cannot be a style says why, and stops no other', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  const chooser = page.waitForEvent('filechooser');
  await openPanel(page);
  await page.getByRole('button', { name: WORDS['own.add'] }).click();
  await (await chooser).setFiles([BAD, 'tests/vectors/bad-garbage.onnx', GOOD]);
  await page.locator('.model input:visible').waitFor({ timeout: 60_000 });
  const bad = page.locator('.model.bad');
  assert.equal(await bad.count(), 2);
  assert.deepEqual(await bad.locator('.facts').allTextContents(), [WORDS['own.bad'], WORDS['own.bad']]);
  await bad.first().locator('.detail').waitFor();
  assert.match(await bad.first().locator('.detail').textContent(), /input/);
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const violations = await page.evaluate(async () => (await window.axe.run(document)).violations.map(({ id }) => id));
  assert.deepEqual(violations, []);
  await page.getByRole('button', { name: words('own.dismiss-label', { name: 'two-inputs.onnx' }) }).click();
  assert.equal(await bad.count(), 1);
  await page.reload();
  await openPanel(page);
  await page.locator('.model input:visible').waitFor();
  assert.equal(await page.locator('.model').count(), 1, 'only what works is kept');
  watch.assertClean();
  await context.close();
});

test('what the browser does not store is said: a style that will not stay, a name that is not changed', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await page.evaluate(() => {
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (...row) {
      if (!window.full) return add.apply(this, row);
      throw new DOMException('there is no room', 'QuotaExceededError');
    };
    IDBObjectStore.prototype.put = IDBObjectStore.prototype.delete = () => {
      throw new DOMException('there is no room', 'QuotaExceededError');
    };
  });
  const model = page.locator('.model');
  await drop(page, GOOD);
  await model.locator('input:visible').waitFor({ timeout: 60_000 });
  await model.locator('input').fill('Watercolour');
  await model.locator('input').press('Enter');
  await model.locator('.facts', { hasText: WORDS['own.unchanged'] }).waitFor();
  const japanese = JSON.parse(readFileSync('www/locales/ja.json', 'utf8'));
  await page.evaluate(() => {
    const language = document.querySelector('[name=language]');
    for (const value of ['ja', 'en']) {
      language.value = value;
      language.dispatchEvent(new Event('change', { bubbles: true }));
      (window.told ??= []).push(document.querySelector('.model .facts').textContent);
    }
  });
  assert.deepEqual(await page.evaluate(() => window.told), [japanese['own.unchanged'], WORDS['own.unchanged']]);
  assert.equal(await model.locator('input').inputValue(), 'tf dynamic');
  await page.getByRole('button', { name: words('own.remove-label', { name: 'tf dynamic' }) }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: WORDS['own.remove'], exact: true }).click();
  await page.getByRole('alertdialog').waitFor({ state: 'hidden' });
  assert.equal(await model.count(), 1, 'what is stored is still there');

  await page.evaluate(() => (window.full = true));
  await drop(page, GOOD);
  const last = model.nth(1);
  await last.locator('input:visible').waitFor({ timeout: 60_000 });
  const [, said] = WORDS['own.fleeting'].split('{file}');
  assert.ok((await last.locator('.facts').textContent()).endsWith(said));
  await last.locator('input').fill('Watercolour');
  await last.locator('input').press('Enter');
  await page.keyboard.press('Escape');
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  assert.deepEqual((await styles(page)).slice(-2), ['tf dynamic', 'Watercolour']);
  watch.assertClean();
  await context.close();
});
