// The list outlives the page: photos, what is chosen for them, and what was drawn. Each tab has its own.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { card, choose, open, reaches, WORDS } from './browser.mjs';
import { close, openPanel, site } from './panel.mjs';
import { holds, settled, stored } from './sessions.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const BROKEN = 'tests/fixtures/bad/text.jpg';
const stage = site('lake', 'dog', 'asters');

const begin = (options) => open(stage.browser, stage.server.url, options);
const cards = (page) => page.locator('.card');
const bringBack = (page) => page.locator('.earlier').getByRole('button', { name: WORDS['session.take'] });

/** What a person sees of the list. */
const seen = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('.card')].map((card) => ({
      name: card.querySelector('.name').textContent,
      state: card.dataset.state,
      style: card.querySelector('.styles input:checked')?.value,
      strength: card.querySelector('[name=strength]').value,
      format: card.querySelector('[name=format]').value,
      status: card.querySelector('.status').textContent,
      sentence: card.querySelector('.problem:not([hidden]) .sentence')?.textContent,
    })),
  );

/** What is asked for by such an address does not come until what this gives is called. */
async function heldBack(context, pattern) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await context.route(pattern, async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  return release;
}

async function file(page, index) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    card(page, index).locator('a[download]').click(),
  ]);
  return createHash('sha256')
    .update(readFileSync(await download.path()))
    .digest('hex');
}

test('after a reload the list is as it was, drawn by nobody anew', async () => {
  const { context, page, watch } = await begin({ format: 'png' });
  await choose(page, ...stage.photos.slice(0, 2), BROKEN);
  await reaches(page, 1, 'done');
  await reaches(page, 2, 'failed');
  await card(page, 1).getByText(WORDS['style.carnival']).click();
  await card(page, 1).locator('.status', { hasText: WORDS['style.carnival'] }).waitFor();
  await reaches(page, 1, 'done');
  const before = await card(page, 1).locator('a[download]').getAttribute('href');
  await card(page, 1).getByRole('slider', { name: WORDS['finish.strength'] }).fill('60');
  await page.waitForFunction(
    (href) => document.querySelectorAll('.card a[download]')[1].getAttribute('href') !== href,
    before,
  );
  await holds(page, ({ outcomes, files }) => outcomes?.join() === 'done,done,failed' && files === 6, 'all is stored');
  const [list, files] = [await seen(page), [await file(page, 0), await file(page, 1)]];
  assert.deepEqual(
    list.map(({ state, style, strength }) => [state, style, strength]),
    [
      ['done', 'meadow', '100'],
      ['done', 'carnival', '60'],
      ['failed', 'meadow', '100'],
    ],
  );
  await page.reload();
  await reaches(page, 2, 'failed');
  await page.waitForFunction(() => document.querySelectorAll('.card .styles input').length >= 9);
  assert.deepEqual(await seen(page), list);
  assert.deepEqual([await file(page, 0), await file(page, 1)], files);
  const [said] = await page.getByRole('log').locator('p').allTextContents();
  assert.equal(said, WORDS['session.restored.other'].replace('{count}', '3'));
  // It goes on from there.
  await card(page, 0).getByText(WORDS['style.skyline']).click();
  await card(page, 0).locator('.status', { hasText: WORDS['style.skyline'] }).waitFor();
  await reaches(page, 0, 'done');
  await card(page, 2).locator('.remove').click();
  await holds(page, ({ names }) => names.length === 2, 'what is taken off the list is gone');
  await page.getByRole('button', { name: WORDS['batch.undo'] }).click();
  await holds(page, ({ names }) => names.at(-1) === 'text.jpg', 'and put back where it was');
  await choose(page, stage.photos[2]);
  await reaches(page, 3, 'done');
  await holds(page, settled(4), 'the new one, too');
  await page.reload();
  await reaches(page, 3, 'done');
  assert.deepEqual(
    (await seen(page)).map(({ name, state }) => [name, state]),
    [
      ['lake.jpg', 'done'],
      ['dog.jpg', 'done'],
      ['text.jpg', 'failed'],
      ['asters.jpg', 'done'],
    ],
  );
  watch.assertClean();
  await context.close();
});

test('the list comes back where no engine can be had', async () => {
  const { context, page } = await begin({ format: 'png', serviceWorkers: 'block' });
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, settled(1), 'all is stored');
  const before = await file(page, 0);
  await context.route(/\.(wasm|onnx)$/, (route) => route.abort());
  await page.reload();
  await reaches(page, 0, 'done');
  assert.equal(await file(page, 0), before);
  await context.close();
});

