// A photo is turned, mirrored and cut before it is drawn, with mouse, finger and keys; then saved beside its drawing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { card, choose, inBothThemes, open, picture, reaches, WORDS } from './browser.mjs';
import { site } from './panel.mjs';
import { readPng } from './pixels.mjs';
import { holds, settled } from './sessions.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const stage = site('lake', 'dog');
const begin = (options) => open(stage.browser, stage.server.url, { format: 'png', ...options });

const dialog = (page) => page.locator('#crop');
const button = (page, key) => dialog(page).getByRole('button', { name: WORDS[key], exact: true });
const measure = async (page) => (await dialog(page).locator('.measure').textContent()).match(/\d+/g).map(Number);
const shape = (page, name) => dialog(page).locator('.shapes label', { hasText: name });
const slider = (page, key) => dialog(page).getByRole('slider', { name: WORDS[key] });

async function edit(page, index = 0) {
  await card(page, index).locator('.open-crop').click();
  await dialog(page).locator('.frame').waitFor();
}

/** Draws what is framed, and waits for it. */
async function apply(page, index = 0) {
  // What is kept answers too soon for any state between to be seen.
  const href = (at) =>
    document.querySelectorAll('.card')[at].querySelector('a[download]')?.getAttribute('href') ?? null;
  const before = await page.evaluate(href, index);
  await button(page, 'crop.apply').click();
  await page.waitForFunction(
    ([at, before]) => {
      const link = document.querySelectorAll('.card')[at].querySelector('a[download]');
      return link !== null && link.getAttribute('href') !== before;
    },
    [index, before],
    { timeout: 180_000 },
  );
  return reaches(page, index, 'done');
}

async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent('download'), press()]);
  return { name: download.suggestedFilename(), path: await download.path() };
}

const file = (page, index = 0) => saved(page, () => card(page, index).locator('a[download]').click());

/** Chooses a strength, and waits for the file that has it. */
async function blend(page, index, strength) {
  const before = await card(page, index).locator('a[download]').getAttribute('href');
  await card(page, index).getByRole('slider', { name: WORDS['finish.strength'] }).fill(strength);
  await page.waitForFunction(
    ([index, before]) => {
      const href = document.querySelectorAll('.card')[index].querySelector('a[download]').getAttribute('href');
      return href && href !== before;
    },
    [index, before],
  );
  await reaches(page, index, 'done');
}

/** The photo as the core has it: at strength 0 nothing of a drawing shows. */
async function photoOf(page, index = 0) {
  await blend(page, index, '0');
  const png = readPng((await file(page, index)).path);
  await blend(page, index, '100');
  return png;
}

test('turned, mirrored and cut: what is drawn, what is seen below the divider, and what the file has', async () => {
  const { context, page, watch } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  const plain = await photoOf(page);
  await edit(page);
  assert.deepEqual(await measure(page), [160, 90]);
  await button(page, 'crop.turn-right').click();
  assert.deepEqual(await measure(page), [90, 160]);
  const place = (part) => dialog(page).locator(part).boundingBox();
  assert.deepEqual(await place('.shade'), await place('.easel canvas'), 'the frame lies on all of the picture');
  await button(page, 'crop.mirror').click();
  await shape(page, '1:1').click();
  assert.deepEqual(await measure(page), [90, 90]);
  // As far down as it goes: the photo's right end.
  await dialog(page).locator('.frame').focus();
  for (let press = 0; press < 8; press++) await page.keyboard.press('Shift+ArrowDown');
  const done = await apply(page);
  assert.match(await done.locator('.status').textContent(), /90 × 90/);
  const before = card(page).locator('.before img:not([hidden])');
  await before.waitFor();
  assert.deepEqual(await before.evaluate(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight]), [90, 90]);
  const framed = await photoOf(page);
  assert.deepEqual([framed.width, framed.height], [90, 90]);
  // Turned right and mirrored, x and y have changed places.
  let off = 0;
  for (let y = 0; y < 90; y++)
    for (let x = 0; x < 90; x++) {
      const [from, to] = [x * plain.width + y + 70, y * 90 + x];
      const per = plain.data.length / (plain.width * plain.height);
      for (let channel = 0; channel < 3; channel++)
        off = Math.max(off, Math.abs(plain.data[from * per + channel] - framed.data[to * per + channel]));
    }
  assert.equal(off, 0, 'the very pixels');
  watch.assertClean();
  await context.close();
});

