// The camera: live view, live drawing, photos taken, and what is said where there is none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { asksBeforeLeaving, card, inBothThemes, launch, open, picture, reaches, SITE, WORDS } from './browser.mjs';
import { until } from './embedder.mjs';
import { serve } from './server.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser, server;
before(async () => {
  browser = await launch('--use-fake-device-for-media-stream=device-count=2', '--use-fake-ui-for-media-stream');
  server = await serve(SITE, { throttled: false });
});
after(async () => {
  await browser.close();
  await server.close();
});

/** Writes down what is asked of the camera, and what the policy forbids. */
function watchCamera() {
  window.streams = [];
  window.violations = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
    window.violations.push(violatedDirective);
  });
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (window.refusal) throw new DOMException('refused', window.refusal);
    const stream = await get(wanted);
    window.streams.push(stream);
    return stream;
  };
}

async function visit(options) {
  const visited = await open(browser, server.url, options);
  await visited.page.evaluate(watchCamera);
  return visited;
}

const opener = (page) => page.getByRole('button', { name: WORDS['camera.open'] });
const states = (page) =>
  page.evaluate(() =>
    window.streams.map((stream) =>
      stream
        .getTracks()
        .map(({ readyState }) => readyState)
        .join(),
    ),
  );
/** What the live drawing looks like. */
const drawing = (page) => page.locator('#camera canvas').evaluate((canvas) => canvas.width && canvas.toDataURL());

test('another style is drawn live at once and is the next photo’s; what is drawn is recorded and saved', async (t) => {
  // Where nothing is fetched ahead it is seen what is drawn with.
  const { context, page, watch } = await visit({ serviceWorkers: 'block' });
  await opener(page).click();
  const record = page.getByRole('button', { name: WORDS['camera.record'] });
  await page.locator('#camera .record:enabled').waitFor({ timeout: 180_000 });
  const looks = page.locator('#camera .looks');
  assert.deepEqual(
    (await looks.locator('label').allTextContents()).slice(0, 3),
    ['meadow', 'skyline', 'carnival'].map((style) => WORDS[`style.${style}`]),
  );
  assert.ok(await looks.getByRole('radio', { name: WORDS['style.meadow'] }).isChecked());
  const fetched = page.waitForRequest(/carnival-fast\.onnx/);
  await looks.getByText(WORDS['style.carnival']).click();
  await fetched;
  assert.equal(await asksBeforeLeaving(page), false);
  await record.click();
  const stop = page.getByRole('button', { name: WORDS['camera.stop'] });
  await page.locator('#camera .taken', { hasText: WORDS['camera.recording'] }).waitFor();
  assert.ok(await asksBeforeLeaving(page), 'what is recorded is nowhere else');
  const before = await drawing(page);
  await page.waitForFunction((before) => document.querySelector('#camera canvas').toDataURL() !== before, before);
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await window.axe.run('#camera')).violations.map(({ id }) => id));
  assert.deepEqual(found, []);
  await page.waitForTimeout(1000);
  const [download] = await Promise.all([page.waitForEvent('download'), stop.click()]);
  t.diagnostic(download.suggestedFilename());
  assert.equal(await asksBeforeLeaving(page), false, 'it is saved');
  assert.match(download.suggestedFilename(), /^anime-[\d-]+\.(webm|mp4)$/);
  const player = await context.newPage();
  const film = readFileSync(await download.path(), 'base64');
  const sides = await player.evaluate(async (base64) => {
    const video = document.createElement('video');
    video.src = URL.createObjectURL(new Blob([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))]));
    await new Promise((resolve, reject) => {
      video.onloadeddata = resolve;
      video.onerror = () => reject(new Error(video.error.message));
    });
    return [video.videoWidth, video.videoHeight];
  }, film);
  assert.equal(Math.max(...sides), 256);
  await record.click();
  const [unasked] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Escape')]);
  assert.match(unasked.suggestedFilename(), /^anime-/, 'what was recorded is not lost with the dialog');
  await page.locator('input[type=file]').setInputFiles('tests/fixtures/photos/dog.jpg');
  await reaches(page, 0, 'done');
  assert.equal(await card(page).locator('.styles input:checked').inputValue(), 'carnival');
  watch.assertClean();
  await context.close();
});

