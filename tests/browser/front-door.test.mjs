// What is seen before and around the drawing: links to the page, the page without scripts, its colours, its styles' names.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { card, choose, open, reaches, SITE, WORDS } from './browser.mjs';
import { openPanel, site } from './panel.mjs';

const stage = site('lake');

test('a link to the page has a title, words and a picture', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { javaScriptEnabled: false });
  const said = (property) => page.locator(`meta[property="og:${property}"]`).getAttribute('content');
  assert.equal(await said('title'), WORDS['page.title']);
  assert.equal(await said('description'), WORDS['page.description']);
  assert.ok(existsSync(`${SITE}/${await said('image')}`));
  assert.equal(await said('image:alt'), WORDS['hero.anime']);
  await context.close();
});

test('where it is known where the site will be, what links to it are shown with is named in full', () => {
  for (const SITE_URL of ['https://example.org/nijigen', 'https://example.org/nijigen/']) {
    const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
    cpSync(`${SITE}/models/manifest.json`, join(folder, 'models/manifest.json'));
    copyFileSync('index.html', join(folder, 'index.html'));
    const env = { ...process.env, SITE_URL, TRUNK_STAGING_DIR: folder };
    execFileSync(process.execPath, ['scripts/site.mjs', 'finish'], { env });
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    const said = (property) => new RegExp(`<meta property="og:${property}" content="([^"]+)"`).exec(page)[1];
    assert.equal(said('url'), 'https://example.org/nijigen/');
    assert.equal(said('image'), 'https://example.org/nijigen/hero/anime.jpg');
  }
});

test('without scripts the page says why nothing happens', () => {
  const page = readFileSync(`${SITE}/index.html`, 'utf8');
  const [, words] = /<noscript>\s*<p class="noscript"[^>]*>([^<]+)<\/p>\s*<\/noscript>/.exec(page);
  assert.equal(words, WORDS['page.noscript']);
});

test('opened from the disk it says what it wants', async () => {
  const context = await stage.browser.newContext();
  const page = await context.newPage();
  await page.goto(pathToFileURL(`${SITE}/index.html`).href);
  await page.getByText(WORDS['page.unstarted']).waitFor();
  await context.close();
  const started = await open(stage.browser, stage.server.url);
  assert.equal(await started.page.locator('.unstarted').count(), 0);
  await started.context.close();
});

test('light or dark can be chosen, whatever the system says, and holds', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url, { colorScheme: 'light' });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [light, dark] = ['rgb(245, 241, 232)', 'rgb(20, 22, 29)'];
  assert.equal(await paper(), light);
  await openPanel(page);
  const theme = page.getByRole('combobox', { name: WORDS['theme.label'] });
  await theme.selectOption('dark');
  assert.equal(await paper(), dark);
  const bar = () =>
    page.evaluate(
      () =>
        [...document.querySelectorAll('meta[name=theme-color]')].find(({ media }) => matchMedia(media).matches)
          ?.content,
    );
  assert.equal(await bar(), '#14161d');
  await page.reload();
  assert.equal(await paper(), dark);
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
  await openPanel(page);
  await theme.selectOption('');
  assert.equal(await paper(), light);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.equal(await paper(), dark);
  await theme.selectOption('light');
  assert.equal(await paper(), light);
  assert.equal(await bar(), '#f5f1e8');
  watch.assertClean();
  await context.close();
});

test('of a picture that moves it says that its first frame is drawn', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await choose(page, 'tests/fixtures/decode/animated.gif', 'tests/fixtures/decode/static.gif');
  await card(page, 0).getByText(WORDS['moving.offer']).waitFor();
  await reaches(page, 1, 'done');
  assert.ok(await card(page, 1).locator('.moving').isHidden());
  watch.assertClean();
  await context.close();
});

test('a fourth style has its name and words, in every language, and its tile beside the others', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { serviceWorkers: 'block' });
  const manifest = JSON.parse(readFileSync(`${SITE}/models/manifest.json`, 'utf8'));
  const more = manifest
    .filter(({ style }) => style === 'meadow')
    .map((entry) => ({
      ...entry,
      id: entry.id.replace('meadow', 'portrait'),
      style: 'portrait',
    }));
  const all = manifest.some(({ style }) => style === 'portrait') ? manifest : [...manifest, ...more];
  await context.route('**/models/manifest.json', (route) => route.fulfill({ json: all }));
  await page.reload();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  const tiles = card(page).locator('.styles label');
  assert.equal(await tiles.count(), 4);
  for (const [language, name] of [
    ['en', 'Portrait'],
    ['zh', '人像'],
    ['ja', '人物'],
  ]) {
    await page.locator('[name=language]').selectOption(language);
    assert.equal(await tiles.last().locator('.name').textContent(), name);
    assert.ok((await tiles.last().getAttribute('title')).length > 5);
  }
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const tops = await tiles.evaluateAll((labels) => labels.map((label) => label.getBoundingClientRect().y));
    assert.equal(new Set(tops).size, 1, `one row at ${width}`);
  }
  await page.waitForFunction(() => document.querySelectorAll('.card .well img:not([hidden])').length === 4);
  await context.close();
});
