// What is done with a finished picture: compared, looked at closely, blended, resized, saved in another format.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { card, choose, largePhoto, launch, open, reaches, SITE, startAnew, WORDS } from './browser.mjs';
import { smallPhotos } from './panel.mjs';
import { readPng } from './pixels.mjs';
import { serve } from './server.mjs';

let browser, server, LAKE, DOG;
before(async () => {
  browser = await launch();
  [LAKE, DOG] = await smallPhotos(browser, 'lake', 'dog');
  server = await serve(SITE, { throttled: false });
});
after(async () => {
  await browser.close();
  await server.close();
});

const split = (root) => root.evaluate((element) => Number(element.style.getPropertyValue('--split')));
const drawings = (page) => page.evaluate(() => window.inferences);

/** Opens the page and counts how often the generator is run. */
async function opened(options = {}) {
  const { context, page, watch } = await open(browser, server.url, { format: 'png', ...options });
  await page.evaluate(() => {
    window.inferences = 0;
    let before;
    new MutationObserver(() => {
      const state = document.querySelector('.card')?.dataset.state;
      if (state === 'running' && before !== 'running') window.inferences += 1;
      before = state;
    }).observe(document.querySelector('.gallery'), { subtree: true, childList: true, attributes: true });
  });
  return { context, page, watch };
}

/** The file that the first card offers now, once it is one of this type and another than `before`. */
async function saved(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), card(page).locator('a[download]').click()]);
  return {
    name: download.suggestedFilename(),
    bytes: readFileSync(await download.path()),
    path: await download.path(),
  };
}

async function drag(page, locator, from, to) {
  const box = await locator.boundingBox();
  const at = (share) => [box.x + box.width * share, box.y + box.height / 3];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at((from + to) / 2));
  await page.mouse.move(...at(to));
  await page.mouse.up();
}

test('mouse and keys move the divider; it tells where it is', async () => {
  const { context, page, watch } = await opened();
  await choose(page, LAKE);
  const compare = (await reaches(page, 0, 'done')).locator('.compare.drawn');
  await compare.waitFor();
  assert.equal(await split(compare), 0.5);
  await drag(page, compare, 0.5, 0.2);
  assert.ok(Math.abs((await split(compare)) - 0.2) < 0.02);
  const divider = compare.getByRole('slider', { name: WORDS['compare.label'].replace('{name}', 'lake.jpg') });
  assert.equal(await divider.getAttribute('aria-valuenow'), '20');
  await divider.focus();
  for (const [key, value] of [
    ['ArrowRight', 22],
    ['ArrowLeft', 20],
    ['PageUp', 30],
    ['End', 100],
    ['ArrowUp', 100],
    ['Home', 0],
    ['Shift+ArrowRight', 10],
  ]) {
    await page.keyboard.press(key);
    assert.equal(await divider.getAttribute('aria-valuenow'), String(value), key);
  }
  assert.equal(await divider.getAttribute('aria-valuetext'), WORDS['compare.value'].replace('{percent}', '10'));
  watch.assertClean();
  await context.close();
});

/** Moves a finger; the browser decides whether it scrolls. */
async function swipe(page, from, by) {
  const session = await page.context().newCDPSession(page);
  const touch = (type, x, y) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
  await touch('touchStart', from.x, from.y);
  for (let step = 1; step <= 8; step++)
    await touch('touchMove', from.x + (by.x * step) / 8, from.y + (by.y * step) / 8);
  await touch('touchEnd');
  await session.detach();
}

test('a finger across moves the divider, a finger up and down scrolls the page', async () => {
  const phone = { viewport: { width: 360, height: 500 }, hasTouch: true, isMobile: true };
  const { context, page, watch } = await opened(phone);
  await choose(page, LAKE, DOG);
  await reaches(page, 1, 'done');
  const compare = card(page).locator('.compare.drawn');
  await compare.scrollIntoViewIfNeeded();
  const middle = async () => {
    const { x, y, width, height } = await compare.boundingBox();
    return { x: x + width / 2, y: y + height / 2 };
  };
  await swipe(page, await middle(), { x: -80, y: 2 });
  const moved = await split(compare);
  assert.ok(moved < 0.4, `${moved}`);
  const before = await page.evaluate(() => scrollY);
  await swipe(page, await middle(), { x: 0, y: -150 });
  await page.waitForFunction((before) => scrollY > before + 60, before);
  assert.ok(Math.abs((await split(compare)) - moved) < 0.05, 'the divider stays');
  watch.assertClean();
  await context.close();
});

