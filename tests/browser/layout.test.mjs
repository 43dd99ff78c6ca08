// Where things are, on phones and at desks: in sight, in line, and nothing pushed about.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { card, choose, open, reaches, WORDS } from './browser.mjs';
import { site } from './panel.mjs';

const stage = site('lake', 'dog');
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const LYING = { viewport: { width: 740, height: 360 }, isMobile: true, hasTouch: true };

const sample = async (page, index = 0) => {
  await page.locator('.sample').nth(index).click();
  await reaches(page, 0, 'done');
  await page.locator('.card .compare.drawn').waitFor();
};
const box = (page, selector) => page.locator(selector).first().boundingBox();
const width = (page) => page.evaluate(() => document.documentElement.scrollWidth);

test('once there are photos the way in is one low bar, at any width', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { serviceWorkers: 'block' });
  await sample(page);
  for (const side of [840, 900, 1000, 1049, 1440]) {
    await page.setViewportSize({ width: side, height: 800 });
    const { height } = await box(page, '.intake');
    assert.ok(height < 130, `${height} px at ${side}`);
  }
  await page.getByRole('heading', { level: 1, name: WORDS['intake.title'] }).waitFor({ state: 'attached' });
  await context.close();
});

test('on a phone Download is in sight when the picture is there, of a tall photo too', async () => {
  for (const index of [0, 1, 2]) {
    const { context, page } = await open(stage.browser, stage.server.url, { ...PHONE, serviceWorkers: 'block' });
    await sample(page, index);
    await page.evaluate(() => document.querySelector('.card').style.setProperty('--ratio', '0.75'));
    const { y, height } = await box(page, '.card .save');
    assert.ok(y > 0 && y + height <= 740, `Download ends at ${y + height} of 740`);
    await context.close();
  }
});

test('on a phone that lies on its side all of the picture is in sight, Download beside it', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { ...LYING, serviceWorkers: 'block' });
  await sample(page, 1);
  const picture = await box(page, '.card .compare');
  const save = await box(page, '.card .save');
  assert.ok(picture.y >= 0 && picture.y + picture.height <= 360, JSON.stringify(picture));
  assert.ok(save.x > picture.x + picture.width - 1 && save.y + save.height <= 360, JSON.stringify(save));
  await context.close();
});

test('text at twice the size scrolls up and down only', async () => {
  for (const locale of ['en', 'zh', 'ja']) {
    const { context, page } = await open(stage.browser, stage.server.url, {
      ...PHONE,
      locale,
      serviceWorkers: 'block',
    });
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    assert.equal(await width(page), 360, `${locale}, empty`);
    await sample(page);
    await card(page).locator('.saving summary').click();
    assert.equal(await width(page), 360, `${locale}, with a photo`);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('.card :is(.button, .field, .name, .switch, output)')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > 345)
        .map(({ outerHTML }) => outerHTML.slice(0, 80)),
    );
    assert.deepEqual(cut, [], `${locale}: nothing is cut off`);
    await page.locator('#open-panel').click();
    const wide = await page.locator('#panel').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
    assert.equal(wide, 0, `${locale}, settings`);
    await context.close();
  }
});

test('in the large view the divider stays on the picture', async () => {
  const viewport = { width: 1200, height: 600 };
  const { context, page } = await open(stage.browser, stage.server.url, { viewport, serviceWorkers: 'block' });
  await sample(page, 1);
  await card(page).locator('.enlarge').click();
  await page.locator('#viewer .after img:not([hidden])').waitFor();
  const frame = await box(page, '#viewer .stage');
  const shown = Math.min(frame.width, frame.height);
  const edges = [frame.x + (frame.width - shown) / 2, frame.x + (frame.width + shown) / 2];
  const middle = async () => {
    const { x, width } = await box(page, '#viewer .divider');
    return x + width / 2;
  };
  await page.locator('#viewer .divider').focus();
  for (const [key, edge] of [
    ['Home', edges[0]],
    ['End', edges[1]],
  ]) {
    await page.keyboard.press(key);
    assert.ok(Math.abs((await middle()) - edge) < 2, `${key}: ${await middle()} and not ${edge}`);
  }
  const y = frame.y + frame.height / 2;
  await page.mouse.move(edges[1], y);
  await page.mouse.down();
  await page.mouse.move(edges[0] - 200, y, { steps: 4 });
  assert.ok(Math.abs((await middle()) - edges[0]) < 2, 'dragged over the margin it stops at the edge');
  const aim = edges[0] + shown * 0.3;
  await page.mouse.move(aim, y);
  assert.ok(Math.abs((await middle()) - aim) < 2, 'and is where the pointer is');
  await page.mouse.up();
  await context.close();
});