test('after a crash another tab offers the list; what was being drawn is drawn, with what was chosen', async () => {
  const { context, page } = await begin({ format: 'png', colorScheme: 'dark' });
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  const release = await heldBack(context, '**/*skyline*.onnx*');
  await card(page).getByText(WORDS['style.skyline']).click();
  await holds(page, ({ styles, outcomes }) => styles?.[0] === 'skyline' && outcomes[0] === 'due', 'the wish is stored');
  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // Whether a page that crashes answers is chance.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  release();

  const other = await context.newPage();
  await other.goto(stage.server.url);
  await bringBack(other).waitFor();
  assert.equal(await other.locator('.earlier .words').textContent(), WORDS['session.left.one'].replace('{count}', '1'));
  await other.evaluate(AXE);
  assert.deepEqual(
    await other.evaluate(async () => (await window.axe.run(document)).violations.map(({ id }) => id)),
    [],
  );
  await bringBack(other).press('Enter');
  await card(other).locator('.status', { hasText: WORDS['style.skyline'] }).waitFor();
  await reaches(other, 0, 'done');
  assert.deepEqual(
    (await seen(other)).map(({ state, style }) => [state, style]),
    [['done', 'skyline']],
  );
  assert.equal(await bringBack(other).isVisible(), false);
  assert.notEqual(await other.evaluate(() => document.activeElement.localName), 'body', 'the focus is not lost');
  // It is this tab's now.
  await holds(other, settled(1), 'the picture is stored');
  await other.reload();
  await reaches(other, 0, 'done');
  await context.close();
});

test('two tabs have a list each, and a tab that is duplicated begins with none', async () => {
  const { context, page } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, settled(1), 'the first tab’s');
  // As duplicating does, a page that opens another hands on what it has in its session storage.
  const [other] = await Promise.all([
    context.waitForEvent('page'),
    page.evaluate((url) => void window.open(url), stage.server.url),
  ]);
  assert.equal(
    await other.evaluate(() => sessionStorage.getItem('nijigen.session')),
    await page.evaluate(() => sessionStorage.getItem('nijigen.session')),
  );
  await choose(other, stage.photos[1]);
  await reaches(other, 0, 'done');
  await holds(other, settled(2), 'both are stored');
  assert.equal(await bringBack(other).isVisible(), false);
  await Promise.all([page.reload(), other.reload()]);
  await reaches(page, 0, 'done');
  await reaches(other, 0, 'done');
  assert.deepEqual([(await seen(page))[0].name, (await seen(other))[0].name], ['lake.jpg', 'dog.jpg']);
  assert.deepEqual([await cards(page).count(), await cards(other).count()], [1, 1]);
  // A tab that is gone leaves its list to whoever wants it, or wants it gone.
  await other.close();
  const third = await context.newPage();
  await third.goto(stage.server.url);
  const dismiss = third.locator('.earlier').getByRole('button', { name: WORDS['session.dismiss'] });
  await dismiss.click();
  await third.getByRole('alertdialog').getByRole('button', { name: WORDS['session.dismiss-no'] }).click();
  assert.ok(await dismiss.isVisible());
  await dismiss.click();
  await third.getByRole('alertdialog').getByRole('button', { name: WORDS['session.dismiss'] }).click();
  await holds(third, ({ names }) => names.join() === 'lake.jpg', 'only the first tab’s list is left');
  await context.close();
});

test('where nothing is to be kept no list is stored, and what was there goes; in all tabs', async () => {
  const { context, page, watch } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  const other = await context.newPage();
  await other.goto(stage.server.url);
  await choose(other, stage.photos[1]);
  await reaches(other, 0, 'done');
  await holds(page, settled(2), 'both are stored');
  const keep = (of) => of.getByRole('switch', { name: WORDS['keeping.keep'] });
  await openPanel(page);
  await keep(page).click();
  await close(page);
  await holds(page, ({ names, files }) => names.length === 0 && files === 0, 'nothing is left');
  await choose(other, stage.photos[2]);
  await reaches(other, 1, 'done');
  await choose(page, stage.photos[2]);
  await reaches(page, 1, 'done');
  assert.deepEqual((await stored(page)).names, []);
  await openPanel(page);
  await keep(page).click();
  await close(page);
  await holds(page, settled(4), 'on again, the lists are stored as they are');
  await openPanel(page);
  await page.locator('.kept .clear').click();
  await page.getByRole('alertdialog').getByRole('button', { name: WORDS['kept.clear-yes'] }).click();
  await holds(page, ({ names, files }) => names.length === 0 && files === 0, 'whoever deletes all deletes these, too');
  await close(page);
  await page.reload();
  await page.locator('h1').waitFor();
  assert.equal(await cards(page).count(), 0);
  watch.assertClean();
  await context.close();
});