test('what is saved, put into the ZIP or looked at is as it was chosen last, however soon it is asked for', async () => {
  const { context, page, watch } = await opened();
  await choose(page, LAKE, DOG);
  await reaches(page, 1, 'done');
  await (await reaches(page, 0, 'done')).locator('.compare.drawn').waitFor();
  /** Chooses and presses in one go, before anything can come of it. */
  const atOnce = (name, value, pressed) =>
    page.evaluate(
      ([name, value, pressed]) => {
        const control = document.querySelector(`.card [name=${name}]`);
        control.value = value;
        for (const type of ['input', 'change']) control.dispatchEvent(new Event(type, { bubbles: true }));
        document.querySelector(pressed).click();
      },
      [name, value, pressed],
    );
  const file = async (download) => readFileSync(await (await download).path());
  const pressed = async (name, value, button) => {
    const [download] = await Promise.all([page.waitForEvent('download'), atOnce(name, value, button)]);
    return { name: download.suggestedFilename(), bytes: await file(download) };
  };
  const first = await pressed('strength', '40', '.card a[download]');
  assert.deepEqual(first.bytes, (await saved(page)).bytes);
  const jpeg = await pressed('format', 'jpeg', '.card a[download]');
  assert.match(jpeg.name, /\.jpg$/);
  assert.deepEqual([...jpeg.bytes.subarray(0, 2)], [0xff, 0xd8]);
  await page.evaluate(() => delete window.showSaveFilePicker);
  const zip = await pressed('format', 'png', '.save-all');
  assert.ok(zip.bytes.includes('lake-meadow.png') && !zip.bytes.includes('lake-meadow.jpg'), 'in the ZIP, too');
  await atOnce('strength', '70', '.card .enlarge');
  const save = page.locator('#viewer .save');
  const [looked] = await Promise.all([page.waitForEvent('download'), save.click()]);
  await page.keyboard.press('Escape');
  assert.deepEqual(await file(looked), (await saved(page)).bytes, 'what is looked at');
  watch.assertClean();
  await context.close();
});

