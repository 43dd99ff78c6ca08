// Many photos on the page: one bar for all of them, each with its own end, and one file to take home.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { PNG } from 'pngjs';
import {
  asksBeforeLeaving,
  card,
  choose,
  largePhoto,
  launch,
  longTasksOf,
  open,
  reaches,
  sentenceOf,
  SITE,
  startAnew,
  WORDS,
} from './browser.mjs';
import { differentPhotos, fixture } from './photos.mjs';
import { serve } from './server.mjs';

const BAD = [
  ['text.jpg', 'unsupported-format'],
  ['truncated.jpg', 'corrupt-image'],
  ['bomb.png', 'too-large'],
  ['one-pixel.png', 'too-small'],
  ['html.webp', 'unsupported-format'],
];

let browser, server, photos, large, paths;
before(async () => {
  browser = await launch();
  server = await serve(SITE, { throttled: false });
  photos = await differentPhotos(browser, 25);
  const buffer = readFileSync(await largePhoto(browser, 2400, 1600));
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  paths = [{ name: 'large.jpg', buffer }, { name: 'large-too.jpg', buffer }, ...photos.slice(0, 8)].map((file) => {
    writeFileSync(join(folder, file.name), file.buffer);
    return join(folder, file.name);
  });
  large = { name: 'large.jpg', mimeType: 'image/jpeg', buffer };
});
after(async () => {
  await browser.close();
  await server.close();
});

const sumOf = (page) => page.locator('.batch .sum').textContent();
const sum = (page, words) => page.locator('.batch .sum', { hasText: words }).waitFor({ timeout: 180_000 });
const press = (page, key) => page.getByRole('button', { name: WORDS[key], exact: true }).click();
const names = (page) => page.locator('.card h2.name').allTextContents();
const states = (page) => page.locator('.card').evaluateAll((cards) => cards.map(({ dataset }) => dataset.state));

/** The files in a ZIP of stored entries, by name, each checked. */
function unzip(bytes) {
  const files = new Map();
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [method, crc, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 24)];
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const file = bytes.subarray(start, start + size);
    assert.equal(method, 0);
    assert.equal(crc32(file), crc);
    files.set(bytes.toString('utf8', at + 46, at + 46 + name), file);
    at += 46 + name + extra + comment;
  }
  return files;
}

test('30 files, 5 of them bad: in their order, 25 pictures, 5 reasons, one ZIP', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await page.evaluate(() => delete window.showSaveFilePicker);
  const files = [...photos];
  for (const [i, [name]] of BAD.entries()) files.splice(i * 6 + 2, 0, fixture(`bad/${name}`));
  // Two photos of one name.
  files[9] = { ...files[9], name: files[10].name };
  await choose(page, ...files);
  await sum(page, '25 of 30 done, 5 failed');

  assert.deepEqual(
    await names(page),
    files.map(({ name }) => name),
  );
  const expected = files.map(({ name }) => (BAD.some(([bad]) => bad === name) ? 'failed' : 'done'));
  assert.deepEqual(await states(page), expected);
  for (const [i, [, code]] of BAD.entries()) {
    assert.equal(
      await card(page, i * 6 + 2)
        .locator('.sentence')
        .textContent(),
      sentenceOf(code),
    );
  }
  const statuses = await page.locator('.card[data-state=done] .status').allTextContents();
  const drawn = statuses.filter((status) => / ready after \d/.test(status));
  assert.equal(drawn.length, 25, 'the engine ran once for each');
  const said = await page.getByRole('log').locator('p').allTextContents();
  assert.ok(said.length <= 5, `said: ${said.join(' | ')}`);
  assert.ok(said.at(-1).includes('25 of 30 done, 5 failed'));
  assert.ok(await page.getByRole('button', { name: WORDS['batch.cancel-all'] }).isHidden());

  const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'batch.save-all')]);
  assert.equal(download.suggestedFilename(), WORDS['batch.zip-name']);
  const zip = unzip(readFileSync(await download.path()));
  assert.equal(zip.size, 25);
  const [twice] = files[10].name.split('.');
  assert.ok(zip.has(`${twice}-meadow.png`) && zip.has(`${twice}-meadow (2).png`));
  const pictures = [...zip.values()].map((file) => PNG.sync.read(file));
  assert.ok(pictures.every(({ width, height }) => Math.max(width, height) === 160));
  assert.equal(new Set([...zip.values()].map((file) => crc32(file))).size, 25);

  assert.ok(await page.locator('.retry-failed').isHidden(), 'these would fail again');

  await press(page, 'batch.clear');
  await page.locator('.card').first().waitFor({ state: 'detached' });
  assert.ok(await page.evaluate(() => document.activeElement.matches('.undo-clear')));
  await press(page, 'batch.undo');
  await sum(page, '25 of 30 done, 5 failed');
  assert.deepEqual(
    await names(page),
    files.map(({ name }) => name),
  );
  watch.assertClean();
  await context.close();
});

