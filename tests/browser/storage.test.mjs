// Whatever happens to the browser's database costs no photo, and nothing is said to be gone that is not.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { launch, launchIn } from './browser.mjs';
import { database, embed, holds, kinds, NO_DATABASE, open, patchWorkers, until, visit } from './embedder.mjs';
import { serve } from './server.mjs';

let browser, server, context, page;

before(async () => {
  browser = await launch();
  server = await serve(embed());
});
after(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await open(context, server.url);
});
afterEach(() => context.close());

const usage = () => page.evaluate(() => window.converter.cache.stats());

/** Leaves the page, and with it the worker's memory, and comes back. */
async function comeBack() {
  await page.close();
  page = await open(context, server.url);
}

test('without a database the cache lasts as long as the page', async () => {
  await patchWorkers(context, NO_DATABASE);
  await comeBack();
  assert.deepEqual(await kinds(page, ['dog.jpg', 'dog.jpg']), ['made', 'exact']);
  assert.equal((await usage()).lasting, false);
  await page.evaluate(() => window.converter.cache.clear());
  assert.deepEqual(await kinds(page, ['dog.jpg']), ['made']);
  await comeBack();
  assert.deepEqual(await kinds(page, ['dog.jpg']), ['made']);
});

/** Has databases of this name, or all, open only once they are `released`. */
const held = (only) => `{
  const released = new Promise((resolve) => (new BroadcastChannel('release').onmessage = resolve));
  const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (name, ...values) {
    const request = open.call(this, name, ...values);
    if (name !== (${JSON.stringify(only)} ?? name)) return request;
    // Before whoever else listens.
    request.addEventListener('success', (event) => {
      if (!event.isTrusted) return;
      event.stopImmediatePropagation();
      void released.then(() => request.dispatchEvent(new Event('success')));
    });
    return request;
  };
}`;
const release = () => page.evaluate(() => new BroadcastChannel('release').postMessage(''));

test('a database that is slow to open is used late; until then nothing is said to be removed', async () => {
  await kinds(page, ['dog.jpg', 'lake.jpg']);
  await holds(page, 2);
  const [id] = await database(page);
  await patchWorkers(context, held());
  await comeBack();
  const codes = await page.evaluate(async (id) => {
    const { cache } = window.converter;
    const code = (asked) => asked.then(() => 'done').catch((error) => error.code);
    return [await code(cache.delete(id)), await code(cache.clear())];
  }, id);
  assert.deepEqual(codes, ['internal', 'internal']);
  assert.equal((await database(page)).length, 2);
  await release();
  await until(async () => (await usage()).lasting, 'the database is used');
  assert.equal((await usage()).entries, 2);
  await page.evaluate((id) => window.converter.cache.delete(id), id);
  assert.equal((await database(page)).length, 1);
});

test('own models whose database is slow to open come late', async () => {
  await page.evaluate(() =>
    window.converter.addModel('node_modules/nijigen/models/meadow-fast.onnx', { name: 'Mine' }),
  );
  await context.addInitScript(held('nijigen-models'));
  await comeBack();
  const styles = () => page.evaluate(() => window.converter.styles().map(({ id }) => id));
  assert.ok(!(await styles()).includes('mine'));
  await release();
  await until(async () => (await styles()).includes('mine'), 'they are there');
});

test('a browser that answers nothing about what it stores, as Safari did, costs no photo', async () => {
  await page.evaluate(() =>
    window.converter.addModel('node_modules/nijigen/models/meadow-fast.onnx', { name: 'Mine' }),
  );
  await kinds(page, ['dog.jpg']);
  await holds(page, 1);
  const silent = `
    IDBFactory.prototype.databases = StorageManager.prototype.estimate = () => new Promise(() => undefined);
    IDBFactory.prototype.open = () => new EventTarget();`;
  await context.addInitScript(silent);
  await patchWorkers(context, silent);
  await comeBack();
  assert.equal((await usage()).lasting, false);
  const clear = () => page.evaluate(() => window.converter.cache.clear().catch(({ code }) => code));
  assert.equal(await clear(), 'internal', 'what cannot be reached is not said to be gone');
  assert.deepEqual(await kinds(page, ['dog.jpg', 'dog.jpg']), ['made', 'exact']);
});