test('style tiles that come late push nothing about', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { ...PHONE, serviceWorkers: 'block' });
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await context.route('**/models/manifest.json', async (route) => {
    await held;
    await route.continue();
  });
  await page.reload();
  await choose(page, stage.photos[0]);
  await page.locator('.card .before img:not([hidden])').waitFor();
  const places = () =>
    page.evaluate(() =>
      ['.compare', '.cancel', '.strength', '.mark', '.saving'].map((part) => {
        const { x, y } = document.querySelector(`.card ${part}`).getBoundingClientRect();
        return [part, Math.round(x), Math.round(y)];
      }),
    );
  const before = await places();
  release();
  await page.locator('.card .styles input').first().waitFor({ state: 'attached' });
  assert.deepEqual(await places(), before);
  await context.close();
});

/** Notes which controls that are seen move from when so many photos are in the list, and whatever else does. */
const watchControls = (count) => {
  window.moved = new Set();
  const [frames, places] = [new Map(), new Map()];
  let begun;
  const look = () => {
    const seen = [...document.querySelectorAll('main :is(a, button, input, select, summary, label, .divider)')].filter(
      (element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return element.checkVisibility({ visibilityProperty: true }) && bottom > 0 && top < innerHeight;
      },
    );
    if (document.querySelectorAll('.card').length === count)
      for (const element of seen) {
        // What is new is laid out with the frame, of which this is the beginning.
        frames.set(element, (frames.get(element) ?? 0) + 1);
        if (frames.get(element) < 3) continue;
        begun ??= performance.now();
        const { x, y, width, height } = element.getBoundingClientRect();
        const place = [x + scrollX, y + scrollY, width, height];
        const before = places.get(element) ?? place;
        const far = place.some((side, at) => Math.abs(side - before[at]) > 1);
        if (far) window.moved.add(`${element.className || element.name}: ${before} → ${place}`);
        places.set(element, place);
      }
    requestAnimationFrame(look);
  };
  look();
  new PerformanceObserver((list) => {
    for (const { startTime, sources } of list.getEntries())
      if (begun && startTime > begun)
        for (const { node, previousRect, currentRect } of sources) {
          // A space at a line's end is not seen, wherever it is when words follow.
          if (node instanceof Text && node.data.trim() === '') continue;
          const [from, to] = [previousRect, currentRect].map(({ x, y, width, height }) => [x, y, width, height]);
          const what = node instanceof Element ? node : node?.parentElement;
          window.moved.add(`shifted: ${what?.outerHTML.slice(0, 200)}: ${from} → ${to}`);
        }
  }).observe({ type: 'layout-shift' });
};

for (const [what, size] of Object.entries({
  'on a phone': PHONE,
  'on a phone that lies on its side': LYING,
  'at 1024 px': { viewport: { width: 1024, height: 768 } },
  'at a desk': { viewport: { width: 1440, height: 900 } },
}))
  test(`nothing moves while pictures are drawn, ${what}`, async () => {
    // One, several, and more than are shown large.
    for (const count of [1, 2, 7]) {
      // The divider comes from the edge else, as it should.
      const options = { ...size, reducedMotion: 'reduce', serviceWorkers: 'block' };
      const { context, page } = await open(stage.browser, stage.server.url, options);
      await page.evaluate(watchControls, count);
      await choose(page, ...Array.from({ length: count }, (_, at) => stage.photos[at % 2]));
      for (let at = 0; at < count; at++) await reaches(page, at, 'done');
      await card(page).locator('.after img:not([hidden])').waitFor();
      await card(page).locator('.both:not(.coming)').waitFor({ state: 'attached' });
      // The bar follows some time later.
      if (count > 1) await page.locator('.clear-finished:not(.coming)').waitFor();
      assert.deepEqual(await page.evaluate(() => [...window.moved]), [], `${count} photos`);
      await context.close();
    }
  });

test('who removes a photo far down the list stays there, and can undo it', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { ...PHONE, serviceWorkers: 'block' });
  const count = 14;
  await choose(page, ...Array.from({ length: count }, (_, at) => stage.photos[at % 2]));
  for (let at = 0; at < count; at++) await reaches(page, at, 'done');
  for (const left of [13, 12, 11]) {
    // In the middle, for at the end a list that shrinks does move.
    const above = card(page, 4);
    await above.evaluate((element) => {
      element.scrollIntoView({ block: 'center' });
    });
    const { y: before } = await above.boundingBox();
    // A press would first scroll the button out from under the bar.
    await card(page, 6).locator('.remove').dispatchEvent('click');
    await page.waitForFunction((left) => document.querySelectorAll('.card').length === left, left);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    assert.ok((await page.evaluate(() => scrollY)) > 300, 'it is far down');
    const { y: after } = await above.boundingBox();
    assert.ok(Math.abs(after - before) <= 2, `${left} left: the one above went from ${before} to ${after}`);
    const undo = await page.getByRole('button', { name: WORDS['batch.undo'] }).boundingBox();
    assert.ok(undo.y >= 0 && undo.y + undo.height <= 740, `Undo is at ${undo.y}`);
  }
  await context.close();
});