test('a style for all; cancelled half-way, every photo has the picture it had', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, ...photos.slice(0, 6));
  await sum(page, '6 of 6 done');
  const menu = page.locator('.all-styles');
  const all = async (style) => {
    await menu.locator('summary').focus();
    await page.keyboard.press('Enter');
    await menu.getByRole('button', { name: WORDS[`style.${style}`] }).focus();
    await page.keyboard.press('Enter');
  };
  const inStyle = (style) =>
    page.waitForFunction(
      ([style, name]) =>
        [...document.querySelectorAll('.card[data-state=done]')].filter(
          (card) =>
            card.querySelector('.styles input:checked').value === style &&
            card.querySelector('.status').textContent.startsWith(name),
        ).length === 6,
      [style, WORDS[`style.${style}`]],
      { timeout: 180_000 },
    );
  await all('skyline');
  await inStyle('skyline');
  await menu.locator('summary').click();
  await page.keyboard.press('Escape');
  assert.equal(await menu.getAttribute('open'), null);
  // In the page, for six small photos are soon drawn.
  await page.evaluate((name) => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.card[data-state=running]')) return;
      observer.disconnect();
      [...document.querySelectorAll('.batch button')].find(({ textContent }) => textContent.trim() === name).click();
    });
    observer.observe(document.querySelector('.gallery'), { subtree: true, attributeFilter: ['data-state'] });
  }, WORDS['batch.cancel-all']);
  await all('carnival');
  await page.locator('.card .status', { hasText: WORDS['status.cancelled-again'] }).first().waitFor();
  await sum(page, '6 of 6 done');
  const shown = await page.locator('.card').evaluateAll((cards) =>
    cards.map((card) => {
      const style = card.querySelector('.styles input:checked').value;
      return { style, file: card.querySelector('.save').download, status: card.querySelector('.status').textContent };
    }),
  );
  for (const { style, file } of shown) assert.ok(file.endsWith(`-${style}.png`), `${file} as ${style}`);
  const stopped = shown.filter(({ status }) => status === WORDS['status.cancelled-again']);
  assert.ok(stopped.length > 0);
  assert.ok(stopped.every(({ style }) => style === 'skyline'));
  await startAnew(page);
  await choose(page, photos[7]);
  await reaches(page, 0, 'done');
  assert.equal(await card(page).locator('.styles input:checked').inputValue(), 'carnival', 'the last choice holds');
  watch.assertClean();
  await context.close();
});

