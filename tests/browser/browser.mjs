import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const WORDS = JSON.parse(readFileSync('www/locales/en.json', 'utf8'));
/** What the page says of a fault. How large a photo may be is the core's: tests/unit/text.test.mjs compares. */
export const sentenceOf = (code) =>
  WORDS[`error.${code}`].replace('{size}', '134 MB').replace('{pixels}', '64 million');
export const SITE = 'dist/site';
export const PHOTO = 'tests/fixtures/photos/lake.jpg';
/** The engine's builds that there are; where std cannot be rebuilt those with threads are missing. */
export const VARIANTS = readFileSync('target/wasm/variants', 'utf8').trim().split('\n');
export const THREADED = VARIANTS.filter((variant) => variant.endsWith('-threads'));

/** The browser of the tests: the one at `CHROMIUM`, or Debian's. `more` are switches. */
export async function launch(...more) {
  const browser = await chromium.launch(choices(more));
  const open = browser.newContext.bind(browser);
  browser.newContext = async (options) => patient(await open(options));
  return browser;
}

/** The same with a profile that stays in a folder; gives its context. */
export const launchIn = async (folder) => patient(await chromium.launchPersistentContext(folder, choices()));

/** Whoever waits for a state does not fail for want of a quiet machine. */
function patient(context) {
  context.setDefaultTimeout(180_000);
  return context;
}

function choices(more = []) {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`there is no Chromium at ${executablePath}: install it, or set CHROMIUM to the path of another`);
  }
  return {
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  };
}

/** Makes a photo of the size that cameras take from copies of a small one. Returns its path. */
export async function largePhoto(browser, width = 3840, height = 2560) {
  const page = await browser.newPage();
  const url = await page.evaluate(
    async ([base64, width, height]) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const small = await createImageBitmap(new Blob([bytes]));
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d');
      context.fillStyle = context.createPattern(small, 'repeat');
      context.fillRect(0, 0, canvas.width, canvas.height);
      return canvas.toDataURL('image/jpeg', 0.9);
    },
    [readFileSync(PHOTO, 'base64'), width, height],
  );
  await page.close();
  const file = join(mkdtempSync(join(tmpdir(), 'nijigen-')), 'large.jpg');
  writeFileSync(file, Buffer.from(url.split(',')[1], 'base64'));
  return file;
}

/** Has the pages of a context save in this format, as if it had been chosen once. */
export const chooseFormat = (context, format) =>
  context.addInitScript((format) => {
    if (!localStorage.getItem('nijigen.choices')) localStorage.setItem('nijigen.choices', JSON.stringify({ format }));
  }, format);

/**
 * Opens the site in a new context and keeps watch: `watch.assertClean()` says that nothing went wrong unseen. With a
 * `format` that is chosen: pixels can be compared only where none is lost.
 */
export async function open(browser, url, { format, saveData = false, ...options } = {}) {
  const context = await browser.newContext(options);
  // Nothing is fetched ahead then.
  if (saveData) {
    await context.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
  }
  if (format) await chooseFormat(context, format);
  const page = await context.newPage();
  const watch = keepWatch(context, page, new URL(url).origin);
  await page.goto(url);
  return { context, page, watch };
}

function keepWatch(context, page, origin) {
  const foreign = [];
  const errors = [];
  context.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol !== 'blob:' && protocol !== 'data:' && asked !== origin) foreign.push(request.url());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  // Nobody has touched a page that a test loads anew, so that it may not ask whether its photos are to be lost.
  const unasked = "Blocked attempt to show a 'beforeunload' confirmation panel";
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith(unasked)) errors.push(message.text());
  });
  return {
    assertClean() {
      assert.deepEqual(foreign, [], 'every request goes to the own origin');
      assert.deepEqual(errors, [], 'no errors on the page or its console');
    },
  };
}

/**
 * The tasks of the page's thread while `work` is done that took too long, in ms of processor time: longer than five of a
 * fixed piece of work that the thread is given again and again meanwhile. On a quiet core that piece takes 10 ms; where
 * others use the machine, both take longer.
 */
