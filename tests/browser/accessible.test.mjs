// Nothing that axe finds, in any state and theme; and the whole way by keyboard alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { card, choose, inBothThemes, launch, open, PHOTO, reaches, SITE, WORDS } from './browser.mjs';
import { smallPhotos } from './panel.mjs';
import { serve } from './server.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser, server, LAKE;
before(async () => {
  browser = await launch();
  [LAKE] = await smallPhotos(browser, 'lake');
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

async function assertAccessible(page, state) {
  await inBothThemes(page, async (theme) => {
    const found = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
    });
    assert.deepEqual(found, [], `${state}, ${theme}`);
  });
}

for (const width of [360, 1280]) {
  test(`axe, ${width} px`, async () => {
    const options = { viewport: { width, height: 800 }, reducedMotion: 'reduce' };
    const { context, page, watch } = await open(browser, server.url, options);
    await page.evaluate(AXE);
    await assertAccessible(page, 'empty');
    // Until the model is let through nothing is done.
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await context.route('**/*.onnx*', async (route) => {
      await held;
      await route.continue();
    });
    await choose(page, PHOTO, LAKE, 'tests/fixtures/bad/text.jpg');
    await reaches(page, 0, 'running');
    await assertAccessible(page, 'running and waiting');
    await card(page, 1).locator('.cancel').click();
    release();
    await reaches(page, 0, 'done');
    await reaches(page, 2, 'failed');
    await card(page).locator('.saving summary').click();
    await card(page, 2).locator('summary:visible').last().click();
    await card(page).getByRole('combobox', { name: WORDS['finish.format'] }).selectOption('jpeg');
    await assertAccessible(page, 'done, cancelled and failed');
    await card(page).locator('.enlarge').click();
    await page.locator('#viewer .after img:not([hidden])').waitFor();
    await page.keyboard.press('+');
    await assertAccessible(page, 'viewer');
    await page.keyboard.press('Escape');
    await page.locator('#open-panel').click();
    await page.locator('.entry').first().waitFor();
    await page.locator('.monitor summary').click();
    await assertAccessible(page, 'panel');
    await page.locator('.entry .remove').first().click();
    await assertAccessible(page, 'deleted');
    await page.locator('.undo:visible').click();
    await page.locator('.clear').click();
    await assertAccessible(page, 'question');
    watch.assertClean();
    await context.close();
  });
}

test('who wants less motion gets none', async () => {
  for (const reducedMotion of ['no-preference', 'reduce']) {
    const { context, page } = await open(browser, server.url, { reducedMotion });
    await choose(page, LAKE);
    await reaches(page, 0, 'done');
    await card(page).locator('.compare.drawn').waitFor();
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) =>
          [getComputedStyle(element), getComputedStyle(element, '::before'), getComputedStyle(element, '::after')].some(
            ({ transitionDuration, animationDuration }) =>
              `${transitionDuration}, ${animationDuration}`.split(', ').some((time) => parseFloat(time) > 0.01),
          ),
        ).length,
    );
    if (reducedMotion === 'reduce') assert.equal(moving, 0);
    else assert.ok(moving > 0);
    await context.close();
  }
});

test('the whole way by keyboard: compare, choose, restyle, blend, save, look closer, settings, language', async () => {
  const { context, page, watch } = await open(browser, server.url);
  /** Goes on with Tab to what matches; whatever has the focus on the way must show it. */
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate((selector) => {
        const focused = document.activeElement;
        if (!focused || focused === document.body) return undefined;
        const shown = focused.matches('.unseen') ? focused.nextElementSibling : focused;
        const pseudo = focused.matches('.divider') ? '::after' : null;
        const { outlineStyle, outlineWidth } = getComputedStyle(shown, pseudo);
        const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
        return { there: focused.matches(selector), outlined, what: focused.outerHTML.slice(0, 120) };
      }, selector);
      if (!seen) continue;
      assert.ok(seen.outlined, `the focus shows on ${seen.what}`);
      if (seen.there) return;
    }
    assert.fail(`${selector} cannot be reached`);
  };
  const press = (key) => page.keyboard.press(key);

  // Asked for well before: the browser has to be told that it must not open the dialog itself.
  const opened = page.waitForEvent('filechooser');
  await tabTo('.hero .divider');
  await press('End');
  await tabTo('input[type=file]');
  await press('Space');
  const chooser = await opened;
  await chooser.setFiles([LAKE]);
  const done = await reaches(page, 0, 'done');
  await done.locator('.compare.drawn').waitFor();

  await tabTo('.card .divider');
  await press('ArrowLeft');
  assert.equal(await done.locator('.divider').getAttribute('aria-valuenow'), '48');
  await tabTo('.card .enlarge');
  await press('Enter');
  await page.locator('#viewer .after img:not([hidden])').waitFor();
  await tabTo('#viewer .divider');
  await press('ArrowRight');
  await tabTo('#viewer .in');
  await press('Enter');
  await tabTo('#viewer .fit');
  await press('Enter');
  await press('Escape');
  await tabTo('.card .styles input');
  await press('ArrowRight');
  await done.locator('.status', { hasText: WORDS['style.skyline'] }).waitFor();
  await reaches(page, 0, 'done');
  await tabTo('.card [name=strength]');
  for (let steps = 0; steps < 5; steps++) await press('ArrowLeft');
  assert.equal(await done.locator('.strength output').textContent(), '95 %');
  await tabTo('.card .saving summary');
  await press('Enter');
  await tabTo('.card [name=size]');
  await tabTo('.card [name=format]');
  await press('j');
  await done.locator('.weight', { hasText: 'JPEG' }).waitFor();
  await tabTo('.card [name=quality]');
  const link = done.locator('a[download]');
  const file = await link.getAttribute('href');
  await press('ArrowLeft');
  await page.waitForFunction((file) => document.querySelector('.card a[download]').getAttribute('href') !== file, file);
  await tabTo('.card .save');
  const [download] = await Promise.all([page.waitForEvent('download'), press('Enter')]);
  assert.equal(download.suggestedFilename(), 'lake-skyline.jpg');

  // From the end of the page Tab begins at its top again.
  await tabTo('[name=language]');
  await press('ArrowDown');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-Hans');
  await press('ArrowUp');
  await tabTo('#open-panel');
  await press('Enter');
  await page.locator('.entry').first().waitFor();
  await tabTo('.monitor summary');
  await press('Enter');
  await page.locator('.monitor[open]').waitFor();
  await press('Escape');
  assert.ok(await page.evaluate(() => document.activeElement.matches('#open-panel')), 'the focus comes back');
  watch.assertClean();
  await context.close();
});
