// Moving pictures and videos: drawn frame by frame, steadily, cancelled, saved as a film that other programs read.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { asksBeforeLeaving, card, choose, open, reaches, WORDS } from './browser.mjs';
import { until } from './embedder.mjs';
import { openMedia } from './media.mjs';
import { site } from './panel.mjs';

const GIF = 'tests/fixtures/moving/lake.gif';
const WEBM = 'tests/fixtures/moving/lake.webm';
const MP4 = 'tests/fixtures/moving/lake.mp4';

const stage = site('lake');
const words = (key, values) => WORDS[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const dialog = (page) => page.locator('#moving');
const inState = (page, state) => page.locator(`#moving[data-state=${state}]`).waitFor();

/** A GIF of one frame that is there several times. */
function still(times) {
  const gif = readFileSync('tests/fixtures/decode/static.gif');
  const begin = 13 + (gif[10] & 0x80 ? 3 << ((gif[10] & 7) + 1) : 0);
  const frame = gif.subarray(begin, gif.length - 1);
  assert.equal(gif.at(-1), 0x3b);
  return Buffer.concat([gif.subarray(0, begin), ...Array(times).fill(frame), gif.subarray(-1)]);
}

/** A GIF of a scene that stands still under a camera's noise, which is the same each time; grey, and not compressed. */
function rustling(times, noise) {
  const [width, height] = [160, 96];
  let state = 1;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const words = (...values) => values.flatMap((value) => [value & 255, value >> 8]);
  const parts = [Buffer.from('GIF89a'), Buffer.from([...words(width, height), 0xf7, 0, 0])];
  parts.push(Buffer.from(Array.from({ length: 256 }, (_, grey) => [grey, grey, grey]).flat()));
  for (let time = 0; time < times; time++) {
    parts.push(Buffer.from([0x21, 0xf9, 4, 4, ...words(10), 0, 0, 0x2c, ...words(0, 0, width, height), 0, 8]));
    // Codes stay nine bits long where the table is cleared before it has grown.
    const codes = [];
    for (let at = 0; at < width * height; at++) {
      if (at % 100 === 0) codes.push(256);
      const [x, y] = [at % width, Math.floor(at / width)];
      const scene = 60 + 0.6 * x + (y > 50 ? 40 : 0) + (Math.hypot(x - 80, y - 40) < 25 ? -50 : 0);
      codes.push(Math.max(0, Math.min(255, Math.round(scene + noise * (random() + random() - 1)))));
    }
    const bits = [...codes, 257].flatMap((code) => Array.from({ length: 9 }, (_, bit) => (code >> bit) & 1));
    const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, (_, at) =>
      bits.slice(8 * at, 8 * at + 8).reduce((sum, bit, place) => sum | (bit << place), 0),
    );
    for (let at = 0; at < bytes.length; at += 255) {
      const block = bytes.slice(at, at + 255);
      parts.push(Buffer.from([block.length, ...block]));
    }
    parts.push(Buffer.from([0]));
  }
  return Buffer.concat([...parts, Buffer.from([0x3b])]);
}

/** What a film holds, read with the library's own reader: its tracks, and of each frame its time and its pixels' mean. */
async function read(page, file) {
  const { page: reader, close } = await openMedia(page.context().browser());
  const film = await reader.evaluate(async (base64) => {
    const { ALL_FORMATS, BlobSource, CanvasSink, Input } = window.media;
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    const input = new Input({ source: new BlobSource(new Blob([bytes])), formats: ALL_FORMATS });
    const video = await input.getPrimaryVideoTrack();
    const audio = await input.getPrimaryAudioTrack();
    const frames = [];
    for await (const { canvas, timestamp, duration } of new CanvasSink(video).canvases()) {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      frames.push({ timestamp, duration, pixels: [...data] });
    }
    return {
      type: await input.getMimeType(),
      size: [await video.getDisplayWidth(), await video.getDisplayHeight()],
      seconds: await video.computeDuration(),
      audio: audio && (await audio.getCodec()),
      tags: await input.getMetadataTags(),
      frames,
    };
  }, file.toString('base64'));
  await close();
  return film;
}