export async function longTasksOf(page, work) {
  const session = await page.context().browser().newBrowserCDPSession();
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await session.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel', 'blink.user_timing'] } });
  await page.evaluate(() => {
    performance.mark('the page under test');
    const piece = () => {
      let sum = 1;
      for (let i = 0; i < 5e6; i++) sum = sum * 0.999999 + 1e-6;
      return sum;
    };
    // Compiled by now.
    piece();
    window.pieces = setInterval(() => {
      performance.mark('a fixed piece of work');
      if (piece() === 0) throw new Error('it is computed');
    }, 250);
  });
  await work();
  await page.evaluate(() => clearInterval(window.pieces));
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const mark = events.find(({ name }) => name === 'the page under test');
  const tasks = events.filter(
    ({ pid, tid, name, ts }) => pid === mark.pid && tid === mark.tid && /RunTask$/.test(name) && ts > mark.ts,
  );
  const marks = events.filter(({ pid, name }) => pid === mark.pid && name === 'a fixed piece of work');
  const isPiece = ({ ts, dur }) => marks.some((mark) => mark.ts >= ts && mark.ts <= ts + dur);
  const piece = Math.max(...tasks.filter(isPiece).map(({ tdur }) => tdur));
  if (!(piece > 0)) throw new Error('no task was traced with its time');
  return tasks.filter((task) => !isPiece(task) && task.tdur > 5 * piece).map(({ tdur }) => tdur / 1000);
}

/** Loads the page anew with an empty list, as if nobody had left photos in it. */
export async function startAnew(page) {
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        sessionStorage.clear();
        const request = indexedDB.deleteDatabase('nijigen-session');
        request.onsuccess = request.onerror = resolve;
      }),
  );
  await page.reload();
}

/**
 * A picture of the page in target/screenshots/, for people: taken only where NIJIGEN_LOOK asks for it. Nothing compares them, and
 * a browser on a busy machine may never finish one.
 */
export async function picture(page, name, options = {}) {
  if (process.env.NIJIGEN_LOOK) await page.screenshot({ path: `target/screenshots/${name}.png`, ...options });
}

/** Does this in the light theme and in the dark one, with the theme's name. The page should have `reducedMotion`. */
export async function inBothThemes(page, look) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await look(colorScheme);
  }
}

export const card = (page, index = 0) => page.locator('.card').nth(index);

export const choose = (page, ...files) => page.locator('input[type=file]').setInputFiles(files);

/** Waits until a card is in this state; conversions on a busy machine take their time. */
export async function reaches(page, index, state) {
  await page.locator(`.card:nth-child(${index + 1})[data-state="${state}"]`).waitFor({ timeout: 180_000 });
  return card(page, index);
}

/** Whether the page has the browser ask before somebody leaves it. */
export const asksBeforeLeaving = (page) =>
  page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));

/** Waits until the service worker has a first visit; before, what is fetched goes past it and is fetched again for later. */
export const taken = (page) => page.waitForFunction(() => navigator.serviceWorker.controller);

/** Waits until inference is under way. Looked at in each frame: a locator looks twice a second, and may miss it. */
export async function draws(page, index) {
  await page.waitForFunction(
    ([index, words]) =>
      document.querySelectorAll('.card')[index]?.querySelector('.status').textContent.startsWith(words),
    [index, WORDS['status.inference'].split(':')[0]],
  );
}

/** The failure that a card shows: the sentence and the core's own words. */
export async function failure(page, index) {
  const failed = await reaches(page, index, 'failed');
  const [sentence, detail] = await Promise.all(
    ['.sentence', '.detail'].map((part) => failed.locator(part).textContent()),
  );
  return { sentence, detail };
}

/** Takes the network away from a page; its service worker hears of it later than the page itself. */
export async function goOffline(context, page) {
  await context.setOffline(true);
  await page.waitForFunction(() =>
    fetch('not-there').then(
      () => false,
      () => true,
    ),
  );
}
