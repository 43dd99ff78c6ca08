// The page as an installed app: what the manifest says, photos from the system, the offer to install, use without a network.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  card,
  choose,
  goOffline,
  launch,
  open,
  reaches,
  SITE,
  startAnew,
  taken,
  THREADED,
  VARIANTS,
  WORDS,
} from './browser.mjs';
import { smallPhotos } from './panel.mjs';
import { serve } from './server.mjs';

const manifest = JSON.parse(readFileSync(`${SITE}/manifest.webmanifest`, 'utf8'));
const MODELS = JSON.parse(readFileSync(`${SITE}/models/manifest.json`, 'utf8'));

let browser, LAKE, DOG;
before(async () => {
  browser = await launch();
  [LAKE, DOG] = await smallPhotos(browser, 'lake', 'dog');
});
after(() => browser.close());

/** With the service worker at work. */
async function visit({ answer, ...options } = {}) {
  const server = await serve(SITE, { throttled: false, answer });
  const visited = await open(browser, server.url, options);
  await taken(visited.page);
  return {
    ...visited,
    server,
    async leave() {
      await visited.context.close();
      await server.close();
    },
  };
}

test('every picture that the manifest names is there, in its size', async () => {
  const { page, server, leave } = await visit();
  const pictures = [...manifest.icons, ...manifest.screenshots, ...manifest.shortcuts.flatMap(({ icons }) => icons)];
  for (const { src, sizes, type } of pictures) {
    const found = await page.evaluate(
      async ([src, sizes]) => {
        const response = await fetch(src);
        const image = Object.assign(new Image(), { src });
        await image.decode();
        const whole = sizes === 'any' || sizes === `${image.naturalWidth}x${image.naturalHeight}`;
        return { ok: response.ok, whole };
      },
      [src, sizes],
    );
    assert.deepEqual(found, { ok: true, whole: true }, `${src}, ${sizes}`);
    assert.match(type, /^image\/(png|jpeg|svg\+xml)$/);
  }
  for (const purpose of ['any', 'maskable']) {
    const sizes = manifest.icons.filter((icon) => icon.purpose === purpose).map((icon) => icon.sizes);
    assert.ok(sizes.includes('192x192') && sizes.includes('512x512'), purpose);
  }
  assert.deepEqual(manifest.screenshots.map(({ form_factor: form }) => form).sort(), ['narrow', 'wide']);
  for (const url of [manifest.id, manifest.start_url, manifest.share_target.action, manifest.file_handlers[0].action])
    assert.ok(new URL(url, server.url).href.startsWith(server.url), url);
  assert.ok(existsSync(`${SITE}/manifest.webmanifest`) && manifest.name && manifest.short_name);

  const session = await page.context().newCDPSession(page);
  const { errors } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, [], 'the browser understands all of it');
  await leave();
});

/** What the system does when photos are shared with the app: it sends a form. */
async function share(page, ...paths) {
  const photos = paths.map((path) => ({ name: path.replace(/.*\//, ''), base64: readFileSync(path, 'base64') }));
  await Promise.all([
    page.waitForURL((url) => url.hash === ''),
    page.waitForEvent('load'),
    page.evaluate(
      ([action, photos]) => {
        const form = document.createElement('form');
        Object.assign(form, { action, method: 'POST', enctype: 'multipart/form-data' });
        const input = Object.assign(document.createElement('input'), { type: 'file', name: 'photos', multiple: true });
        const transfer = new DataTransfer();
        for (const { name, base64 } of photos) {
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          transfer.items.add(new File([bytes], name, { type: 'image/jpeg' }));
        }
        input.files = transfer.files;
        form.append(input);
        document.body.append(form);
        form.submit();
      },
      [manifest.share_target.action, photos],
    ),
  ]);
}

test('photos that the system shares arrive in the list, with a network and without, and only once', async () => {
  // The page itself may send no form; the system is not bound by its policy.
  const { page, server, leave } = await visit({ bypassCSP: true });
  await share(page, LAKE, DOG);
  await page.locator('.card').nth(1).waitFor();
  assert.deepEqual((await page.locator('.card .name').filter({ hasText: '.jpg' }).allTextContents()).sort(), [
    'dog.jpg',
    'lake.jpg',
  ]);
  await reaches(page, 0, 'done');
  assert.equal(new URL(page.url()).hash, '');
  await startAnew(page);
  await page.waitForTimeout(500);
  assert.equal(await page.locator('.card').count(), 0, 'nobody gets them again');

  await server.close();
  await share(page, DOG);
  await card(page).waitFor();
  assert.equal(await card(page).locator('.heading .name').textContent(), 'dog.jpg');
  await leave();
});

test('where there is no room for what is shared, the page says so', async () => {
  const { page, server, leave } = await visit({ bypassCSP: true });
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize: 1 });
  await share(page, LAKE);
  await page.locator('.batch .note', { hasText: WORDS['batch.share-lost'] }).waitFor();
  await leave();
});

test('photos that are opened with the app arrive in the list', async () => {
  const server = await serve(SITE, { throttled: false });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    Object.defineProperty(window, 'launchQueue', { value: { setConsumer: (take) => (window.openWith = take) } });
  });
  await page.goto(server.url);
  await page.waitForFunction(() => window.openWith);
  await page.evaluate(
    (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const file = new File([bytes], 'opened.jpg', { type: 'image/jpeg' });
      window.openWith({ files: [{ getFile: () => Promise.resolve(file) }] });
    },
    readFileSync(LAKE, 'base64'),
  );
  const done = await reaches(page, 0, 'done');
  assert.equal(await done.locator('.heading .name').textContent(), 'opened.jpg');
  for (const { url } of manifest.shortcuts) {
    await page.goto('about:blank');
    await page.goto(new URL(url, server.url).href);
    await page.locator('dialog[open]').waitFor();
    assert.equal(new URL(page.url()).hash, '', `${url} opens a dialog once`);
  }
  await context.close();
  await server.close();
});