test('a style for all that fails: told, each picture stays, and it is tried again as one', async () => {
  let broken = true;
  const answer = (path, response) => {
    if (broken && /skyline.*onnx$/.test(path)) response.writeHead(503).end();
  };
  const shaky = await serve(SITE, { throttled: false, answer });
  const { context, page } = await open(browser, shaky.url, { format: 'png', serviceWorkers: 'block' });
  await choose(page, ...photos.slice(0, 5));
  await sum(page, '5 of 5 done');
  await page.locator('.all-styles summary').click();
  await page.locator('.all-styles').getByRole('button', { name: WORDS['style.skyline'] }).click();
  await sum(page, '0 of 5 done, 5 failed');
  await page.getByRole('log').locator('p', { hasText: '0 of 5 done, 5 failed' }).waitFor();
  assert.equal(await page.locator('.card .problem:visible').count(), 5);
  assert.equal(await page.locator('.card a.save:visible').count(), 5);
  broken = false;
  await press(page, 'batch.retry-failed');
  await sum(page, '5 of 5 done');
  const files = await page.locator('.card a.save').evaluateAll((links) => links.map(({ download }) => download));
  assert.ok(
    files.every((name) => name.endsWith('-skyline.png')),
    files.join(),
  );
  await context.close();
  await shaky.close();
});

test('one photo is taken off the list, and put back', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await choose(page, ...photos.slice(0, 3));
  await sum(page, '3 of 3 done');
  const before = await names(page);
  await card(page, 1).locator('.remove').click();
  await sum(page, '2 of 2 done');
  assert.deepEqual(await names(page), [before[0], before[2]]);
  assert.ok(await page.evaluate(() => document.activeElement.matches('.undo-clear')));
  await page.keyboard.press('Enter');
  await sum(page, '3 of 3 done');
  assert.deepEqual(await names(page), before);
  watch.assertClean();
  await context.close();
});

test('what is cleared and no longer undone gives its pictures back', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  const drawTwo = async (from) => {
    await choose(page, ...photos.slice(from, from + 2));
    await sum(page, '2 of 2 done');
  };
  await drawTwo(0);
  const kept = await page.locator('.card .save').evaluateAll((links) => links.map(({ href }) => href));
  const readable = () =>
    page.evaluate(
      (urls) =>
        Promise.all(
          urls.map((src) =>
            Object.assign(new Image(), { src })
              .decode()
              .then(
                () => true,
                () => false,
              ),
          ),
        ),
      kept,
    );
  await press(page, 'batch.clear');
  await page.locator('.card').first().waitFor({ state: 'detached' });
  assert.deepEqual(await readable(), [true, true], 'while it can be undone');
  await drawTwo(2);
  await press(page, 'batch.clear');
  // The browser itself reports what cannot be read.
  watch.assertClean();
  assert.deepEqual(await readable(), [false, false]);
  await context.close();
});

test('cancel one, cancel all, try one again; the ZIP goes straight to a file where the browser can', async () => {
  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  await page.evaluate(() => {
    window.picked = 0;
    // Another name is chosen, and the disk is slow.
    window.showSaveFilePicker = async () => {
      window.picked += 1;
      const handle = await (await navigator.storage.getDirectory()).getFileHandle('holiday.zip', { create: true });
      const create = handle.createWritable.bind(handle);
      handle.createWritable = async () => {
        await new Promise((resolve) => (window.goOn = resolve));
        return create();
      };
      return handle;
    };
  });
  await choose(page, large, ...photos.slice(0, 9));
  await page.locator('.card[data-state=running]').first().waitFor();
  await card(page, 9).locator('.cancel').click();
  await reaches(page, 9, 'cancelled');
  await page.getByRole('button', { name: WORDS['batch.cancel-all'] }).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !document.querySelector('.card:is([data-state=running], [data-state=waiting])'));
  assert.ok((await states(page)).filter((state) => state === 'cancelled').length >= 5, await sumOf(page));
  assert.ok(
    await page.evaluate(
      () => document.activeElement.closest('.batch') !== null || document.activeElement.matches('input'),
    ),
    'the focus is not lost',
  );
  for (const index of [5, 9]) {
    await card(page, index).locator('.retry').click();
    await reaches(page, index, 'done');
  }
  const done = (await states(page)).filter((state) => state === 'done').length;
  const save = page.locator('.save-all');
  const focused = () => save.evaluate((button) => button === document.activeElement);
  await save.press('Enter');
  await page.waitForFunction(() => window.goOn);
  assert.ok((await focused()) && (await asksBeforeLeaving(page)), 'while it is written');
  await page.keyboard.press('Enter');
  await page.evaluate(() => window.goOn());
  const words = WORDS['batch.saved'].replace('{count}', done).replace('{name}', 'holiday.zip');
  await page.locator('.batch .note', { hasText: words }).waitFor();
  assert.ok((await focused()) && !(await asksBeforeLeaving(page)), 'once it is there');
  assert.equal(await page.evaluate(() => window.picked), 1, 'a second press does nothing');
  assert.equal(await save.getAttribute('aria-disabled'), null);
  const saved = await page.evaluate(async () => {
    const handle = await (await navigator.storage.getDirectory()).getFileHandle('holiday.zip');
    return Array.from(new Uint8Array(await (await handle.getFile()).arrayBuffer()));
  });
  assert.equal(unzip(Buffer.from(saved)).size, done);
  watch.assertClean();
  await context.close();
});