test('cancelled nothing changes; reset, all of the photo is drawn, and is found again', async () => {
  const { context, page, watch } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  const href = await card(page).locator('a[download]').getAttribute('href');
  await edit(page);
  await button(page, 'crop.mirror').click();
  await page.keyboard.press('Escape');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.open-crop')), 'the focus is back');
  await edit(page);
  await button(page, 'crop.apply').click();
  assert.equal(await card(page).locator('a[download]').getAttribute('href'), href, 'nothing was drawn');
  await edit(page);
  await shape(page, '16:9').click();
  await slider(page, 'crop.left').press('Shift+ArrowRight');
  await slider(page, 'crop.left').press('Shift+ArrowRight');
  const [width, height] = await measure(page);
  assert.ok(Math.abs(width / height - 16 / 9) < 0.03 && width < 140, `${width} × ${height}`);
  await apply(page);
  await edit(page);
  await button(page, 'crop.reset').click();
  assert.deepEqual(await measure(page), [160, 90]);
  const done = await apply(page);
  assert.match(await done.locator('.status').textContent(), /160 × 90.*kept from/);
  watch.assertClean();
  await context.close();
});

test('edges and corners are dragged by mouse and finger, and moved by keys; what they are at is said', async () => {
  for (const hasTouch of [false, true]) {
    const viewport = hasTouch ? { width: 360, height: 740 } : { width: 1024, height: 768 };
    const { context, page } = await begin({ viewport, hasTouch, isMobile: hasTouch });
    await choose(page, stage.photos[1]);
    await reaches(page, 0, 'done');
    await edit(page);
    const [wide, high] = await measure(page);
    const corner = await dialog(page).locator('.grip[data-x="1"][data-y="1"]').boundingBox();
    const easel = await dialog(page).locator('.easel').boundingBox();
    const [x, y] = [corner.x + corner.width / 2, corner.y + corner.height / 2];
    const to = [x - easel.width / 4, y - easel.height / 4];
    if (hasTouch) {
      const session = await context.newCDPSession(page);
      const touch = (type, ...points) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
      await touch('touchStart', [x, y]);
      for (let step = 1; step <= 5; step++)
        await touch('touchMove', [x + ((to[0] - x) * step) / 5, y + ((to[1] - y) * step) / 5]);
      await touch('touchEnd');
    } else {
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(...to, { steps: 5 });
      await page.mouse.up();
    }
    const [width, height] = await measure(page);
    assert.ok(Math.abs(width - wide * 0.75) <= 2 && Math.abs(height - high * 0.75) <= 2, `${width} × ${height}`);
    await slider(page, 'crop.top').press('ArrowDown');
    assert.ok((await measure(page))[1] < height);
    assert.match(await slider(page, 'crop.right').getAttribute('aria-valuetext'), /^75 %\. \d+ × \d+ pixels$/);
    await context.close();
  }
});