test('strength, format and quality make another file without drawing again', async (t) => {
  const { context, page, watch } = await opened();
  await choose(page, LAKE);
  const done = await reaches(page, 0, 'done');
  await done.locator('.compare.drawn').waitFor();
  const whole = readPng((await saved(page)).path);
  const link = done.locator('a[download]');
  const next = async (act) => {
    const before = await link.getAttribute('href');
    const begin = Date.now();
    await act();
    await page.waitForFunction((before) => document.querySelector('.card a[download]').href !== before, before);
    return Date.now() - begin;
  };
  const strength = done.getByRole('slider', { name: WORDS['finish.strength'] });
  const waited = await next(() => strength.fill('50'));
  t.diagnostic(`half as strong after ${waited} ms, of which 120 wait for the slider to rest`);
  assert.equal(await strength.getAttribute('aria-valuetext'), WORDS['finish.percent'].replace('{percent}', '50'));
  const half = readPng((await saved(page)).path);
  await next(() => strength.fill('0'));
  const none = readPng((await saved(page)).path);
  let off = 0;
  for (let i = 0; i < half.data.length; i++)
    off = Math.max(off, Math.abs(half.data[i] - (whole.data[i] + none.data[i]) / 2));
  assert.ok(off <= 1, `the file is the mean of drawing and photo: ${off}`);

  const weight = () => done.locator('.weight').textContent();
  await done.locator('.saving summary').click();
  await next(() => done.getByRole('combobox', { name: WORDS['finish.format'] }).selectOption('jpeg'));
  assert.match(await weight(), /^JPEG, \d+ kB$/);
  const jpeg = await saved(page);
  assert.equal(jpeg.name, 'lake-meadow.jpg');
  assert.deepEqual([...jpeg.bytes.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  await next(() => done.getByRole('slider', { name: WORDS['finish.quality'] }).fill('40'));
  const small = await saved(page);
  assert.ok(small.bytes.length < jpeg.bytes.length);
  await next(() => done.getByRole('combobox', { name: WORDS['finish.format'] }).selectOption('webp'));
  assert.equal((await saved(page)).bytes.subarray(8, 12).toString(), 'WEBP');
  assert.equal(await drawings(page), 1, 'the generator ran once');
  const expected = ['announce.begun', 'announce.done'].map((key) => WORDS[key].replace('{name}', 'lake.jpg'));
  const announced = await page.getByRole('log').locator('p').allTextContents();
  assert.deepEqual(
    announced.filter((said) => expected.includes(said)),
    expected,
    'and is announced once',
  );

  // A kept picture has no drawing behind it: that is made when it is needed, once.
  await startAnew(page);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  assert.equal(await card(page).getByRole('combobox', { includeHidden: true }).nth(1).inputValue(), 'webp');
  await page.evaluate(() => localStorage.removeItem('nijigen.choices'));
  await startAnew(page);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  assert.match(await card(page).locator('.status').textContent(), /kept from/);
  await next(() => card(page).getByRole('slider', { name: WORDS['finish.strength'] }).fill('50'));
  await reaches(page, 0, 'done');
  // Another build may draw now, which differs by a few levels here and there.
  const difference = async () => {
    const { data } = readPng((await saved(page)).path);
    return data.reduce((most, value, i) => Math.max(most, Math.abs(value - half.data[i])), 0);
  };
  for (let tries = 0; ; tries++) {
    const most = await difference();
    if (most <= 4) break;
    assert.ok(tries < 10, `the same picture as before: ${most}`);
  }
  watch.assertClean();
  await context.close();
});

test('a finished picture outlives the attempt at another that is cancelled or fails', async () => {
  let broken = true;
  const answer = (path, response) => {
    if (broken && /skyline.*onnx$/.test(path)) response.writeHead(503).end();
  };
  const shaky = await serve(SITE, { throttled: false, answer });
  const { context, page } = await open(browser, shaky.url, { format: 'png', serviceWorkers: 'block' });
  await choose(page, await largePhoto(browser, 2400, 1600));
  const done = await reaches(page, 0, 'done');
  const before = (await saved(page)).bytes;
  const kept = async (style) => {
    await reaches(page, 0, 'done');
    assert.equal(await done.locator('.styles input:checked').inputValue(), style, 'what is shown is what is chosen');
    assert.equal(await done.getByRole('combobox', { includeHidden: true }).first().inputValue(), '1024');
    assert.ok(await done.locator('.after img').isVisible());
    assert.deepEqual((await saved(page)).bytes, before);
  };
  const said = (key, sentence) =>
    page.getByRole('log').locator('p', {
      hasText: WORDS[key].replace('{name}', 'large.jpg').replace('{sentence}', sentence ?? ''),
    });

  await done.getByText(WORDS['style.skyline'], { exact: true }).click();
  await done.locator('.status', { hasText: WORDS['status.failed-again'] }).waitFor({ timeout: 180_000 });
  assert.equal(await done.locator('.sentence').textContent(), WORDS['error.network']);
  await kept('meadow');
  await said('announce.failed-again', WORDS['error.network']).waitFor();

  broken = false;
  await done.locator('.saving summary').click();
  await done.getByRole('combobox', { name: WORDS['finish.size'] }).selectOption('2048');
  await done.locator('.cancel').click();
  await done.locator('.status', { hasText: WORDS['status.cancelled-again'] }).waitFor();
  await kept('meadow');
  await said('announce.cancelled-again').waitFor();
  assert.ok(await done.locator('.problem').isHidden(), 'the old reason is gone');

  for (const [side, sides] of [
    [768, '768 × 512'],
    [2048, '2048 × 1365'],
  ]) {
    await done.getByRole('combobox', { name: WORDS['finish.size'] }).selectOption(String(side));
    await done.locator('.status', { hasText: sides }).waitFor({ timeout: 180_000 });
    const { width, height } = readPng((await saved(page)).path);
    assert.equal(`${width} × ${height}`, sides);
  }
  await done.getByText(WORDS['style.skyline'], { exact: true }).click();
  // What is chosen meanwhile counts.
  await done.getByRole('combobox', { name: WORDS['finish.format'] }).selectOption('jpeg');
  await done.locator('.status', { hasText: `${WORDS['style.skyline']}, ` }).waitFor({ timeout: 180_000 });
  await done.locator('.weight', { hasText: /^JPEG/ }).waitFor();
  assert.equal((await saved(page)).name, 'large-skyline.jpg');
  await context.close();
  await shaky.close();
});

test('a larger size is drawn anew, and what the device has no memory for cannot be chosen', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await page.addInitScript(() => Object.defineProperty(navigator, 'deviceMemory', { get: () => 0.25 }));
  await page.reload();
  await choose(page, 'tests/fixtures/photos/dog.jpg');
  await card(page).locator('.saving summary').click();
  const sizes = card(page).getByRole('combobox', { name: WORDS['finish.size'] });
  await card(page).locator('.short').waitFor();
  const disabled = await sizes.locator('option:disabled').allTextContents();
  assert.deepEqual(disabled, [
    WORDS['finish.too-large'].replace('{words}', WORDS['finish.pixels'].replace('{side}', '768')),
    WORDS['finish.too-large'].replace('{words}', WORDS['finish.pixels'].replace('{side}', '1024')),
    WORDS['finish.too-large'].replace('{words}', WORDS['finish.pixels'].replace('{side}', '2048')),
  ]);
  assert.ok(await card(page).locator('.short').isVisible());
  await reaches(page, 0, 'done');
  assert.match(await card(page).locator('.status').textContent(), /512 × 512/);
  watch.assertClean();
  await context.close();
});

test('each style is seen on the own photo, once nothing else is drawn', async () => {
  const { context, page, watch } = await opened();
  await choose(page, LAKE, DOG, 'tests/fixtures/photos/asters.jpg');
  const previews = (index) => card(page, index).locator('.well img:not([hidden])');
  await reaches(page, 1, 'done');
  assert.equal((await previews(0).count()) + (await previews(1).count()), 0, 'the queue goes first');
  await reaches(page, 2, 'done');
  await page.waitForFunction(() => document.querySelectorAll('.card:first-child .well img:not([hidden])').length === 4);
  const [width] = await previews(0).evaluateAll((images) => images.map((img) => img.naturalWidth));
  assert.equal(width, 192);
  const pictures = await previews(0).evaluateAll((images) =>
    images.map((img) => {
      const context = new OffscreenCanvas(8, 8).getContext('2d');
      context.drawImage(img, 0, 0, 8, 8);
      return context.getImageData(0, 0, 8, 8).data.join();
    }),
  );
  assert.equal(new Set(pictures).size, 4, 'every style looks different');
  watch.assertClean();
  await context.close();
});

test('a page so busy that changes of sight come together goes by the last', async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    const earlier = ({ target, isIntersecting }) => ({ target, isIntersecting: !isIntersecting });
    window.IntersectionObserver = class extends IntersectionObserver {
      constructor(callback, options) {
        super((entries) => callback(entries.flatMap((entry) => [earlier(entry), entry])), options);
      }
    };
  });
  const page = await context.newPage();
  await page.goto(server.url);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await card(page).locator('.well img:not([hidden])').nth(2).waitFor({ timeout: 60_000 });
  await context.close();
});

