// What is drawn already is drawn again, but not kept; the page says so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { card, choose, launch, open, PHOTO, reaches, SITE, WORDS } from './browser.mjs';
import { serve } from './server.mjs';

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

/** How many pictures the browser's database holds, once it holds this many or a second has passed. */
async function keeps(page, number) {
  return page.evaluate(async (number) => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('nijigen');
      request.onsuccess = () => resolve(request.result);
    });
    for (let tries = 0; ; tries++) {
      const count = await new Promise((resolve) => {
        const request = database.transaction('records').objectStore('records').count();
        request.onsuccess = () => resolve(request.result);
      });
      if (count === number || tries === 1200) {
        database.close();
        return count;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, number);
}

test('a drawing is converted, the card says that it is one, and nothing of it is kept', async () => {
  const { context, page, watch } = await open(browser, server.url);
  await choose(page, PHOTO);
  await reaches(page, 0, 'done');
  assert.ok(await card(page, 0).locator('.likeness').isHidden(), 'a photo is none');
  assert.equal(await keeps(page, 1), 1, 'a photo is kept');
  for (const item of [1, 2]) {
    await choose(page, DRAWING);
    await reaches(page, item, 'done');
    const note = card(page, item).locator('.likeness');
    assert.ok(await note.isVisible());
    assert.equal(await note.textContent(), WORDS['card.drawn']);
    assert.ok(await card(page, item).locator('.redo').isHidden(), 'it was made, not found');
  }
  assert.equal(await keeps(page, 2), 1, 'the photo alone is kept');
  watch.assertClean();
  await context.close();
});
