// The page at every width, in both themes: nothing sticks out. With NIJIGEN_LOOK there is a picture of each state.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  card,
  choose,
  draws,
  goOffline,
  inBothThemes,
  launch,
  open,
  PHOTO,
  picture,
  reaches,
  SITE,
  taken,
  WORDS,
} from './browser.mjs';
import { differentPhotos } from './photos.mjs';
import { serve } from './server.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const longName = join(mkdtempSync(join(tmpdir(), 'nijigen-')), `${'a-name-without-any-space-'.repeat(4)}.jpg`);

let browser, server, photos;
before(async () => {
  copyFileSync(PHOTO, longName);
  browser = await launch();
  photos = await differentPhotos(browser, 12, 480);
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

const PHONES = [320, 360];
const DESKS = [768, 900, 1024, 1440];
const sizeOf = (width) => ({ width, height: width < 500 ? 740 : 900 });
const screenOf = ([width]) => ({
  viewport: sizeOf(width),
  hasTouch: width < 500,
  isMobile: width < 500,
  reducedMotion: 'reduce',
});

/** Looks at a state at each width, in which nothing may stick out. */
async function atEach(page, widths, state, look) {
  for (const width of widths) {
    await page.setViewportSize(sizeOf(width));
    const { wide, room } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      room: document.documentElement.clientWidth,
    }));
    assert.ok(wide <= room, `${state}: ${wide} px of content in ${room} px`);
    await look(width);
  }
  await page.setViewportSize(sizeOf(widths[0]));
}

for (const widths of [PHONES, DESKS]) {
  test(`${widths.join(', ')} px`, async () => {
    const { context, page, watch } = await open(browser, server.url, screenOf(widths));
    const look = async (state, fullPage = true) => {
      // The bar that stays in reach would lie across what is below.
      if (fullPage) await page.evaluate(() => scrollTo(0, 0));
      // What is off the screen is not painted; a picture of the whole page has all on it.
      await page.evaluate((all) => {
        for (const card of document.querySelectorAll('.card')) card.style.contentVisibility = all ? 'visible' : '';
      }, fullPage);
      await inBothThemes(page, (theme) =>
        atEach(page, widths, `${state}, ${theme}`, (width) =>
          picture(page, `${state}-${width}-${theme}`, { fullPage }),
        ),
      );
    };
    await page.locator('.sample').nth(2).waitFor();
    await look('empty');
    await choose(page, longName, 'tests/fixtures/photos/dog.jpg');
    await draws(page, 0);
    await look('running');
    await reaches(page, 0, 'done');
    await reaches(page, 1, 'done');
    await page.locator('.card:nth-child(2) .after img:not([hidden])').waitFor();
    // Styles are previewed on a card that is seen.
    await card(page).scrollIntoViewIfNeeded();
    await card(page).locator('.well img:not([hidden])').nth(2).waitFor();
    await card(page, 1).locator('.saving summary').click();
    await look('done');
    await card(page, 1).locator('.enlarge').click();
    await page.locator('#viewer .after img:not([hidden])').waitFor();
    await look('viewer', false);
    await page.keyboard.press('Escape');
    await page.locator('#open-panel').click();
    await page.locator('.entry .look img:not([hidden])').nth(1).waitFor();
    await look('panel', false);
    await page.locator('.monitor summary').click();
    await page.locator('.monitor dd').last().scrollIntoViewIfNeeded();
    await look('monitor', false);
    await page.keyboard.press('Escape');
    await choose(page, 'tests/fixtures/bad/text.jpg', 'tests/fixtures/bad/truncated-tail.jpg');
    await reaches(page, 3, 'failed');
    await card(page, 3).locator('.problem summary').click();
    await look('error');
    await choose(page, ...photos);
    await page.locator('.batch .sum', { hasText: /^([5-9]|1\d) of 16 done/ }).waitFor({ timeout: 180_000 });
    await page.evaluate(() => scrollTo(0, 0));
    await look('batch', false);
    watch.assertClean();
    await context.close();
  });
}