test('the button to install is there while the browser would, and asks once', async () => {
  const { page, watch, leave } = await visit();
  const button = page.getByRole('button', { name: WORDS['install.button'] });
  assert.equal(await button.isVisible(), false);
  await page.evaluate(() => {
    window.asked = 0;
    const offer = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
      prompt: () => window.asked++,
    });
    dispatchEvent(offer);
    window.held = offer.defaultPrevented;
  });
  await button.click();
  assert.deepEqual(await page.evaluate(() => [window.asked, window.held]), [1, true]);
  assert.equal(await button.isVisible(), false);
  watch.assertClean();
  await leave();
});

test('one visit with a photo is enough: the rest comes ahead, told with its progress, and then no network is needed', async () => {
  const { page, server, watch, leave } = await visit();
  const line = page.locator('.offline');
  await page.evaluate(() => {
    window.said = [];
    const element = document.querySelector('.offline');
    new MutationObserver(() => window.said.push(element.textContent)).observe(element, { childList: true });
  });
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await line.filter({ hasText: WORDS['offline.ready'] }).waitFor({ timeout: 180_000 });
  const progress = WORDS['offline.fetching'].split('{')[0];
  assert.ok(
    (await page.evaluate(() => window.said)).some((words) => words.startsWith(progress)),
    'how far it is',
  );
  const builds = server.requests.filter((path) => path.endsWith('.wasm'));
  assert.equal(builds.length, THREADED.length ? 2 : 1, `only what this browser takes, not ${builds.join(', ')}`);
  await server.close();
  await startAnew(page);
  await choose(page, DOG);
  const done = await reaches(page, 0, 'done');
  await done.getByText(WORDS['style.carnival']).click();
  await done.locator('.status', { hasText: WORDS['style.carnival'] }).waitFor({ timeout: 180_000 });
  await reaches(page, 0, 'done');
  watch.assertClean();
  await leave();
});

test('a first visit is enough without a photo: engine and model come when the page is idle, told with their progress', async () => {
  const { page, server, leave } = await visit();
  const line = page.locator('.offline');
  await page.getByRole('button', { name: WORDS['panel.open'] }).click();
  const without = page.locator('.without');
  // It may be there for less time than lies between two looks of a locator.
  const told = await without.evaluate(
    (section) =>
      new Promise((resolve) => {
        const [meter, words] = ['[role=progressbar]', '.words'].map((part) => section.querySelector(part));
        const look = () => meter.checkVisibility() && resolve(words.textContent);
        new MutationObserver(look).observe(section, { attributes: true, childList: true, subtree: true });
        look();
      }),
  );
  assert.match(told, /\d.* of \d+\.\d MB/);
  await without.getByText(WORDS['offline.ready']).waitFor({ timeout: 180_000 });
  await page.keyboard.press('Escape');
  assert.equal(await line.textContent(), WORDS['offline.ready']);
  assert.deepEqual([server.count(/\.wasm$/), server.count(/\.onnx$/)], [1, MODELS.length], 'one build and the models');

  await server.close();
  await page.getByRole('button', { name: WORDS['sample.shore'] }).click();
  await reaches(page, 0, 'done');
  await startAnew(page);
  await choose(page, DOG);
  await reaches(page, 0, 'done');
  await page.getByRole('button', { name: WORDS['panel.open'] }).click();
  await without.getByText(WORDS['offline.ready']).waitFor();
  await leave();
});

