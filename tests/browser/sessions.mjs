// What tests ask of the list that outlives the page.
import assert from 'node:assert/strict';

/** What the database has: the photos' names, and how many files there are of them. */
export const stored = (page) =>
  page.evaluate(async () => {
    const asked = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    if (!(await indexedDB.databases()).some(({ name }) => name === 'nijigen-session')) return { names: [], files: 0 };
    const database = await asked(indexedDB.open('nijigen-session'));
    const stores = database.transaction(['items', 'parts']);
    const items = await asked(stores.objectStore('items').getAll());
    const files = (await asked(stores.objectStore('parts').getAllKeys())).length;
    database.close();
    return {
      names: items.sort((a, b) => a.order - b.order).map(({ name }) => name),
      files,
      outcomes: items.map(({ memo: { outcome } }) => outcome.name ?? outcome),
      styles: items.map(({ memo }) => memo.wish.style),
      strengths: items.map(({ memo }) => memo.wish.choices.strength),
      widths: items.map(({ memo }) => memo.finished?.conversion.width),
    };
  });

/** Waits until the database says so; what is stored comes after what is seen. */
export async function holds(page, what, message) {
  for (let tries = 0; tries < 1200; tries++) {
    if (what(await stored(page))) return;
    await page.waitForTimeout(100);
  }
  assert.fail(`${message}: ${JSON.stringify(await stored(page))}`);
}

/** Every photo of so many is drawn or failed, and stored with what was made of it. */
export const settled = (count) => (found) =>
  found.names.length === count && !found.outcomes.includes('due') && found.files > count / 2;