const apart = (one, other) =>
  one.pixels.reduce((sum, value, at) => sum + Math.abs(value - other.pixels[at]), 0) / one.pixels.length;

async function saved(page) {
  await inState(page, 'done');
  const [download] = await Promise.all([page.waitForEvent('download'), dialog(page).locator('.save').click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test('a GIF is drawn frame by frame and saved as a film with its times, by keyboard, on the narrowest screen', async (t) => {
  const options = { viewport: { width: 320, height: 640 }, locale: 'en' };
  const { context, page, watch } = await open(stage.browser, stage.server.url, options);
  const fetched = [];
  page.on('request', (request) => fetched.push(request.url()));
  await choose(page, GIF);
  await reaches(page, 0, 'done');
  const offer = card(page).locator('.moving');
  assert.equal(await offer.locator('p').textContent(), WORDS['moving.offer']);
  assert.ok(!fetched.some((url) => url.includes('/moving-')), 'what makes films is fetched only when it is used');
  await offer.getByRole('button').press('Enter');
  await inState(page, 'ready');
  assert.ok(fetched.some((url) => url.includes('/moving-')));
  const about = words('moving.about', { frames: words('moving.frames.other', { count: 6 }), seconds: '0.9' });
  assert.equal(await dialog(page).locator('.about').textContent(), about);
  assert.match(await dialog(page).locator('.told').textContent(), /about \d/, 'how long it will take');
  const sides = dialog(page).locator('[name=side] option:not([hidden])');
  assert.deepEqual(await sides.allTextContents(), [words('finish.pixels', { side: 150 })], 'no larger than it is');
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const axe = () => page.evaluate(async () => (await window.axe.run(document)).violations.map(({ id }) => id));
  assert.deepEqual(await axe(), [], 'before');
  const wide = () => page.evaluate(() => document.querySelector('#moving').scrollWidth > innerWidth);
  assert.ok(!(await wide()));

  await page.evaluate(() => {
    const meter = document.querySelector('#moving .meter');
    window.told = [];
    new MutationObserver(() => window.told.push(meter.ariaValueNow)).observe(meter, { attributes: true });
  });
  await dialog(page).locator('.draw').press('Enter');
  await inState(page, 'done');
  assert.ok(await page.evaluate(() => document.activeElement.matches('#moving .save')), 'the file has the focus');
  const shares = [...new Set(await page.evaluate(() => window.told.map(Number)))];
  assert.deepEqual(
    shares.filter((share) => share > 0),
    [17, 33, 50, 67, 83, 100],
  );
  assert.deepEqual(await axe(), [], 'after');
  assert.ok(!(await wide()));
  const { name, bytes } = await saved(page);
  assert.match(name, /^lake-meadow\.(mp4|webm)$/);
  const film = await read(page, bytes);
  t.diagnostic(`${film.type}, ${bytes.length} bytes`);
  assert.deepEqual(film.size, [150, 100]);
  const times = film.frames.map(({ duration }) => Math.round(duration * 1000));
  assert.deepEqual(times, [100, 120, 140, 160, 180, 200]);
  for (const [at, frame] of film.frames.slice(1).entries())
    assert.ok(apart(frame, film.frames[at]) > 3, 'each frame is its own');
  assert.equal(film.tags.comment, 'Drawn by a model (Nijigen)');
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'hidden' });
  assert.ok(await offer.getByRole('button').evaluate((button) => button === document.activeElement));
  watch.assertClean();
  await context.close();
});

test('a picture that only seems to move does not flicker', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await choose(page, { name: 'still.gif', mimeType: 'image/gif', buffer: still(5) });
  await reaches(page, 0, 'done');
  await card(page).locator('.moving button').click();
  await inState(page, 'ready');
  await dialog(page).locator('.draw').click();
  const film = await read(page, (await saved(page)).bytes);
  assert.equal(film.frames.length, 5);
  // What is left is the coding's: frames that follow may be coded better than the first.
  for (const frame of film.frames) assert.ok(apart(frame, film.frames[0]) < 1, String(apart(frame, film.frames[0])));
  watch.assertClean();
  await context.close();
});

