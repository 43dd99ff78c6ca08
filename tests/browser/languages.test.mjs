// The page in its languages.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { card, choose, open, reaches } from './browser.mjs';
import { site } from './panel.mjs';

const locales = Object.fromEntries(
  readdirSync('www/locales').map((file) => [
    basename(file, '.json'),
    JSON.parse(readFileSync(`www/locales/${file}`, 'utf8')),
  ]),
);
const TAGS = { en: 'en', zh: 'zh-Hans', ja: 'ja' };
const BROWSERS = { en: 'en-GB', zh: 'zh-CN', ja: 'ja-JP' };

const stage = site('lake');

const holes = (words) => [...words.matchAll(/\{\w+\}/g)].map(String).sort();

test('every language says the same things', () => {
  assert.deepEqual(Object.keys(locales).sort(), ['en', 'ja', 'zh']);
  for (const [name, words] of Object.entries(locales)) {
    assert.deepEqual(Object.keys(words), Object.keys(locales.en), name);
    for (const [key, said] of Object.entries(words)) {
      assert.deepEqual(holes(said), holes(locales.en[key]), `${name}, ${key}`);
      assert.ok(said.trim(), `${name}, ${key}`);
    }
  }
  // As in the picture itself.
  assert.match(locales.en['finish.mark'], /“AI generated”/);
  assert.match(locales.zh['finish.mark'], /“AI生成”/);
  assert.match(locales.ja['finish.mark'], /「AI生成画像」/);
});

/** All words that are seen or heard, of the page's own. */
const said = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('body *')].flatMap((element) => [
      ...[...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data.trim()),
      element.ariaLabel ?? '',
      element.ariaValueText ?? '',
      element.alt ?? '',
    ]),
  );

/** What stands in English though it could be said otherwise. */
function assertNoEnglish(words, language, where) {
  const same = Object.keys(locales.en).filter((key) => locales.en[key] === locales[language][key]);
  const english = new Set(
    Object.entries(locales.en)
      .filter(([key]) => !same.includes(key) && !/\{/.test(locales.en[key]))
      .map(([, words]) => words),
  );
  english.delete(locales.en['language.name']);
  assert.deepEqual(
    words.filter((word) => english.has(word)),
    [],
    `${language}, ${where}`,
  );
}

for (const language of Object.keys(TAGS)) {
  test(`${language}: the browser’s language is the page’s, and nothing sticks out at 320 px`, async () => {
    const words = locales[language];
    const { context, page, watch } = await open(stage.browser, stage.server.url, {
      locale: BROWSERS[language],
      viewport: { width: 320, height: 640 },
      hasTouch: true,
      isMobile: true,
    });
    const look = async (where) => {
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= room, `${language}, ${where}: ${wide} px of content in ${room} px`);
      // Not even within what hides its overflow, save names of files.
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll('button, .button, .tag, h1, h2, summary, .shown .name, dt, select')]
          .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
          .map((element) => element.textContent),
      );
      assert.deepEqual(cut, [], `${language}, ${where}`);
      if (language !== 'en') assertNoEnglish(await said(page), language, where);
    };
    assert.equal(await page.evaluate(() => document.documentElement.lang), TAGS[language]);
    assert.equal(await page.title(), words['page.title']);
    assert.equal(await page.locator('h1').textContent(), words['intake.title']);
    await look('empty');
    await choose(page, stage.photos[0], 'tests/fixtures/bad/text.jpg');
    await reaches(page, 0, 'done');
    await reaches(page, 1, 'failed');
    assert.equal(await card(page, 1).locator('.sentence').textContent(), words['error.unsupported-format']);
    await card(page).locator('.saving summary').click();
    await look('done and failed');
    await card(page).locator('.enlarge').click();
    await look('viewer');
    await page.keyboard.press('Escape');
    await page.locator('#open-panel').click();
    await page.locator('.kept:not([aria-busy])').waitFor();
    await page.locator('.monitor summary').click();
    await look('panel');
    const date = await page.evaluate(
      (language) => new Date().toLocaleDateString(language, { dateStyle: 'medium' }),
      language,
    );
    assert.ok((await page.locator('.facts').first().textContent()).includes(date), `the date is written as ${date}`);
    watch.assertClean();
    await context.close();
  });
}

test('another language can be chosen amid the work, and is remembered', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url, { locale: 'fr-FR' });
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  await choose(page, stage.photos[0]);
  const done = await reaches(page, 0, 'done');
  const select = page.getByRole('combobox', { name: locales.en['language.label'] });
  assert.deepEqual(await select.locator('option').allTextContents(), ['English', '中文', '日本語']);
  for (const language of ['ja', 'zh']) {
    await page.locator('[name=language]').selectOption(language);
    const words = locales[language];
    assert.equal(await done.locator('.save').textContent(), words['card.save']);
    assert.ok((await done.locator('.status').textContent()).startsWith(words['style.meadow']));
    assert.equal(
      await done.locator('.divider').getAttribute('aria-label'),
      words['compare.label'].replace('{name}', 'lake.jpg'),
    );
    assertNoEnglish(await said(page), language, 'after the change');
  }
  await choose(page, 'tests/fixtures/bad/text.jpg');
  await reaches(page, 1, 'failed');
  assert.equal(await card(page, 1).locator('.sentence').textContent(), locales.zh['error.unsupported-format']);
  await page.reload();
  assert.equal(await page.locator('h1').textContent(), locales.zh['intake.title']);
  watch.assertClean();
  await context.close();
});