test('what is chosen in the settings holds, too, once the page is in the background, where it may end', async () => {
  const { context, page } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, settled(1), 'it is stored');
  await openPanel(page);
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await holds(page, ({ names, files }) => names.length === 0 && files === 0, 'nothing is left');
  assert.match(await page.evaluate(() => localStorage.getItem('nijigen.settings')), /"keep":false/);
  await context.close();
});

test('a list that was to go with a page that went first goes on the next visit, of this tab or another', async () => {
  for (const closed of [false, true]) {
    const { context, page } = await begin();
    await choose(page, stage.photos[0]);
    await reaches(page, 0, 'done');
    await holds(page, settled(1), 'it is stored');
    // The switch is thrown while nothing can be deleted any more, and the panel does not hear that it is closed.
    await page.evaluate(() => {
      IDBObjectStore.prototype.delete = () => {
        throw new DOMException('the page is gone', 'InvalidStateError');
      };
      const stop = (event) => event.stopImmediatePropagation();
      document.querySelector('#panel').addEventListener('close', stop, { capture: true });
    });
    await openPanel(page);
    await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
    await close(page);
    const next = closed ? await context.newPage() : page;
    if (closed) {
      await page.close();
      await next.goto(stage.server.url);
    } else await next.reload();
    await holds(next, ({ names, files }) => names.length === 0 && files === 0, 'nothing is left');
    assert.equal(await cards(next).count(), 0);
    assert.equal(await bringBack(next).isVisible(), false);
    await context.close();
  }
});

/** Another tab, where a first one has left a photo in its list. */
async function afterwards() {
  const { context, page } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, settled(1), 'it is stored');
  await page.close();
  const later = await context.newPage();
  await later.goto(stage.server.url);
  await bringBack(later).waitFor();
  return { context, page: later };
}

test('an earlier list is offered as long as it is there; who would have it back when it is gone is told', async () => {
  const { context, page } = await afterwards();
  await choose(page, stage.photos[1]);
  await reaches(page, 0, 'done');
  await openPanel(page);
  await page.locator('.kept .clear').click();
  await page.getByRole('alertdialog').getByRole('button', { name: WORDS['kept.clear-yes'] }).click();
  await bringBack(page).waitFor({ state: 'hidden' });
  assert.equal(await page.locator('.earlier .words').textContent(), '');
  await context.close();

  const two = await afterwards();
  const other = await two.context.newPage();
  await other.goto(stage.server.url);
  await bringBack(other).waitFor();
  await bringBack(two.page).click();
  await reaches(two.page, 0, 'done');
  await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await bringBack(other).waitFor({ state: 'hidden' });
  await two.context.close();

  const last = await afterwards();
  await last.page.evaluate(
    () =>
      new Promise((resolve) => {
        const request = indexedDB.open('nijigen-session');
        request.onsuccess = () => {
          const transaction = request.result.transaction('items', 'readwrite');
          transaction.objectStore('items').clear();
          transaction.oncomplete = () => resolve(request.result.close());
        };
      }),
  );
  await bringBack(last.page).click();
  await last.page.locator('.batch .note', { hasText: WORDS['session.gone'] }).waitFor();
  await last.context.close();
});

test('whoever has nothing kept from now on loses no earlier list: it is offered, and comes back', async () => {
  const { context, page } = await afterwards();
  await choose(page, stage.photos[1]);
  await reaches(page, 0, 'done');
  await holds(page, settled(2), 'the new photo is stored');
  await openPanel(page);
  await page.getByRole('switch', { name: WORDS['keeping.keep'] }).click();
  await close(page);
  await holds(page, ({ names }) => names.join() === 'lake.jpg', 'the new one is no longer kept');
  assert.ok(await bringBack(page).isVisible());
  await page.reload();
  await bringBack(page).click();
  await reaches(page, 0, 'done');
  // It stays until somebody deletes it.
  await page.reload();
  await reaches(page, 0, 'done');
  assert.deepEqual(
    (await seen(page)).map(({ name }) => name),
    ['lake.jpg'],
  );
  await context.close();
});