test('an older tab that blocks an upgrade costs no photo, and the database is used when the tab is gone', async () => {
  await page.evaluate(async () => {
    window.held = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen', 1);
      request.onsuccess = () => resolve(request.result);
    });
  });
  await patchWorkers(
    context,
    `{
      const { open } = IDBFactory.prototype;
      IDBFactory.prototype.open = function (name) {
        return open.call(this, name, 2);
      };
    }`,
  );
  const older = page;
  page = await open(context, server.url);
  assert.deepEqual(await kinds(page, ['dog.jpg', 'dog.jpg']), ['made', 'exact']);
  assert.equal((await usage()).lasting, false);
  assert.equal(await page.evaluate(() => window.converter.cache.clear().catch(({ code }) => code)), 'internal');
  await older.evaluate(() => window.held.close());
  await until(async () => (await usage()).lasting, 'the database is used');
  assert.deepEqual(await kinds(page, ['lake.jpg']), ['made']);
  await holds(page, 1);
  await comeBack();
  assert.deepEqual(await kinds(page, ['lake.jpg']), ['exact']);
  await page.evaluate(() => window.converter.cache.clear());
  assert.deepEqual(await database(page), []);
});

test('damaged entries cost no photo', async () => {
  await kinds(page, ['asters.jpg', 'dog.jpg', 'lake.jpg']);
  await holds(page, 3);
  const keys = await database(page);
  const picture = { width: 1, height: 1 };
  await database(page, {
    // One record is no JSON, one is no text.
    records: [
      { id: keys[0], record: '{"key"' },
      { id: 'number', record: 7 },
      { id: 7, record: '{}' },
    ],
    // One picture is none, and one has no record.
    pictures: [
      { ...picture, id: keys[1], result: 'nothing' },
      ...['orphan', 'number', 7].map((id) => ({ ...picture, id })),
    ],
  });
  await comeBack();
  const photos = ['asters.jpg', 'dog.jpg', 'lake.jpg'];
  const answers = await kinds(page, [...photos, ...photos]);
  assert.deepEqual(answers.slice(0, 3).sort(), ['exact', 'made', 'made']);
  assert.deepEqual(answers.slice(3), ['exact', 'exact', 'exact']);
  await holds(page, 3);
  assert.equal((await usage()).lasting, true);
  assert.equal(await page.evaluate(async () => (await window.converter.cache.list()).length), 3);
});

test('a picture whose file is gone is made again', async () => {
  const profile = mkdtempSync(join(tmpdir(), 'nijigen-'));
  const lasting = await launchIn(profile);
  let tab = await open(lasting, server.url);
  await kinds(tab, ['dog.jpg']);
  await holds(tab, 1);
  await tab.close();
  const folder = join(profile, 'Default', 'IndexedDB');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (file) => file.isFile() && file.parentPath.includes('.blob'),
  );
  assert.ok(files.length > 0);
  for (const { parentPath, name } of files) rmSync(join(parentPath, name));
  tab = await open(lasting, server.url);
  assert.deepEqual(await kinds(tab, ['dog.jpg', 'dog.jpg']), ['made', 'exact']);
  await lasting.close();
});

test('a full disk evicts once, and then pictures are not kept, but none is given up in vain', async () => {
  // The fourth write of a picture is refused once, and all after the fifth.
  await patchWorkers(
    context,
    `{
      const { put } = IDBObjectStore.prototype;
      let writes = 0;
      IDBObjectStore.prototype.put = function (...values) {
        if (this.name === 'pictures') {
          writes += 1;
          if (writes === 4 || writes > 5) {
            this.transaction.abort();
            throw new DOMException('full', 'QuotaExceededError');
          }
        }
        return put.apply(this, values);
      };
    }`,
  );
  await comeBack();
  // Large ones first, so that a small one never costs all of them.
  await kinds(page, ['dog.jpg', 'lake.jpg', 'asters.jpg'], { maxSide: 512 });
  await holds(page, 3);
  const [before, kept, refused, again] = [await database(page), [], [], []];
  for (const [photo, then] of [
    ['colosseum.jpg', kept],
    ['shore.jpg', refused],
    ['dog.jpg', again],
  ]) {
    assert.deepEqual(await kinds(page, [photo, photo], { format: 'jpeg' }), ['made', 'exact']);
    // What is stored is listed when the next question is answered.
    await usage();
    then.push(...(await database(page)));
  }
  const remain = (ids, of) => ids.filter((id) => of.includes(id)).length;
  assert.ok(
    remain(kept, before) < before.length && remain(kept, before) === kept.length - 1,
    'one was kept for another',
  );
  assert.ok(refused.length < kept.length && remain(refused, kept) === refused.length, 'one went in vain');
  assert.ok(refused.length > 0);
  assert.deepEqual(again, refused);
});

