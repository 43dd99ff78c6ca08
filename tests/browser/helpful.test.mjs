// What cannot be drawn says why in its main sentence, and what would help.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { card, choose, failure, open, reaches, WORDS } from './browser.mjs';
import { site } from './panel.mjs';

const stage = site('lake');

const file = (name, letters) => ({ name, mimeType: '', buffer: Buffer.from(letters, 'latin1') });
const HEIC = file('IMG_1.HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'.padEnd(4000, '\0'));
const VIDEO = file('clip.mov', '\0\0\0\x14ftypqt  \0\0\0\0qt  '.padEnd(4000, '\0'));
const TEXT = 'tests/fixtures/bad/text.jpg';
const NOTHING = file('text.jpg', readFileSync(TEXT, 'latin1'));

test('HEIC and video are called by their names, and only what may help is offered', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await choose(page, HEIC, VIDEO, NOTHING);
  for (const [index, key] of [
    [0, 'error.heic'],
    [1, 'error.unsupported-format'],
    // What is in it is looked at first.
    [2, 'error.video'],
  ]) {
    assert.equal((await failure(page, index)).sentence, WORDS[key]);
    assert.ok(await card(page, index).locator('.retry').isHidden(), 'another attempt would end the same');
    assert.ok(await card(page, index).locator('.remove').isVisible());
  }
  assert.ok(await page.locator('.retry-failed').isHidden());
  const said = await page.getByRole('log').locator('p').allTextContents();
  assert.ok(
    said.includes(WORDS['announce.failed'].replace('{name}', HEIC.name).replace('{sentence}', WORDS['error.heic'])),
  );
  // In another language, too, while it is shown.
  await page.locator('[name=language]').selectOption('ja');
  assert.match(await card(page).locator('.sentence').textContent(), /互換性優先/);
  watch.assertClean();
  await context.close();
});

test('where the network failed another attempt is offered', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { serviceWorkers: 'block' });
  let broken = true;
  await context.route('**/*.onnx*', (route) => (broken ? route.abort() : route.continue()));
  await choose(page, stage.photos[0], TEXT);
  await reaches(page, 0, 'failed');
  await reaches(page, 1, 'failed');
  assert.ok(await card(page, 0).locator('.retry').isVisible());
  broken = false;
  await page.locator('.retry-failed').click();
  await reaches(page, 0, 'done');
  assert.equal(await card(page, 1).getAttribute('data-state'), 'failed', 'only what may help is tried again');
  await context.close();
});