test('a photo that the disk has no room for, whatever the browser granted, is missed after a reload', async () => {
  const { context, page } = await begin();
  await page.evaluate(() => {
    const usual = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...values) {
      if (this.name !== 'parts') return usual.apply(this, values);
      this.transaction.abort();
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, ({ names, files }) => names.length === 1 && files === 0, 'its name is stored');
  await page.reload();
  await page.locator('.batch .note', { hasText: WORDS['session.lost.one'].replace('{count}', '1') }).waitFor();
  assert.equal(await cards(page).count(), 0);
  await context.close();
});

test('a list that is older than kept pictures may be is gone; one without room is said to be', async () => {
  const { context, page } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, settled(1), 'it is stored');
  await page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen-session');
      request.onsuccess = () => resolve(request.result);
    });
    const store = database.transaction('items', 'readwrite').objectStore('items');
    const [item] = await new Promise((resolve) => {
      const request = store.getAll();
      request.onsuccess = () => resolve(request.result);
    });
    await new Promise((resolve) => {
      store.put({ ...item, used: Date.now() - 8 * 24 * 60 * 60 * 1000 }).onsuccess = resolve;
    });
    database.close();
  });
  await page.reload();
  await holds(page, ({ names, files }) => names.length === 0 && files === 0, 'too old');
  assert.equal(await cards(page).count(), 0);
  // A fifth of this is less than a photo.
  await context.addInitScript(() => {
    StorageManager.prototype.estimate = () => Promise.resolve({ quota: 10_000, usage: 0 });
  });
  await page.reload();
  await choose(page, stage.photos[1]);
  await reaches(page, 0, 'done');
  await holds(page, ({ names, files }) => names.length === 1 && files === 0, 'its name is');
  await page.reload();
  await page.locator('.batch .note', { hasText: WORDS['session.lost.one'].replace('{count}', '1') }).waitFor();
  assert.equal(await cards(page).count(), 0);
  await context.close();
});

test('where a browser stores no Blobs, or has no database, the page works all the same', async () => {
  const { context, page, watch } = await begin({ serviceWorkers: 'block' });
  await context.addInitScript(() => {
    const usual = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value, ...rest) {
      if (Object.values(value).some((part) => part instanceof Blob))
        throw new DOMException('Blobs cannot be stored', 'DataCloneError');
      return usual.call(this, value, ...rest);
    };
  });
  await page.reload();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, settled(1), 'as bytes');
  const made = await file(page, 0);
  await page.reload();
  await reaches(page, 0, 'done');
  assert.equal(await file(page, 0), made);
  await context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('no', 'SecurityError');
    };
  });
  await page.reload();
  await choose(page, stage.photos[1]);
  await reaches(page, 0, 'done');
  assert.equal(await cards(page).count(), 1);
  // Or answers nothing.
  await context.addInitScript(() => {
    const nothing = { value: () => undefined };
    IDBFactory.prototype.databases = () => new Promise(() => undefined);
    // What idb takes for a request, and waits for.
    IDBFactory.prototype.open = () =>
      Object.create(IDBOpenDBRequest.prototype, { addEventListener: nothing, removeEventListener: nothing });
  });
  await page.reload();
  await choose(page, stage.photos[1]);
  await reaches(page, 0, 'done');
  assert.equal(await cards(page).count(), 1);
  watch.assertClean();
  await context.close();
});

test('what is chosen for a photo that is still to be drawn is there after a reload', async () => {
  const { context, page } = await begin({ serviceWorkers: 'block' });
  const release = await heldBack(context, '**/*.onnx*');
  await choose(page, stage.photos[0]);
  await holds(page, ({ names }) => names.length === 1, 'it is stored before it is drawn');
  await card(page).getByRole('slider', { name: WORDS['finish.strength'] }).fill('40');
  await holds(page, ({ strengths }) => strengths[0] === 0.4, 'and so is what is chosen');
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  release();
  await reaches(page, 0, 'done');
  assert.equal((await seen(page))[0].strength, '40');
  await context.close();
});

test('a photo is stored though the browser has closed the database meanwhile', async () => {
  const { context, page, watch } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, settled(1), 'it is stored');
  const other = await context.newPage();
  await other.goto(stage.server.url);
  await other.evaluate(
    () => new Promise((resolve) => (indexedDB.deleteDatabase('nijigen-session').onsuccess = resolve)),
  );
  await choose(page, stage.photos[1]);
  await reaches(page, 1, 'done');
  await holds(page, ({ names }) => names.includes('dog.jpg'), 'the next one is');
  watch.assertClean();
  await context.close();
});

test('a preview under way when the page goes is drawn to its end in the next', async () => {
  const { context, page } = await begin({ serviceWorkers: 'block' });
  const release = await heldBack(context, '**/*fine*.onnx*');
  await choose(page, stage.photos[0]);
  await page.locator('.card .after img:not([hidden])').waitFor();
  assert.equal(await card(page).getAttribute('data-state'), 'running');
  await holds(page, ({ names }) => names.length === 1, 'it is stored before it is drawn');
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  release();
  await reaches(page, 0, 'done');
  await context.close();
});