test('a still scene under a camera’s noise does not flicker', async (t) => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  const buffer = rustling(8, 12);
  await choose(page, { name: 'rustling.gif', mimeType: 'image/gif', buffer });
  await reaches(page, 0, 'done');
  await card(page).locator('.moving button').click();
  await inState(page, 'ready');
  await dialog(page).locator('.draw').click();
  const flicker = (frames) =>
    frames.slice(1).reduce((sum, frame, at) => sum + apart(frame, frames[at]), 0) / (frames.length - 1);
  const film = await read(page, (await saved(page)).bytes);
  const noise = await page.evaluate(async (base64) => {
    const data = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    const decoder = new ImageDecoder({ data, type: 'image/gif' });
    const frames = [];
    for (let frameIndex = 0; frameIndex < 8; frameIndex++) {
      const { image } = await decoder.decode({ frameIndex });
      const context = new OffscreenCanvas(image.displayWidth, image.displayHeight).getContext('2d');
      context.drawImage(image, 0, 0);
      frames.push({ pixels: [...context.getImageData(0, 0, image.displayWidth, image.displayHeight).data] });
    }
    return frames;
  }, buffer.toString('base64'));
  const [before, after] = [flicker(noise), flicker(film.frames)];
  t.diagnostic(`${after.toFixed(2)} levels from frame to frame, of ${before.toFixed(2)}`);
  assert.equal(film.frames.length, 8);
  assert.ok(before > 2 && after < before / 2, `${after} of ${before}`);
  watch.assertClean();
  await context.close();
});

for (const file of [WEBM, MP4]) {
  test(`a video is drawn, ${file}: its sound stays, what it says of its place does not`, async (t) => {
    const { context, page, watch } = await open(stage.browser, stage.server.url);
    await page.locator('input[type=file]').setInputFiles(file);
    await inState(page, 'ready');
    assert.equal(await page.locator('.card').count(), 0, 'it is no photo');
    await dialog(page).locator('[name=style]').selectOption('skyline');
    await inState(page, 'ready');
    await dialog(page).locator('.draw').click();
    const { name, bytes } = await saved(page);
    assert.match(name, /^lake-skyline\.(mp4|webm)$/);
    const film = await read(page, bytes);
    t.diagnostic(`${film.type}, ${bytes.length} bytes, ${film.frames.length} frames`);
    assert.deepEqual(film.size, [160, 96]);
    assert.equal(film.frames.length, 12, 'twelve a second');
    assert.ok(Math.abs(film.seconds - 1) < 0.1, String(film.seconds));
    assert.equal(film.audio, file === WEBM ? 'opus' : null);
    assert.ok(!bytes.includes('48.8583'), 'where it was filmed is nobody’s business');
    assert.ok(apart(film.frames[0], film.frames.at(-1)) > 3, 'it moves');
    watch.assertClean();
    await context.close();
  });
}

/** In the page, for so small a film is soon drawn. */
const pressWhileDrawing = (page, button) =>
  page.evaluate((button) => {
    const root = document.querySelector('#moving');
    new MutationObserver((_, observer) => {
      if (root.dataset.state !== 'drawing') return;
      observer.disconnect();
      root.querySelector(button).click();
    }).observe(root, { attributeFilter: ['data-state'] });
  }, button);