test('while ten photos are drawn no task on the page takes 50 ms, and photos are decoded one at a time', async () => {
  const run = async () => {
    const { context, page, watch } = await open(browser, server.url, { format: 'png' });
    await page.evaluate(() => {
      window.shrinking = { now: 0, most: 0, all: 0 };
      window.Worker = class extends Worker {
        constructor(url, ...rest) {
          super(url, ...rest);
          if (String(url).includes('thumbnailer')) this.addEventListener('message', () => (window.shrinking.now -= 1));
        }
        postMessage(message, ...rest) {
          if (message?.photo instanceof Blob) {
            const { shrinking } = window;
            shrinking.all += 1;
            shrinking.most = Math.max(shrinking.most, (shrinking.now += 1));
          }
          super.postMessage(message, ...rest);
        }
      };
    });
    const long = await longTasksOf(page, async () => {
      // Paths, for what a test hands over itself is decoded on the page.
      await choose(page, ...paths);
      await sum(page, '10 of 10 done');
      // As many as come near to being seen: more than one, so that they have to wait for each other.
      await page.waitForFunction(() => window.shrinking.all > 5 && window.shrinking.now === 0);
      await page.waitForFunction(() => document.querySelectorAll('.card:first-child .styles img[src]').length > 2);
    });
    const before = await card(page, 0)
      .locator('.before img')
      .evaluate((img) => [img.naturalWidth, img.naturalHeight]);
    assert.deepEqual(before, [1024, 683]);
    assert.equal(await page.evaluate(() => window.shrinking.most), 1);
    watch.assertClean();
    await context.close();
    return long;
  };
  assert.deepEqual(await run(), []);
});

test('photos that are far from being seen are not decoded for their thumbnails', async () => {
  // On a small screen, where the grid of many photos is long.
  const { context, page } = await open(browser, server.url, { format: 'png', viewport: { width: 360, height: 640 } });
  await choose(page, ...photos, large);
  await page.locator('.card:nth-child(1) .before img:not([hidden])').waitFor();
  await sum(page, '26 of 26 done');
  const last = card(page, 25).locator('.before img');
  assert.equal(await last.getAttribute('src'), null);
  await last.evaluate((img) => img.closest('.card').scrollIntoView());
  await page.waitForFunction(() => document.querySelector('.card:last-child .before img').naturalWidth === 1024);
  await context.close();
});