test('the same where the site has one build only, and not the one that this browser would rather take', async () => {
  const script = readdirSync(SITE).find((name) => /^app-.*\.js$/.test(name));
  const others = /"?(relaxed|simd|relaxed-threads|simd-threads)"?:"assets\/nijigen-(?!simd-[0-9a-f]{12}\.)[^"]*",?/g;
  const whole = readFileSync(join(SITE, script), 'utf8');
  const alone = whole.replace(others, '');
  assert.equal(whole === alone, VARIANTS.length === 1);
  const answers = {
    [script]: alone,
    'index.html': readFileSync(join(SITE, 'index.html'), 'utf8').replaceAll(/ integrity="[^"]*"/g, ''),
  };
  const { page, server, leave } = await visit({ answer: (path) => answers[path === '.' ? 'index.html' : path] });
  await page.locator('.offline').filter({ hasText: WORDS['offline.ready'] }).waitFor({ timeout: 180_000 });
  assert.equal(server.count(/\.wasm$/), 1);
  await server.close();
  await page.reload();
  await choose(page, DOG);
  await reaches(page, 0, 'done');
  await leave();
});

/** Nothing is fetched ahead then. */
const saveData = () => {
  Object.defineProperty(navigator, 'connection', { value: { saveData: true } });
};

test('where data is dear nothing is fetched ahead, save when somebody wants it', async () => {
  const server = await serve(SITE, { throttled: false });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(saveData);
  await page.goto(server.url);
  await taken(page);
  await page.getByRole('button', { name: WORDS['panel.open'] }).click();
  const without = page.locator('.without');
  // It is said when it would be fetched.
  await without.locator('.words', { hasText: WORDS['offline.missing'].split('{')[0] }).waitFor({ timeout: 180_000 });
  assert.equal(server.count(/\.(wasm|onnx)$/), 0);
  await goOffline(context, page);
  await without.getByRole('button', { name: WORDS['offline.get'] }).click();
  await without.locator('.words', { hasText: WORDS['offline.broken'].split('}. ')[1] }).waitFor();
  await context.setOffline(false);
  await without.getByRole('button', { name: WORDS['offline.get'] }).click();
  assert.ok(await page.evaluate(() => document.activeElement.matches('.close')), 'the focus is not lost');
  await without.getByText(WORDS['offline.ready']).waitFor({ timeout: 180_000 });
  assert.equal(server.count(/\.wasm$/), 1);
  await context.close();
  await server.close();
});

test('where one style is there it is said to be, and the rest can still be fetched', async () => {
  const server = await serve(SITE, { throttled: false });
  const { context, page, watch } = await open(browser, server.url, { saveData: true });
  await taken(page);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await page.getByRole('button', { name: WORDS['panel.open'] }).click();
  const without = page.locator('.without');
  const [before] = WORDS['offline.partly'].replace('{styles}', WORDS['style.meadow']).split('{size}');
  const words = without.locator('.words', { hasText: before });
  await words.waitFor({ timeout: 180_000 });
  assert.match(await words.textContent(), /\d MB\.$/);
  assert.equal(await page.getByText(WORDS['offline.ready']).count(), 0);
  await without.getByRole('button', { name: WORDS['offline.get'] }).click();
  await without.getByText(WORDS['offline.ready']).waitFor({ timeout: 180_000 });
  assert.equal(server.count(/\.onnx$/), MODELS.length);
  assert.ok(await without.locator('.get').isHidden());
  await server.close();
  await page.keyboard.press('Escape');
  await card(page).getByText(WORDS['style.carnival']).click();
  await card(page).locator('.status', { hasText: WORDS['style.carnival'] }).waitFor();
  await reaches(page, 0, 'done');
  watch.assertClean();
  await context.close();
});

test('a photo that comes while the engine does is drawn with that one', async () => {
  const server = await serve(SITE);
  const { context, page, watch } = await open(browser, server.url);
  await page.waitForFunction(() => document.querySelector('.offline').textContent);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  assert.equal(server.count(/\.wasm$/), 1);
  watch.assertClean();
  await context.close();
  await server.close();
});

