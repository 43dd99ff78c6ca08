// The way that every browser goes: photo to picture, an error beside it, the list after a reload, cache, a model of one's
// own, isolation, offline. A browser is told by how it opens a page, has files chosen and runs a function on the page.
import assert from 'node:assert/strict';
import { serve } from './server.mjs';

const [LAKE, DOG, SHORE] = ['lake', 'dog', 'shore'].map((name) => `tests/fixtures/photos/${name}.jpg`);
const BROKEN = 'tests/fixtures/bad/text.jpg';
const MODEL = 'tests/vectors/user/tf-dynamic.onnx';
const PATIENCE_MS = 240_000;

/**
 * Goes it with `page`, which has `goto(url)`, `reload()`, `choose(...paths)` and `evaluate(run, ...values)`; where there are
 * no `serviceWorkers` the page works without being isolated or offline.
 */
export async function goAllTheWay(page, { serviceWorkers = true } = {}) {
  const server = await serve('dist/site', { throttled: false });
  try {
    await page.goto(server.url);
    await keepWatch(page);
    assert.deepEqual(await outcome(page, LAKE, BROKEN), ['done', 'failed']);
    assert.deepEqual(await page.evaluate(sidesOfPicture), [640, 360]);
    assert.match(await statusOf(page, 0), /ready after/);
    const picture = await page.evaluate(checksum);

    assert.equal(await page.evaluate(() => 'serviceWorker' in navigator), serviceWorkers, 'as is said of this browser');
    if (serviceWorkers) await until(page, () => navigator.serviceWorker.controller !== null, 'a service worker');
    await until(page, listIsStored, 'the list is stored');
    await reloaded(page);
    await until(page, settled, 'the list is back', 2);
    assert.deepEqual(await page.evaluate(states), ['done', 'failed']);
    assert.equal(await page.evaluate(checksum), picture, 'with the very picture');
    if (serviceWorkers)
      assert.ok(await page.evaluate(() => crossOriginIsolated), 'the service worker isolates the page');

    assert.deepEqual((await outcome(page, LAKE)).slice(2), ['done']);
    assert.match(await statusOf(page, 2), /kept from/);
    // The build with threads is fetched for the first picture that is drawn on an isolated page.
    assert.deepEqual((await outcome(page, DOG)).slice(3), ['done']);

    await page.choose(MODEL);
    await until(page, () => document.querySelector('.trial .drawn:not([hidden])') !== null, 'the model is tried');
    await page.evaluate(() => document.querySelector('.trial .keep').click());
    await until(page, () => document.querySelector('.model > input:not([hidden])') !== null, 'it is kept');
    await page.evaluate(() => document.querySelector('#panel').close());
    await until(page, () => document.querySelector('.card [value=tf-dynamic]') !== null, 'it is among the styles');
    await page.evaluate(() => document.querySelector('.card [value=tf-dynamic]').click());
    await until(page, () => /^tf dynamic,/.test(document.querySelector('.card .status').textContent), 'it draws');

    if (!serviceWorkers) {
      await assertClean(page);
      return;
    }
    await until(page, listIsStored, 'the list is stored again');
    await server.close();
    await reloaded(page);
    await until(page, settled, 'the list is back again', 4);
    assert.deepEqual((await outcome(page, SHORE)).slice(4), ['done']);
    await until(page, () => document.querySelector('.card [value=tf-dynamic]') !== null, 'the model stays');
    await assertClean(page);
  } finally {
    await server.close();
  }
}

/** Writes down what goes wrong on the page unseen, until it is loaded anew. */
const keepWatch = (page) =>
  page.evaluate(() => {
    window.errors = [];
    addEventListener('error', ({ message }) => window.errors.push(message));
    addEventListener('unhandledrejection', ({ reason }) => window.errors.push(String(reason)));
  });

const assertClean = async (page) => assert.deepEqual(await page.evaluate(() => window.errors), []);

async function reloaded(page) {
  await assertClean(page);
  await page.reload();
  await keepWatch(page);
}

/** Chooses files and waits until nothing is in progress; gives the state of every card. */
async function outcome(page, ...files) {
  const before = (await page.evaluate(states)).length;
  await page.choose(...files);
  await until(page, settled, files.join(', '), before + files.length);
  return page.evaluate(states);
}

async function until(page, holds, what, ...values) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await page.evaluate(holds, ...values))) {
    if (Date.now() > end) assert.fail(`${what}: ${JSON.stringify(await page.evaluate(states))}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const statusOf = (page, index) =>
  page.evaluate((index) => document.querySelectorAll('.card .status')[index].textContent, index);

// These run on the page.

const states = () => [...document.querySelectorAll('.card')].map(({ dataset }) => dataset.state);

function settled(count) {
  const states = [...document.querySelectorAll('.card')].map(({ dataset }) => dataset.state);
  return states.length === count && states.every((state) => state === 'done' || state === 'failed');
}

async function sidesOfPicture() {
  const img = document.querySelector('.card .after img');
  await img.decode();
  return [img.naturalWidth, img.naturalHeight];
}

async function checksum() {
  const img = document.querySelector('.card .after img');
  await img.decode();
  const canvas = new OffscreenCanvas(img.naturalWidth, img.naturalHeight);
  const context = canvas.getContext('2d');
  context.drawImage(img, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', data))).join();
}

async function listIsStored() {
  const asked = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await asked(indexedDB.open('nijigen-session'));
  const there = database.objectStoreNames.contains('items')
    ? await asked(database.transaction('items').objectStore('items').getAll())
    : [];
  database.close();
  return there.length > 1 && there.every(({ memo }) => memo.outcome !== 'due');
}