test('the large view zooms and pans both pictures in step', async () => {
  const { context, page, watch } = await opened();
  await choose(page, 'tests/fixtures/photos/lake.jpg');
  await reaches(page, 0, 'done');
  await card(page).locator('.compare.drawn').waitFor();
  await page.getByRole('button', { name: WORDS['card.enlarge-label'].replace('{name}', 'lake.jpg') }).click();
  const stage = page.locator('#viewer .stage');
  await stage.locator('.after img:not([hidden])').waitFor();
  const transforms = () =>
    stage.locator('img').evaluateAll((images) => images.map((img) => getComputedStyle(img).transform));
  const inStep = async () => {
    const [photo, drawing] = await transforms();
    assert.equal(photo, drawing);
    return new DOMMatrixLike(photo);
  };
  assert.equal((await inStep()).scale, 1);
  const box = await stage.boundingBox();
  const middle = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(middle[0] + 100, middle[1]);
  await page.mouse.wheel(0, -400);
  await page.waitForFunction(() => document.querySelector('.stage').classList.contains('enlarged'));
  const zoomed = await inStep();
  assert.ok(zoomed.scale > 1.5 && zoomed.x < 0, 'what the pointer is on stays under it');
  await drag(page, stage, 0.75, 0.85);
  assert.ok((await inStep()).x > zoomed.x, 'dragging pans');
  assert.equal(await split(stage), 0.5, 'and leaves the divider');
  await stage.focus();
  const { x } = await inStep();
  await page.keyboard.press('ArrowRight');
  assert.ok((await inStep()).x < x);
  await page.keyboard.press('0');
  assert.equal((await inStep()).scale, 1);
  await page.keyboard.press('+');
  assert.ok((await inStep()).scale > 1.3);
  await page.keyboard.press('-');
  assert.equal((await inStep()).scale, 1);
  // The lower part, where no divider is.
  const corner = [box.x + box.width * 0.7, box.y + box.height * 0.7];
  await page.mouse.dblclick(...corner);
  assert.equal((await inStep()).scale, 2.5);
  await page.mouse.dblclick(...corner);
  assert.equal((await inStep()).scale, 1);
  await drag(page, stage, 0.5, 0.3);
  const line = await stage.locator('.divider').boundingBox();
  assert.ok(Math.abs(line.x + line.width / 2 - (box.x + box.width * 0.3)) < 5, 'the divider is where the pointer is');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#viewer .save').click()]);
  assert.equal(download.suggestedFilename(), 'lake-meadow.png');
  await page.keyboard.press('Escape');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.enlarge')), 'the focus comes back');
  watch.assertClean();
  await context.close();
});