test('what is added to the list is not under the bar above it', async () => {
  for (const side of [800, 1024, 1440]) {
    const viewport = { width: side, height: 768 };
    const { context, page } = await open(stage.browser, stage.server.url, { viewport, serviceWorkers: 'block' });
    await sample(page);
    await choose(page, ...stage.photos, stage.photos[0]);
    for (let at = 1; at < 4; at++) await reaches(page, at, 'done');
    await page.locator('.clear-finished:not(.coming)').waitFor();
    const under = await page.evaluate(() => {
      const bar = document.querySelector('.batch').getBoundingClientRect();
      const names = [...document.querySelectorAll('.card .name')];
      return names.filter((name) => {
        const { top, bottom } = name.getBoundingClientRect();
        return top < bar.bottom && bottom > bar.top;
      }).length;
    });
    assert.equal(under, 0, `${side} px`);
    const { y } = await box(page, '.card:nth-child(2)');
    assert.ok(y >= 0 && y < 768, `at ${side} px the first new photo is at ${y}`);
    await context.close();
  }
});

test('the names of the styles are whole, for one photo and for several', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { serviceWorkers: 'block' });
  const cut = () =>
    page
      .locator('.shown .name:visible')
      .evaluateAll((names) =>
        names.filter((name) => name.scrollWidth > name.clientWidth).map(({ textContent }) => textContent),
      );
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'done');
  for (const several of [false, true]) {
    if (several) await choose(page, stage.photos[1]);
    if (several) await reaches(page, 1, 'done');
    for (const side of [340, 360, 768, 900, 1024, 1440]) {
      await page.setViewportSize({ width: side, height: 800 });
      assert.deepEqual(await cut(), [], `${side} px, ${several ? 'several' : 'one'}`);
    }
  }
  await context.close();
});

test('a photo that failed stands like those that are done', async () => {
  const viewport = { width: 1280, height: 900 };
  const { context, page } = await open(stage.browser, stage.server.url, { viewport, serviceWorkers: 'block' });
  await context.route('**/*skyline*.onnx*', (route) => route.abort());
  await page.evaluate(() => localStorage.setItem('nijigen.style', 'skyline'));
  await choose(page, stage.photos[0]);
  await reaches(page, 0, 'failed');
  await page.evaluate(() => localStorage.setItem('nijigen.style', 'meadow'));
  await choose(page, stage.photos[1]);
  await reaches(page, 1, 'done');
  const [failed, done] = await page.evaluate(() =>
    [...document.querySelectorAll('.card')].map((card) => {
      const picture = card.querySelector('.compare').getBoundingClientRect();
      const desk = card.querySelector('.desk').getBoundingClientRect();
      return { middle: Math.round(picture.x + picture.width / 2), desk: Math.round(desk.x) };
    }),
  );
  assert.deepEqual(failed, done);
  await context.close();
});

test('more than six photos are a compact grid, of which each can be opened', async () => {
  const viewport = { width: 1280, height: 900 };
  const { context, page } = await open(stage.browser, stage.server.url, { viewport, serviceWorkers: 'block' });
  await choose(page, ...Array.from({ length: 7 }, (_, at) => stage.photos[at % 2]));
  for (let at = 0; at < 7; at++) await reaches(page, at, 'done');
  const rows = await page.evaluate(
    () => new Set([...document.querySelectorAll('.card')].map((card) => card.getBoundingClientRect().y)).size,
  );
  assert.ok(rows <= 2, `${rows} rows`);
  const first = card(page);
  assert.ok(await first.locator('.save').isVisible());
  assert.ok(await first.locator('.styles').isHidden());
  const adjust = first.getByRole('button', { name: WORDS['card.adjust-label'].replace('{name}', 'lake.jpg') });
  await adjust.click();
  assert.equal(await adjust.getAttribute('aria-expanded'), 'true');
  assert.ok((await first.locator('.styles').isVisible()) && (await first.locator('.strength').isVisible()));
  await adjust.click();
  assert.ok(await first.locator('.styles').isHidden());

  await page.getByRole('button', { name: WORDS['batch.clear'] }).click();
  assert.ok(await page.locator('.undo-clear').isVisible());
  assert.ok(await page.locator('.all-styles').isHidden(), 'there is nothing left to draw in another style');
  await context.close();
});

test('while files are dragged over the page it says what will happen', async () => {
  const { context, page } = await open(stage.browser, stage.server.url, { locale: 'ja', serviceWorkers: 'block' });
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'x.png'));
    document.dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true, cancelable: true }));
  });
  const said = await page.evaluate(() => getComputedStyle(document.body, '::after').content);
  assert.equal(said, JSON.stringify(JSON.parse(readFileSync('www/locales/ja.json', 'utf8'))['intake.drop']));
  await context.close();
});

test('what a button is called begins with what it says', () => {
  for (const language of ['en', 'zh', 'ja']) {
    const words = JSON.parse(readFileSync(`www/locales/${language}.json`, 'utf8'));
    for (const [key, label] of Object.entries(words)) {
      const visible = words[key.replace(/-label$/, '')];
      if (/^(card|kept|own)\..*-label$/.test(key) && visible)
        assert.ok(label.startsWith(visible), `${language}, ${key}: “${label}” and “${visible}”`);
    }
  }
});