test('what is being drawn is cancelled, asked about before it is left, and drawn anew', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await page.locator('input[type=file]').setInputFiles(WEBM);
  await inState(page, 'ready');
  await pressWhileDrawing(page, '.stop');
  await dialog(page).locator('.draw').click();
  await inState(page, 'cancelled');
  assert.equal(await dialog(page).locator('.told').textContent(), WORDS['moving.cancelled']);
  assert.ok(await dialog(page).locator('.save').isHidden());
  assert.ok(await page.evaluate(() => document.activeElement.matches('#moving .draw')));
  await pressWhileDrawing(page, '.close');
  await page.keyboard.press('Enter');
  await page.getByRole('alertdialog').getByRole('button', { name: WORDS['moving.stay'] }).click();
  await inState(page, 'done');
  assert.ok(await asksBeforeLeaving(page), 'a film that is not saved is nowhere else');
  await page.keyboard.press('Escape');
  const question = page.getByRole('alertdialog');
  await question.getByText(WORDS['moving.unsaved-sure']).waitFor();
  // After a few in a row without a press on anything else a browser lets nobody say no.
  for (let presses = 1; presses <= 8; presses++) {
    await page.keyboard.press('Escape');
    await question.waitFor({ state: presses % 2 ? 'hidden' : 'visible' });
  }
  await question.getByRole('button', { name: WORDS['moving.keep'] }).click();
  await dialog(page).locator('.save:visible').waitFor();
  await until(() => page.evaluate(() => document.querySelector('#moving').matches(':modal')), 'it is there again');
  const style = dialog(page).locator('[name=style]');
  await style.selectOption('skyline');
  await question.getByText(WORDS['moving.another-sure']).waitFor();
  await question.getByRole('button', { name: WORDS['moving.keep'] }).click();
  // A dialog is hidden before its close event, on which the page acts.
  await until(async () => (await style.inputValue()) === 'meadow', 'the style is as before');
  await saved(page);
  assert.equal(await asksBeforeLeaving(page), false);
  await style.selectOption('skyline');
  await inState(page, 'ready');
  await dialog(page).locator('.draw').click();
  await inState(page, 'done');
  assert.ok(await asksBeforeLeaving(page), 'nor is another');
  await page.keyboard.press('Escape');
  await question.getByRole('button', { name: WORDS['moving.discard'] }).click();
  await dialog(page).waitFor({ state: 'hidden' });
  await until(async () => !(await asksBeforeLeaving(page)), 'it was given up');
  watch.assertClean();
  await context.close();
});

test('videos are opened one after the other; that what draws them cannot be fetched is said, and nothing is called damaged', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { serviceWorkers: 'block' });
  await page.locator('input[type=file]').setInputFiles([WEBM, MP4]);
  const title = dialog(page).locator('#moving-title');
  for (const name of ['lake.webm', 'lake.mp4']) {
    await title.filter({ hasText: name }).waitFor();
    await page.keyboard.press('Escape');
  }
  await dialog(page).waitFor({ state: 'hidden' });

  await context.route('**/assets/moving-*', (route) => route.abort());
  await page.reload();
  await page.locator('input[type=file]').setInputFiles(WEBM);
  await page.getByText(`lake.webm: ${WORDS['error.network']}`).first().waitFor();
  await choose(page, GIF);
  await reaches(page, 0, 'done');
  await card(page).locator('.moving button').click();
  await card(page).locator('.moving p', { hasText: WORDS['error.network'] }).waitFor();
  await context.unroute('**/assets/moving-*');
  await card(page).locator('.moving button').click();
  await inState(page, 'ready');
  await context.close();
});

test('where frames cannot be had it is said that the first one is drawn, and a video is refused with a way out', async () => {
  const { context, page, watch } = await open(stage.browser, stage.server.url);
  await context.addInitScript(() => {
    delete window.ImageDecoder;
    delete window.VideoDecoder;
  });
  await page.reload();
  await choose(page, GIF, MP4);
  await card(page).getByText(WORDS['card.moving']).waitFor();
  assert.ok(await card(page).locator('.moving button').isHidden());
  const failed = await reaches(page, 1, 'failed');
  assert.equal(await failed.locator('.sentence').textContent(), WORDS['error.video']);
  watch.assertClean();
  await context.close();
});
