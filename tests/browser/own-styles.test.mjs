// Models that people bring: tried, named, chosen, kept and removed; and those that are none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { card, choose, open, reaches, startAnew, WORDS } from './browser.mjs';
import { floats, model as onnx, node, tensor } from './onnx.mjs';
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

/** Keeps the model that has been tried last. */
async function keep(page) {
  await page.locator('.trial .drawn:visible').last().waitFor();
  await page.locator('.trial .keep').last().click();
  assert.ok(await page.evaluate(() => document.activeElement.matches('.own .add')), 'the focus is not lost');
  await page.locator('.trial').last().waitFor({ state: 'detached' });
}

const styles = (page) => card(page).locator('.styles .name').allTextContents();
const words = (key, values) => WORDS[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

test('a model dropped with a photo is tried, named, drawn with, there after a reload, and removed', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await drop(page, stage.photos[0], GOOD);
  const model = page.locator('.model');
  await keep(page);
  await model.locator('input:visible').waitFor();
  assert.equal(await page.locator('.card').count(), 1, 'the model is no photo');
  assert.equal(await model.locator('input').inputValue(), 'tf dynamic');
  await model.locator('input').fill('Watercolour');
  await model.locator('input').press('Enter');
  await page.keyboard.press('Escape');
  await reaches(page, 0, 'done');
  await card(page).getByText('Watercolour', { exact: true }).waitFor();
  assert.deepEqual((await styles(page)).slice(-1), ['Watercolour']);
  await card(page).getByText('Watercolour', { exact: true }).click();
  await card(page).locator('.status', { hasText: 'Watercolour, 160' }).waitFor({ timeout: 180_000 });

  await startAnew(page);
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
  await keep(page);
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
  await keep(page);
  await model.locator('input:visible').waitFor();
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
  await keep(page);
  await last.locator('input:visible').waitFor();
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

test('a browser that stores no Blobs, as WebKit’s private windows, keeps a model all the same', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await context.addInitScript(() => {
    for (const name of ['add', 'put']) {
      const usual = IDBObjectStore.prototype[name];
      IDBObjectStore.prototype[name] = function (value, ...rest) {
        if (Object.values(value).some((part) => part instanceof Blob))
          throw new DOMException('Blobs cannot be stored', 'DataCloneError');
        return usual.call(this, value, ...rest);
      };
    }
  });
  await page.reload();
  await drop(page, GOOD);
  const model = page.locator('.model');
  await keep(page);
  await model.locator('input:visible').waitFor();
  await model.locator('input').fill('Ink');
  await model.locator('input').press('Enter');
  await page.reload();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  assert.deepEqual((await styles(page)).slice(-1), ['Ink'], 'with its new name');
  await card(page).getByText('Ink', { exact: true }).click();
  await card(page).locator('.status', { hasText: 'Ink, 160' }).waitFor({ timeout: 60_000 });
  watch.assertClean();
  await context.close();
});

/** Gives what it takes: whoever reads the one in another range than the other has a picture too dark or too pale. */
const ECHO = {
  name: 'echo.onnx',
  mimeType: '',
  buffer: onnx({
    nodes: [node('Conv', ['input', 'w'], ['output'])],
    weights: [tensor('w', [3, 3, 1, 1], floats(1, 0, 0, 0, 1, 0, 0, 0, 1))],
  }),
};

/** The darkest and the mean value of a picture's upper half, where no mark is. */
const brightness = (image) =>
  image.evaluate(async (img) => {
    // Another one may come while this one is decoded.
    for (let shown; shown !== img.src;) {
      shown = img.src;
      await img.decode().catch((error) => {
        if (shown === img.src) throw error;
      });
    }
    const { naturalWidth: width, naturalHeight: height } = img;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(img, 0, 0);
    const { data } = context.getImageData(0, 0, width, height >> 1);
    const values = data.filter((_, at) => at % 4 !== 3);
    return { least: Math.min(...values), mean: values.reduce((sum, value) => sum + value, 0) / values.length };
  });

/** Does what puts another picture in this one's place, which is decoded first, and waits for it. */
async function replaced(image, act) {
  const before = await image.evaluate(({ src }) => src);
  await act();
  await image.evaluate(async (img, before) => {
    while (!img.src || img.src === before) await new Promise(requestAnimationFrame);
  }, before);
}

async function tryOn(page, ...files) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: WORDS['own.add'] }).click();
  await (await chooser).setFiles(files);
}

test('a model is seen before it is kept, by keyboard on the narrowest screen; a picture that looks right says how it is read', async () => {
  const options = { viewport: { width: 320, height: 640 }, locale: 'en' };
  const { context, page, watch } = await open(stage.browser, stage.server.url, options);
  await openPanel(page);
  await tryOn(page, ECHO);
  const trial = page.locator('.trial');
  const found = await brightness(trial.locator('.drawn:visible'));
  await trial.locator('summary').press('Enter');
  await trial.locator('.drawing', { hasText: words('own.others.other', { count: 4 }) }).waitFor();
  const looks = trial.getByRole('radio');
  assert.equal(await looks.count(), 5, 'what gives one colour is no choice, and no picture is there twice');
  assert.ok(await looks.first().isChecked(), 'what was found is chosen');
  const pale = words('own.values', { input: '0…1', output: '−1…1' });
  const [, dark] = await trial.locator('.values').allTextContents();
  assert.equal(dark, words('own.values', { input: '−1…1', output: '0…1' }));
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  assert.deepEqual(
    await page.evaluate(async () => (await window.axe.run(document)).violations.map(({ id }) => id)),
    [],
  );
  assert.ok(
    await page.evaluate(() => document.querySelector('#panel').scrollWidth <= document.documentElement.clientWidth),
  );

  const large = trial.locator('.drawn');
  await replaced(large, () => looks.first().press('ArrowDown'));
  assert.ok((await brightness(large)).mean < found.mean - 20, 'the large picture is the chosen one');
  await replaced(large, () => page.keyboard.press('ArrowDown'));
  assert.equal(await trial.locator('label:has(:checked) .values').textContent(), pale);
  const shown = await brightness(large);
  await trial.locator('.keep').press('Enter');
  await page.locator('.model > input:visible').waitFor();
  assert.ok(await page.evaluate(() => document.activeElement.matches('.own .add')));

  await page.reload();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await card(page).locator('.styles input[value=echo]').check({ force: true });
  await card(page).locator('.status', { hasText: 'echo, 160' }).waitFor();
  await card(page).locator('.compare.drawn').waitFor();
  const drawn = await brightness(card(page).locator('.after img'));
  assert.ok(
    drawn.least > 100 && shown.least > 100,
    `read as chosen, nothing is darker than grey: ${JSON.stringify(drawn)}`,
  );
  watch.assertClean();
  await context.close();
});

test('what is left out is not kept, and what is being drawn of it stops', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await openPanel(page);
  await tryOn(page, ECHO);
  await page.locator('.trial summary').click();
  await page.locator('.trial .leave').click();
  await page.locator('.model').waitFor({ state: 'detached' });
  assert.ok(await page.evaluate(() => document.activeElement.matches('.own .add')));
  assert.equal(await page.locator('.own .heard').textContent(), words('own.left', { name: 'echo' }));
  await tryOn(page, GOOD);
  await keep(page);
  // Once it has a name to change it is stored.
  await page.locator('.model input:visible').waitFor();
  await page.reload();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  assert.deepEqual((await styles(page)).slice(-1), ['tf dynamic'], 'only what was kept is a style');
  watch.assertClean();
  await context.close();
});
