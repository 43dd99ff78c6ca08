// Files that must be refused: each with its own sentence, and none in the way of the next photo.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { choose, failure, launch, open, PHOTO, reaches, sentenceOf, SITE } from './browser.mjs';
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

test('every bad file says what is wrong with it, and the photo after them is converted', async (t) => {
  const cases = JSON.parse(readFileSync('tests/fixtures/bad/cases.json', 'utf8'));
  const { page, watch } = await open(browser, server.url);
  await choose(page, ...cases.map(({ file }) => `tests/fixtures/bad/${file}`), PHOTO);

  for (const [index, { file, code, contains }] of cases.entries()) {
    await t.test(`${file}: ${code}`, async () => {
      const { sentence, detail } = await failure(page, index);
      assert.equal(sentence, sentenceOf(code));
      assert.ok(detail.includes(contains), `“${detail}” names ${contains}`);
    });
  }
  await reaches(page, cases.length, 'done');
  watch.assertClean();
});