test('two fingers pinch, two taps enlarge', async () => {
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  const { context, page, watch } = await opened(phone);
  await choose(page, LAKE);
  await reaches(page, 0, 'done');
  await card(page).locator('.compare.drawn').waitFor();
  await card(page).locator('.enlarge').tap();
  const stage = page.locator('#viewer .stage');
  await stage.locator('.after img:not([hidden])').waitFor();
  const scale = () => stage.evaluate((element) => Number(element.style.getPropertyValue('--scale')));
  const { x, y, width, height } = await stage.boundingBox();
  const [middle, down] = [x + width / 2, y + height * 0.6];
  const session = await context.newCDPSession(page);
  const touch = (type, apart) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: apart
        ? [
            { x: middle - apart, y: down, id: 1 },
            { x: middle + apart, y: down, id: 2 },
          ]
        : [],
    });
  await touch('touchStart', 40);
  for (const apart of [50, 60, 70, 80]) await touch('touchMove', apart);
  await touch('touchEnd');
  assert.ok(Math.abs((await scale()) - 2) < 0.2, `${await scale()}`);
  // When they were, in seconds, is said: on a busy machine two would be too long apart.
  const tapTwice = async () => {
    const touchPoints = [{ x: middle + 60, y: down }];
    const now = Date.now() / 1000;
    for (const timestamp of [now, now + 0.1]) {
      await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints, timestamp });
      await session.send('Input.dispatchTouchEvent', {
        type: 'touchEnd',
        touchPoints: [],
        timestamp: timestamp + 0.03,
      });
    }
  };
  await tapTwice();
  assert.equal(await scale(), 1);
  await tapTwice();
  assert.equal(await scale(), 2.5);
  watch.assertClean();
  await context.close();
});