test('where a browser stores no Blobs, as WebKit in private windows, pictures are kept as bytes', async () => {
  await patchWorkers(
    context,
    `{
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (value, ...more) {
        const request = put.call(this, value, ...more);
        if (Object.values(value).some((part) => part instanceof Blob)) this.transaction.abort();
        return request;
      };
    }`,
  );
  const seen = () =>
    page.evaluate(async () => {
      const { cache } = window.converter;
      cache.settings = { keepOriginals: true };
      const photo = new Blob([await (await fetch('dog.jpg')).blob()], { type: 'image/jpeg' });
      const result = await window.converter.convert(photo, { maxSide: 256 });
      const [{ id, thumbnail }] = await cache.list();
      const files = [result.blob, await cache.picture(id), thumbnail, await cache.original(id)];
      const bytes = async (file) => new Uint8Array(await file.arrayBuffer()).join();
      return { kind: result.cache, types: files.map(({ type }) => type), files: await Promise.all(files.map(bytes)) };
    });
  await comeBack();
  const made = await seen();
  await holds(page, 1);
  await comeBack();
  assert.deepEqual(await seen(), { ...made, kind: 'exact' });
  assert.equal(made.kind, 'miss');
  assert.deepEqual(made.types, ['image/png', 'image/png', 'image/jpeg', 'image/jpeg']);
});

test('of what the browser grants a share is taken', async () => {
  await kinds(page, ['dog.jpg']);
  await holds(page, 1);
  const { bytes } = await usage();
  const grant = (share) =>
    patchWorkers(context, `navigator.storage.estimate = async () => ({ quota: ${Math.round(share * 5)}, usage: 0 });`);
  await grant(bytes * 1.5);
  await comeBack();
  assert.deepEqual(await kinds(page, ['dog.jpg', 'dog.jpg']), ['exact', 'exact']);
  await grant(bytes / 2);
  await comeBack();
  assert.deepEqual(await kinds(page, ['dog.jpg', 'dog.jpg']), ['made', 'exact']);
  assert.deepEqual(await database(page), []);
});

test('a tab killed while it stores leaves the old picture, or none', async () => {
  for (const earlier of [undefined, 'exact']) {
    const created = () => page.evaluate(async () => (await window.converter.cache.list()).map((one) => one.created));
    const before = await created();
    // Tabs of one site may share a process, which dies as a whole.
    await page.close();
    let storing;
    const stores = new Promise((resolve) => (storing = resolve));
    // Never answered: the worker waits within its transaction, with both parts written.
    const victim = await context.newPage();
    await victim.route('**/storing', () => storing());
    await patchWorkers(
      victim,
      `{
        const { put } = IDBObjectStore.prototype;
        IDBObjectStore.prototype.put = function (...values) {
          const request = put.apply(this, values);
          if (this.name !== 'pictures') return request;
          const wait = new XMLHttpRequest();
          wait.open('GET', 'storing', false);
          wait.send();
          return request;
        };
      }`,
    );
    await visit(victim, server.url);
    const session = await context.newCDPSession(victim);
    const crashed = new Promise((resolve) => victim.once('crash', resolve));
    kinds(victim, ['dog.jpg'], { cache: 'refresh' }).catch(() => undefined);
    await stores;
    // Neither this call nor the one above ever answers.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    victim.close().catch(() => undefined);

    page = await open(context, server.url);
    assert.deepEqual(await created(), before);
    assert.deepEqual(await kinds(page, ['dog.jpg', 'dog.jpg']), [earlier ?? 'made', 'exact']);
    await holds(page, 1);
    const width = await page.evaluate(async () => {
      const [{ id }] = await window.converter.cache.list();
      return (await createImageBitmap(await window.converter.cache.picture(id))).width;
    });
    assert.equal(width, 256);
  }
});
