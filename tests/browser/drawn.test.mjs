// What is drawn already is drawn again, but not kept; the page says so.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { card, choose, launch, open, PHOTO, reaches, SITE, WORDS } from './browser.mjs';
import { until } from './embedder.mjs';
import { serve } from './server.mjs';

const OTHER_PHOTO = 'tests/fixtures/photos/dog.jpg';
const DRAWING = 'tests/fixtures/drawings/face.png';

let browser, server;
before(async () => {
  browser = await launch();
  server = await serve(SITE);
});
after(async () => {
  await browser.close();
  await server.close();
});

/** The SHA-256 of all photos of which something is kept in the browser's database, once this file's is among it. */
async function keptWith(page, file) {
  const sha256 = createHash('sha256').update(readFileSync(file)).digest().join();
  const kept = () =>
    page.evaluate(async () => {
      const database = await new Promise((resolve) => {
        const request = indexedDB.open('nijigen');
        request.onsuccess = () => resolve(request.result);
      });
      const entries = await new Promise((resolve) => {
        const request = database.transaction('records').objectStore('records').getAll();
        request.onsuccess = () => resolve(request.result);
      });
      database.close();
      // Of a photo there may be two for a moment: its preview goes once the picture is stored.
      return [...new Set(entries.map(({ record }) => JSON.parse(record).sha256.join()))];
    });
  let now;
  await until(async () => (now = await kept()).includes(sha256), `${file} is kept`);
  return now;
}

test('a drawing is converted, the card says that it is one, and nothing of it is kept', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  assert.ok(await card(page, 0).locator('.likeness').isHidden(), 'a photo is none');
  assert.equal((await keptWith(page, PHOTO)).length, 1, 'a photo is kept');
  for (const item of [1, 2]) {
    await choose(page, DRAWING);
    await reaches(page, item, 'done');
    const note = card(page, item).locator('.likeness');
    assert.ok(await note.isVisible());
    assert.equal(await note.textContent(), WORDS['card.drawn']);
    assert.ok(await card(page, item).locator('.redo').isHidden(), 'it was made, not found');
  }
  // The store takes one after another: what came before this one would be there with it.
  await choose(page, OTHER_PHOTO);
  await reaches(page, 3, 'done');
  assert.equal((await keptWith(page, OTHER_PHOTO)).length, 2, 'the photos alone are kept');
  watch.assertClean();
  await context.close();
});