test('whoever has seen enough cancels the rest: the fast picture stays, and can be drawn on', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png', serviceWorkers: 'block' });
  await page.evaluate(() => {
    const observer = new MutationObserver(() => {
      const card = document.querySelector('.card[data-state="running"]');
      if (!card?.querySelector('.after img')?.src) return;
      observer.disconnect();
      window.seen = card.querySelector('.after img').src;
      card.querySelector('.cancel').click();
    });
    observer.observe(document.querySelector('.gallery'), { subtree: true, childList: true, attributes: true });
  });
  await choose(page, 'tests/fixtures/photos/dog.jpg');
  await reaches(page, 0, 'done');
  const status = card(page, 0).locator('.status');
  assert.equal(await status.textContent(), WORDS['status.cancelled-quick']);
  assert.ok(await card(page, 0).locator('a[download]').isVisible());
  await card(page, 0).locator('.retry').click();
  await status.filter({ hasNotText: WORDS['status.cancelled-quick'] }).waitFor();
  await reaches(page, 0, 'done');
  const src = await card(page, 0).locator('.after img').getAttribute('src');
  assert.notEqual(src, await page.evaluate(() => window.seen), 'now it is the fine one');
  watch.assertClean();
  await context.close();
});

test('the fast picture is shown first, and the fine one takes its place without a jump', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png', serviceWorkers: 'block' });
  await page.evaluate(() => {
    window.seen = [];
    new MutationObserver(() => {
      const img = document.querySelector('.card .after img');
      if (!img?.src && window.seen.length === 0) return;
      const { width, height } = document.querySelector('.card .compare').getBoundingClientRect();
      const { state } = document.querySelector('.card').dataset;
      window.seen.push({ state, src: img.src, hidden: img.hidden, box: `${width} × ${height}` });
    }).observe(document.querySelector('.gallery'), { subtree: true, childList: true, attributes: true });
  });
  await choose(page, 'tests/fixtures/photos/dog.jpg');
  await reaches(page, 0, 'done');
  await page.waitForFunction(() => new Set(window.seen.map(({ src }) => src)).size === 2);
  const all = await page.evaluate(() => window.seen);
  const seen = all.slice(all.findIndex(({ hidden }) => !hidden));
  assert.equal(seen[0].state, 'running');
  assert.deepEqual(
    seen.filter(({ hidden }) => hidden),
    [],
    'nothing is taken away in between',
  );
  assert.equal(new Set(seen.map(({ box }) => box)).size, 1);
  // What takes longer than 15 s is told in between, too.
  const told = await page.getByRole('log').locator('p').allTextContents();
  for (const key of ['announce.begun', 'announce.done']) {
    const words = WORDS[key].replace('{name}', 'dog.jpg');
    assert.equal(told.filter((said) => said === words).length, 1, words);
  }
  watch.assertClean();
  await context.close();
});

test('the figures of the visit', async () => {
  const { context, page, watch } = await opened();
  for (const index of [0, 1]) {
    await choose(page, LAKE);
    await reaches(page, index, 'done');
  }
  await page.getByRole('button', { name: WORDS['panel.open'] }).click();
  const monitor = page.locator('.monitor');
  assert.equal(await monitor.getAttribute('open'), null, 'collapsed');
  await monitor.locator('summary').click();
  const figure = (name) => monitor.locator(`[data-figure="${name}"]`).textContent();
  await page.waitForFunction(() => document.querySelector('[data-figure=hits]').textContent !== '');
  assert.equal(await figure('hits'), '1 of 2 (50 %)');
  assert.match(await figure('variant'), /^(simd|relaxed)(-threads)?$/);
  assert.match(await figure('threads'), /^\d+$/);
  assert.match(await figure('memory'), /^[\d.]+ MB now, [\d.]+ MB at most$/);
  assert.match(await figure('kept'), /^\d+ kB$/);
  assert.match(await figure('storage'), /^[\d.]+ [kM]B$/);
  for (const stage of ['load', 'prepare', 'inference', 'encode']) assert.match(await figure(stage), /^[\d,]+ ms$/);
  watch.assertClean();
  await context.close();
});

/** The parts of a computed 2D transform. */
class DOMMatrixLike {
  constructor(transform) {
    const [scale, , , , x, y] = /matrix\((.+)\)/.exec(transform)?.[1].split(',').map(Number) ?? [1, 0, 0, 1, 0, 0];
    Object.assign(this, { scale, x, y });
  }
}
