// The camera: live view, live drawing, photos taken, and what is said where there is none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { card, launch, open, reaches, SITE, WORDS } from './browser.mjs';
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

test('live view and drawing, with their rate; photos go to the list; nothing runs on after closing', async (t) => {
  const { context, page, watch } = await visit();
  assert.deepEqual(await states(page), [], 'nothing is asked before the press');
  await opener(page).click();
  const rate = page.locator('#camera .rate');
  const told = new RegExp(WORDS['camera.rate'].replace('{rate}', '(\\d+\\.\\d)'));
  await rate.filter({ hasText: told }).waitFor({ timeout: 60_000 });
  await page.waitForTimeout(4000);
  const [, frames] = told.exec(await rate.textContent());
  t.diagnostic(`${frames} frames per second`);
  assert.ok(Number(frames) > 0.2 && Number(frames) <= 60, frames);
  const size = await page.locator('#camera canvas').evaluate(({ width, height }) => [width, height]);
  assert.equal(Math.max(...size), 256);

  const before = await drawing(page);
  await page.waitForFunction((before) => document.querySelector('#camera canvas').toDataURL() !== before, before);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.waitForTimeout(1500);
  const paused = await drawing(page);
  await page.waitForTimeout(1500);
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
  await rate.filter({ hasText: told }).waitFor({ timeout: 60_000 });
  assert.deepEqual(await states(page), ['ended', 'live']);
  await page.keyboard.press('Escape');
  // That it is closed a dialog tells only afterwards.
  await page.locator('#camera').waitFor({ state: 'hidden' });
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  assert.deepEqual(await states(page), ['ended', 'ended'], 'the camera is off');
  assert.ok(await page.evaluate(() => document.activeElement.matches('#open-camera')));
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  watch.assertClean();
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

for (const [width, colorScheme] of [320, 360, 768, 1440].flatMap((width) => [
  [width, 'light'],
  [width, 'dark'],
])) {
  test(`the camera at ${width} px, ${colorScheme}`, async () => {
    const { context, page } = await visit({ viewport: { width, height: 800 }, colorScheme });
    await opener(page).click();
    await page.locator('#camera .rate', { hasText: /\d/ }).waitFor({ timeout: 60_000 });
    await page.evaluate(AXE);
    const violations = await page.evaluate(async () => {
      const found = await window.axe.run(document, { resultTypes: ['violations'] });
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    });
    assert.deepEqual(violations, []);
    const [wide, room] = await page
      .locator('#camera')
      .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
    assert.ok(wide <= room, `${wide} px in ${room} px`);
    await page.screenshot({ path: `target/screenshots/camera-${width}-${colorScheme}.png` });
    await context.close();
  });
}