/** A server of the site that has a newer version once `updated` is called. */
async function serveVersions() {
  let newer = false;
  const answer = (path) =>
    newer && path === 'service-worker.js' ? `${readFileSync(`${SITE}/${path}`, 'utf8')}\n// newer` : undefined;
  const server = await serve(SITE, { answer, throttled: false });
  const updated = async (page) => {
    newer = true;
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  };
  return { server, updated };
}

/** Waits until the newer version is at work, and the page offers it. Whether the list survives is for others to test. */
async function hasTakenOver(page) {
  await page.waitForFunction(async () => !(await navigator.serviceWorker.getRegistration()).waiting);
  const [ready] = WORDS['update.ready'].split('. ');
  await page.getByRole('status').filter({ hasText: ready }).waitFor();
}

test('whoever stays when a new version has taken over can still have it, and is told of no other window', async () => {
  const { server, updated } = await serveVersions();
  const { context, page, watch } = await open(browser, server.url, { saveData: true });
  await taken(page);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await page.evaluate(() => {
    window.told = [];
    const words = document.querySelector('.update .words');
    new MutationObserver(() => window.told.push(words.textContent)).observe(words, { childList: true });
    // As while something is drawn.
    addEventListener('beforeunload', (event) => event.preventDefault());
  });
  await updated(page);
  await page.getByRole('status').filter({ hasText: WORDS['update.ready'] }).waitFor();
  const now = page.getByRole('button', { name: WORDS['update.now'] });
  const asked = async (answer) => {
    const question = page.waitForEvent('dialog').then(async (dialog) => {
      await dialog[answer]();
      return dialog.type();
    });
    await now.click();
    assert.equal(await question, 'beforeunload');
  };
  await asked('dismiss');
  await hasTakenOver(page);
  // Longer than a version that is refused is waited for.
  await page.waitForTimeout(3000);
  await hasTakenOver(page);
  const told = await page.evaluate(() => window.told);
  assert.ok(!told.includes(WORDS['update.others']), told.join(' | '));
  await Promise.all([page.waitForEvent('load'), asked('accept')]);
  await reaches(page, 0, 'done');
  assert.equal(await now.isVisible(), false, 'it is the new one');
  watch.assertClean();
  await context.close();
  await server.close();
});

test('a photo that comes while a version takes over is not lost, and that version is offered', async () => {
  const { server, updated } = await serveVersions();
  const { context, page, watch } = await open(browser, server.url, { saveData: true });
  await taken(page);
  await page.evaluate(() => {
    const post = ServiceWorker.prototype.postMessage;
    window.asking = new Promise((resolve) => {
      ServiceWorker.prototype.postMessage = function (...values) {
        window.takeOver = () => post.apply(this, values);
        resolve();
      };
    });
  });
  await updated(page);
  await page.evaluate(() => window.asking);
  await choose(page, LAKE);
  await card(page).waitFor();
  await page.evaluate(() => window.takeOver());
  await hasTakenOver(page);
  await reaches(page, 0, 'done');
  const now = page.getByRole('button', { name: WORDS['update.now'] });
  await Promise.all([page.waitForEvent('load'), now.click()]);
  await reaches(page, 0, 'done');
  assert.equal(await now.isVisible(), false);
  watch.assertClean();
  await context.close();
  await server.close();
});

test('a new version is offered while photos are in the list, and loads when somebody wants it', async () => {
  const { server, updated } = await serveVersions();
  const { context, page, watch } = await open(browser, server.url);
  await taken(page);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await updated(page);
  await page.getByRole('status').filter({ hasText: WORDS['update.ready'] }).waitFor();
  const other = await context.newPage();
  // A version at work ends what it fetches before another takes over.
  await other.addInitScript(saveData);
  await other.goto(server.url);
  const now = page.getByRole('button', { name: WORDS['update.now'] });
  await now.click();
  await page.getByRole('status').filter({ hasText: WORDS['update.others'] }).waitFor();
  assert.equal(await page.locator('.card').count(), 1);
  await other.close();
  let loaded = false;
  page.once('load', () => (loaded = true));
  // The browser may take its time to notice that the other tab is gone.
  while (!loaded) {
    await now.click({ timeout: 5000 }).catch(() => undefined);
    await page.waitForTimeout(500);
  }
  // The list comes along.
  await reaches(page, 0, 'done');
  assert.equal(
    await page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting)),
    false,
  );
  watch.assertClean();
  await context.close();
  await server.close();
});