test('live view and drawing, with their rate; photos go to the list; nothing runs on after closing', async (t) => {
  const { context, page, watch } = await visit();
  assert.deepEqual(await states(page), [], 'nothing is asked before the press');
  await opener(page).click();
  const rate = page.locator('#camera .rate');
  const told = new RegExp(WORDS['camera.rate'].replace('{rate}', '(\\d+\\.\\d)'));
  await rate.filter({ hasText: told }).waitFor({ timeout: 180_000 });
  const [, frames] = told.exec(await rate.textContent());
  t.diagnostic(`${frames} frames per second`);
  assert.ok(Number(frames) > 0 && Number(frames) <= 60, frames);
  const size = await page.locator('#camera canvas').evaluate(({ width, height }) => [width, height]);
  assert.equal(Math.max(...size), 256);

  const before = await drawing(page);
  await page.waitForFunction((before) => document.querySelector('#camera canvas').toDataURL() !== before, before);
  await page.evaluate(() => {
    window.looks = 0;
    Object.defineProperty(document, 'hidden', { get: () => (window.looks += 1) > 0, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  // Before each frame the page looks whether it is hidden; once it has looked several times the last frame is done.
  const looks = (more) =>
    page.evaluate(async (more) => {
      for (const end = window.looks + more; window.looks < end;)
        await new Promise((resolve) => setTimeout(resolve, 20));
    }, more);
  await looks(5);
  const paused = await drawing(page);
  await looks(5);
  assert.equal(await drawing(page), paused, 'a hidden page draws nothing');
  assert.equal(await page.evaluate(() => window.streams[0].getTracks()[0].enabled), false);
  await page.evaluate(() => {
    delete document.hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.waitForFunction((paused) => document.querySelector('#camera canvas').toDataURL() !== paused, paused);

  await page.getByRole('button', { name: WORDS['camera.shoot'] }).click();
  await page
    .getByRole('status')
    .filter({ hasText: WORDS['camera.taken.one'].replace('{count}', '1') })
    .waitFor();
  await reaches(page, 0, 'done');
  assert.match(await card(page).locator('.heading .name').textContent(), /^camera-[\d-]+\.jpg$/);

  await page.getByRole('button', { name: WORDS['camera.turn'] }).click();
  await page.waitForFunction(() => window.streams.length === 2);
  const labels = await page.evaluate(() => window.streams.map((stream) => stream.getTracks()[0].label));
  assert.notEqual(labels[0], labels[1], 'the other camera');
  await rate.filter({ hasText: told }).waitFor({ timeout: 180_000 });
  assert.deepEqual(await states(page), ['ended', 'live']);
  await page.keyboard.press('Escape');
  // That it is closed a dialog tells only afterwards.
  await page.locator('#camera').waitFor({ state: 'hidden' });
  await until(async () => (await states(page)).join() === 'ended,ended', 'the camera is off');
  assert.ok(await page.evaluate(() => document.activeElement.matches('#open-camera')));
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  watch.assertClean();
  await context.close();
});

test('the live view goes on after a frame that failed', async () => {
  const { context, page } = await visit({ serviceWorkers: 'block' });
  let refused = 0;
  await context.route('**/*-fast.onnx*', (route) => (refused++ === 0 ? route.abort() : route.continue()));
  await page.evaluate(() => {
    window.told = [];
    const rate = document.querySelector('#camera .rate');
    new MutationObserver(() => window.told.push(rate.textContent)).observe(rate, { childList: true });
  });
  await opener(page).click();
  await page.locator('#camera .rate', { hasText: /\d/ }).waitFor();
  const told = await page.evaluate(() => window.told);
  assert.ok(told.includes(WORDS['error.network']), told.join('; '));
  assert.ok(await drawing(page));
  // Where the camera itself is gone its buttons can do nothing.
  await page.locator('#camera .shoot').focus();
  await page.evaluate(() => window.streams[0].getTracks()[0].dispatchEvent(new Event('ended')));
  await page.getByRole('alert').filter({ hasText: WORDS['camera.failed'] }).waitFor();
  assert.ok(await page.evaluate(() => document.activeElement.matches('#camera .close')), 'the focus is not lost');
  await context.close();
});

test('why there is no picture is said, and without cameras there is no button', async () => {
  const { context, page } = await visit();
  for (const name of ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'AbortError']) {
    await page.evaluate((name) => (window.refusal = name), name);
    await opener(page).click();
    const sentence = WORDS[`camera.${name}`] ?? WORDS['camera.failed'];
    await page.getByRole('alert').filter({ hasText: sentence }).waitFor();
    assert.ok(await page.getByRole('button', { name: WORDS['camera.shoot'] }).isDisabled());
    await page.keyboard.press('Escape');
  }
  const bare = await context.newPage();
  await bare.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
  await bare.goto(server.url);
  assert.equal(await opener(bare).isVisible(), false);
  await context.close();
});

for (const width of [320, 360, 768, 1440]) {
  test(`the camera at ${width} px`, async () => {
    const { context, page } = await visit({ viewport: { width, height: 800 }, reducedMotion: 'reduce' });
    await opener(page).click();
    await page.locator('#camera .rate', { hasText: /\d/ }).waitFor({ timeout: 180_000 });
    await page.evaluate(AXE);
    await inBothThemes(page, async (theme) => {
      const violations = await page.evaluate(async () => {
        const found = await window.axe.run(document, { resultTypes: ['violations'] });
        return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
      });
      assert.deepEqual(violations, []);
      const [wide, room] = await page
        .locator('#camera')
        .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
      assert.ok(wide <= room, `${wide} px in ${room} px`);
      await picture(page, `camera-${width}-${theme}`);
    });
    await context.close();
  });
}
