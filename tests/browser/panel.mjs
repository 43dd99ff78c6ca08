// What the tests of the panel share.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { launch, reaches, SITE, WORDS } from './browser.mjs';
import { serve } from './server.mjs';

/** Copies of photos that are drawn in a moment, 160 pixels wide. Returns their paths. */
export async function smallPhotos(browser, ...names) {
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  const page = await browser.newPage();
  const paths = [];
  for (const name of names) {
    const base64 = await page.evaluate(
      async (photo) => {
        const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(photo), (sign) => sign.charCodeAt(0))]));
        const [width, height] = [160, Math.round((160 * bitmap.height) / bitmap.width)];
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        canvas.getContext('2d').drawImage(bitmap, 0, 0, width, height);
        return canvas.toDataURL('image/jpeg', 0.9).split(',')[1];
      },
      readFileSync(`tests/fixtures/photos/${name}.jpg`, 'base64'),
    );
    paths.push(join(folder, `${name}.jpg`));
    writeFileSync(paths.at(-1), Buffer.from(base64, 'base64'));
  }
  await page.close();
  return paths;
}

/** The built page, served to a browser while this file's tests run, and small copies of these photos. */
export function site(...names) {
  const stage = {};
  before(async () => {
    stage.browser = await launch();
    stage.photos = await smallPhotos(stage.browser, ...names);
    stage.server = await serve(SITE, { throttled: false });
  });
  after(async () => {
    await stage.browser.close();
    await stage.server.close();
  });
  return stage;
}

/** The words between the last two values of a text of the page. */
const part = (key) => WORDS[key].split(/\{\w+\}/).at(-2);

/** How a finished card's picture came: made by the engine, kept, or near. */
export async function kind(page, index) {
  const done = await reaches(page, index, 'done');
  const status = await done.locator('.status').textContent();
  if (status.includes(part('status.done'))) return 'made';
  assert.ok(status.includes(part('status.kept')), status);
  return (await done.locator('.likeness').isVisible()) ? 'near' : 'exact';
}

export async function openPanel(page) {
  await page.getByRole('button', { name: WORDS['panel.open'] }).click();
  await page.locator('.kept:not([aria-busy])').waitFor();
}

export const close = (page) => page.keyboard.press('Escape');

/** What is in the database, whoever says what. */
export const stored = (page) =>
  page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen');
      request.onsuccess = () => resolve(request.result);
    });
    const names = database.objectStoreNames.contains('pictures')
      ? await new Promise((resolve) => {
          const request = database.transaction('pictures').objectStore('pictures').getAllKeys();
          request.onsuccess = () => resolve(request.result);
        })
      : [];
    database.close();
    return names;
  });

/** Waits until so many pictures are in the database. */
export async function holds(page, count) {
  for (let tries = 0; (await stored(page)).length !== count; tries++) {
    assert.ok(tries < 600, `${count} pictures in the database`);
    await page.waitForTimeout(100);
  }
}

/** As if all that is kept had been made so many days ago. */
export const age = (page, days) =>
  page.evaluate(async (days) => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen');
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction('records', 'readwrite');
    const records = transaction.objectStore('records');
    const all = await new Promise((resolve) => {
      const request = records.getAll();
      request.onsuccess = () => resolve(request.result);
    });
    for (const { id, record } of all) {
      const old = JSON.parse(record);
      old.life.created = old.life.used = Date.now() - days * 24 * 60 * 60 * 1000;
      records.put({ id, record: JSON.stringify(old) });
    }
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  }, days);