for (const widths of [[360], [768, 1440]]) {
  test(`what is seen less often, ${widths.join(', ')} px`, async () => {
    let updated = false;
    const answer = (path) =>
      updated && path === 'service-worker.js' ? `${readFileSync(`${SITE}/${path}`, 'utf8')}\n// newer` : undefined;
    const host = await serve(SITE, { answer, throttled: false });
    const context = await browser.newContext(screenOf(widths));
    // Nothing is fetched ahead then.
    await context.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
    const page = await context.newPage();
    await page.goto(host.url);
    await taken(page);
    await page.evaluate(AXE);
    const look = (state) =>
      inBothThemes(page, (theme) =>
        atEach(page, widths, `${state}, ${theme}`, async (width) => {
          await picture(page, `${state}-${width}-${theme}`);
          const found = await page.evaluate(async () =>
            (await window.axe.run(document)).violations.map(({ id }) => id),
          );
          assert.deepEqual(found, [], `${state}, ${theme}, ${width} px`);
        }),
      );
    await page.evaluate(() => document.body.classList.add('dropping'));
    await look('dropping');
    await page.evaluate(() => document.body.classList.remove('dropping'));

    await page.locator('#open-panel').click();
    const without = page.locator('.without');
    await goOffline(context, page);
    await without.getByRole('button', { name: WORDS['offline.get'] }).click();
    await without.locator('.words', { hasText: WORDS['offline.broken'].split('}. ')[1] }).waitFor();
    await without.scrollIntoViewIfNeeded();
    await look('offline');
    await context.setOffline(false);
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: WORDS['own.add'] }).click();
    await (await chooser).setFiles(['tests/vectors/user/tf-dynamic.onnx', 'tests/vectors/user/two-inputs.onnx']);
    await page.locator('.trial .other summary').click();
    await page.locator('.trial .drawing', { hasText: /\d/ }).waitFor();
    await page.locator('.model.bad').waitFor({ timeout: 180_000 });
    await page.locator('.own').evaluate((section) => section.scrollIntoView());
    await look('own');
    await page.locator('.trial .keep').click();
    await page.locator('.model .remove:visible').click();
    await look('question');
    await page.getByRole('alertdialog').getByRole('button', { name: WORDS['own.keep'], exact: true }).click();
    await page.keyboard.press('Escape');

    await choose(page, longName, 'tests/fixtures/photos/dog.jpg', 'tests/fixtures/photos/asters.jpg');
    await card(page, 2).locator('.cancel').click();
    await reaches(page, 2, 'cancelled');
    await reaches(page, 1, 'done');
    await reaches(page, 0, 'done');
    await page.locator('.all-styles summary').click();
    await look('styles');
    await page.keyboard.press('Escape');
    await card(page, 2).evaluate((element) => element.scrollIntoView());
    await look('cancelled');
    await card(page).getByText(WORDS['style.skyline'], { exact: true }).click();
    await card(page).locator('.cancel').click();
    await card(page).locator('.status', { hasText: WORDS['status.cancelled-again'] }).waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await look('again');
    await card(page, 1).locator('.remove').click();
    await page.locator('.undo-clear').waitFor();
    await look('removed');
    updated = true;
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    await page.locator('.update .now').waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await look('update');
    await context.close();
    await host.close();
  });
}

for (const locale of ['en', 'zh', 'ja']) {
  test(locale, async () => {
    const widths = [360, 768, 1440];
    const options = { viewport: sizeOf(360), locale, reducedMotion: 'reduce' };
    const { context, page, watch } = await open(browser, server.url, options);
    const look = (state) =>
      atEach(page, widths, state, (width) => picture(page, `${state}-${width}-${locale}`, { fullPage: true }));
    await page.locator('.sample').nth(2).waitFor();
    await look('empty');
    // A sample is drawn ahead: this takes no engine.
    await page.locator('.sample').nth(1).click();
    await reaches(page, 0, 'done');
    await page.locator('.card .after img:not([hidden])').waitFor();
    await card(page).locator('.saving summary').click();
    await look('sample');
    watch.assertClean();
    await context.close();
  });
}