test('framed photos survive a reload, and a drawing that is cancelled gives the old frame back', async () => {
  const { context, page } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await edit(page);
  await button(page, 'crop.turn-left').click();
  await apply(page);
  await holds(page, ({ outcomes, widths }) => outcomes?.[0] === 'done' && widths[0] === 90, 'it is stored as turned');
  await page.reload();
  const done = await reaches(page, 0, 'done');
  assert.match(await done.locator('.status').textContent(), /90 × 160/);
  const shown = () =>
    card(page)
      .locator('.before img')
      .evaluate(async (image) => {
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      });
  await page.locator('.card .before img:not([hidden])').waitFor();
  assert.deepEqual(await shown(), [90, 160]);
  await context.route('**/*.wasm', async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  await context.route('**/*.onnx*', async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  await edit(page);
  await button(page, 'crop.mirror').click();
  await button(page, 'crop.apply').click();
  await card(page).locator('.cancel').click();
  release();
  await card(page).locator('.status', { hasText: WORDS['status.cancelled-again'] }).waitFor();
  await page.locator('.card .before img:not([hidden])').waitFor();
  assert.deepEqual(await shown(), [90, 160]);
  await edit(page);
  assert.deepEqual(await measure(page), [90, 160]);
  await context.close();
});

test('a photo that failed as it was turned is tried again as it was turned', async () => {
  const { context, page } = await begin({ serviceWorkers: 'block' });
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  await holds(page, settled(1), 'it is stored');
  // After a reload there is no engine yet.
  await page.reload();
  const done = await reaches(page, 0, 'done');
  const shape = () => card(page).evaluate((element) => Number(element.style.getPropertyValue('--ratio')) > 1);
  await context.route('**/*.onnx*', (route) => route.abort());
  await edit(page);
  await button(page, 'crop.turn-left').click();
  await button(page, 'crop.apply').click();
  await done.locator('.status', { hasText: WORDS['status.failed-again'] }).waitFor();
  await page.waitForFunction(() => document.querySelector('.card').style.getPropertyValue('--ratio') > 1);
  await context.unroute('**/*.onnx*');
  await done.locator('.retry').click();
  await done.locator('.status', { hasText: '90 × 160' }).waitFor();
  assert.equal(await shape(), false, 'the frame is upright, too');
  await edit(page);
  assert.deepEqual(await measure(page), [90, 160]);
  await context.close();
});

test('before and after: side by side, divided where the divider is, and as a film', async (t) => {
  const { context, page, watch } = await begin();
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  const menu = card(page).locator('.both');
  const press = async (key) => {
    await menu.locator('summary').click();
    return saved(page, () => menu.getByRole('button', { name: WORDS[key] }).click());
  };
  const drawing = readPng((await file(page)).path);
  const per = drawing.data.length / (drawing.width * drawing.height);
  const beside = await press('both.side-by-side');
  assert.equal(beside.name, 'lake-meadow-before-after.png');
  const both = readPng(beside.path);
  assert.deepEqual([both.width, both.height], [322, 90]);
  const pixel = (png, x, y) => [...png.data.subarray((y * png.width + x) * per, (y * png.width + x) * per + 3)];
  assert.deepEqual(pixel(both, 162 + 40, 45), pixel(drawing, 40, 45));
  assert.notDeepEqual(pixel(both, 40, 45), pixel(drawing, 40, 45));
  assert.match(readFileSync(beside.path, 'latin1'), /trainedAlgorithmicMedia/i, 'and says how it was made');
  await card(page)
    .getByRole('slider', { name: WORDS['compare.label'].replace('{name}', 'lake.jpg') })
    .press('Home');
  const divided = readPng((await press('both.divided')).path);
  assert.deepEqual([divided.width, divided.height], [160, 90]);
  assert.deepEqual(pixel(divided, 40, 45), pixel(drawing, 40, 45), 'the divider is at the left end');
  await card(page).locator('.made', { hasText: 'lake-meadow-before-after.png' }).waitFor();

  // Where the drawing is held no longer it is drawn again.
  await holds(page, settled(1), 'it is stored');
  await page.reload();
  await reaches(page, 0, 'done');
  assert.equal(readPng((await press('both.side-by-side')).path).width, 322);

  const film = await press('both.animation');
  t.diagnostic(film.name);
  assert.match(film.name, /^lake-meadow-before-after\.(webm|mp4)$/);
  // The page's policy lets it play nothing.
  const player = await context.newPage();
  const played = await player.evaluate(
    async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
      const video = Object.assign(document.createElement('video'), { muted: true });
      video.src = URL.createObjectURL(new Blob([bytes]));
      const colours = [];
      const canvas = new OffscreenCanvas(160, 90).getContext('2d');
      const over = new Promise((resolve, reject) => {
        video.onended = resolve;
        video.onerror = () => reject(new Error(video.error.message));
      });
      const timer = setInterval(() => {
        canvas.drawImage(video, 0, 0, 160, 90);
        colours.push([...canvas.getImageData(80, 45, 1, 1).data]);
      }, 100);
      await video.play();
      await over;
      clearInterval(timer);
      return { width: video.videoWidth, height: video.videoHeight, seconds: video.currentTime, colours };
    },
    readFileSync(film.path, 'base64'),
  );
  assert.deepEqual([played.width, played.height], [160, 90]);
  assert.ok(played.seconds > 3.3 && played.seconds < 6, `${played.seconds} s`);
  const spread = Math.max(...played.colours.map(([red]) => red)) - Math.min(...played.colours.map(([red]) => red));
  assert.ok(spread > 3, 'the photo is seen, and the drawing');
  watch.assertClean();
  await context.close();
});

for (const [width, height] of [
  [360, 740],
  [740, 360],
  [1280, 800],
]) {
  test(`${width} × ${height}: axe finds nothing, nothing sticks out; at twice the text neither`, async () => {
    const options = { viewport: { width, height }, reducedMotion: 'reduce', hasTouch: width < 800 };
    const { context, page, watch } = await begin(options);
    await page.evaluate(AXE);
    const check = async (what) =>
      inBothThemes(page, async (theme) => {
        await picture(page, `crop/${what}-${theme}-${width}`);
        const found = await page.evaluate(async () => {
          const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
          return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
        });
        assert.deepEqual(found, [], `${what}, ${theme}`);
        const wide = await page.evaluate(() => [
          document.documentElement.scrollWidth - innerWidth,
          ...[...document.querySelectorAll('dialog[open]')].map((open) => open.scrollWidth - open.clientWidth),
        ]);
        assert.ok(Math.max(...wide) <= 0, `${what}: ${wide}`);
      });
    await choose(page, 'tests/fixtures/photos/dog.jpg');
    await reaches(page, 0, 'done');
    await card(page).locator('.both summary').click();
    await check('both');
    await page.keyboard.press('Escape');
    await edit(page);
    await shape(page, '4:5').click();
    await check('crop');
    const apply = button(page, 'crop.apply');
    await apply.scrollIntoViewIfNeeded();
    assert.ok(await apply.isVisible());
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    await check('crop-large-text');
    watch.assertClean();
    await context.close();
  });
}