test('a folder is dropped: its pictures, and those in the folders in it', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'nijigen-')), 'holiday');
  mkdirSync(join(folder, 'sea/deep'), { recursive: true });
  const place = ['2.jpg', '10.jpg', 'sea/a.jpg', 'sea/deep/b.jpg'];
  for (const [i, path] of place.entries()) writeFileSync(join(folder, path), photos[i].buffer);
  writeFileSync(join(folder, 'notes.txt'), 'no picture');
  writeFileSync(join(folder, '.hidden.jpg'), 'nor this');

  const { context, page, watch } = await open(browser, server.url, { format: 'png' });
  const session = await context.newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await session.send('Input.dispatchDragEvent', { type, x: 200, y: 300, data });
  await sum(page, '4 of 4 done');
  assert.deepEqual(await names(page), ['2.jpg', '10.jpg', 'a.jpg', 'b.jpg']);
  const note = await page.locator('.batch .note').textContent();
  assert.equal(note, WORDS['batch.left-out'].replace('{count}', '2'));
  watch.assertClean();
  await context.close();
});

test('a result is copied, shared and dragged out', async () => {
  const { context, page, watch } = await open(browser, server.url, {
    format: 'png',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.evaluate(() => {
    navigator.canShare = ({ files }) => files.length === 1;
    navigator.share = async ({ files }) => (window.shared = `${files[0].name} ${files[0].type} ${files[0].size}`);
  });
  await choose(page, photos[0]);
  const done = await reaches(page, 0, 'done');
  const [download] = await Promise.all([page.waitForEvent('download'), done.locator('a[download]').click()]);
  const { size } = statSync(await download.path());

  await done.locator('.copy').focus();
  await page.keyboard.press('Enter');
  await done.locator('.copy', { hasText: WORDS['card.copied'] }).waitFor();
  const copied = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const bitmap = await createImageBitmap(await item.getType('image/png'));
    return Math.max(bitmap.width, bitmap.height);
  });
  assert.equal(copied, 160);
  await page.getByRole('log').locator('p', { hasText: WORDS['card.copied'] }).waitFor();

  await done.locator('.share').click();
  assert.equal(await page.evaluate(() => window.shared), `photo-01-meadow.png image/png ${size}`);

  const dragged = await done.locator('.save').evaluate((link) => {
    const event = new DragEvent('dragstart', { bubbles: true, dataTransfer: new DataTransfer() });
    link.dispatchEvent(event);
    const drop = new DataTransfer();
    drop.items.add(new File(['x'], 'x.png'));
    document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer: drop }));
    link.dispatchEvent(new DragEvent('dragend', { bubbles: true }));
    return [event.dataTransfer.getData('DownloadURL'), link.href];
  });
  assert.equal(dragged[0], `image/png:photo-01-meadow.png:${dragged[1]}`);
  assert.equal(await page.locator('.card').count(), 1, 'its own picture is no photo');
  watch.assertClean();
  await context.close();
});

test('sharing that fails says so, closing the sheet does not', async () => {
  const { context, page } = await open(browser, server.url, { format: 'png' });
  await page.evaluate(() => {
    navigator.canShare = () => true;
    navigator.share = () => Promise.reject(new DOMException('no', window.refusal));
    window.refusal = 'AbortError';
  });
  await choose(page, photos[0]);
  const share = (await reaches(page, 0, 'done')).locator('.share');
  await share.click();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal(await share.textContent(), WORDS['card.share']);
  await page.evaluate(() => (window.refusal = 'NotAllowedError'));
  // The button says so for a while only.
  await Promise.all([
    share.filter({ hasText: WORDS['card.not-shared'] }).waitFor(),
    page.getByRole('log').locator('p', { hasText: WORDS['card.not-shared'] }).waitFor(),
    share.click(),
  ]);
  await context.close();
});

test('without a way to share there is no button for it', async () => {
  const { context, page } = await open(browser, server.url, { format: 'png' });
  await page.evaluate(() => (navigator.canShare = undefined));
  await choose(page, photos[0]);
  const done = await reaches(page, 0, 'done');
  assert.ok(await done.locator('.share').isHidden());
  await context.close();
});
