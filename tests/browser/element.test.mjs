// <nijigen-photo> on a plain page, and what else of the package needs elements: pictures on the page as sources, models
// of one's own, preloading.
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
let browser, server;

before(async () => {
  cpSync('dist/package', join(folder, 'nijigen'), { recursive: true });
  for (const name of ['dog', 'lake']) copyFileSync(`tests/fixtures/photos/${name}.jpg`, join(folder, `${name}.jpg`));
  writeFileSync(join(folder, 'text.jpg'), 'no picture');
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html><meta charset="utf-8"><title>elements</title><link rel="icon" href="data:,">
    <main></main><script type="module">
      window.events = [];
      for (const name of ['progress', 'done', 'error']) {
        addEventListener('nijigen-' + name, ({ type, target, detail }) => events.push([type, target.id, detail]));
      }
      Object.assign(window, await import('./nijigen/client.js'), await import('./nijigen/element.js'));
    </script>`,
  );
  writeFileSync(join(folder, 'bare.html'), '<!doctype html><link rel="icon" href="data:,"><main></main>');
  browser = await launch();
  server = await serve(folder, { throttled: false });
});
after(async () => {
  await browser.close();
  await server.close();
});

async function open(t, { scripts = true, defined = scripts } = {}) {
  const context = await browser.newContext({ javaScriptEnabled: scripts, viewport: { width: 600, height: 400 } });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(defined ? server.url : `${server.url}bare.html`);
  if (defined) await page.waitForFunction(() => window.NijigenPhoto);
  return page;
}

const place = (page, html) => page.evaluate((html) => (document.querySelector('main').innerHTML = html), html);
const reaches = (page, id, state) =>
  page.waitForSelector(`#${id}[data-state="${state}"]`, { state: 'attached', timeout: 180_000 });
const shape = (page) =>
  page.evaluate(() => {
    const host = document.querySelector('nijigen-photo');
    const result = host.shadowRoot.querySelector('[part=result]');
    const { width, height } = result.getBoundingClientRect();
    return { result: [width, height], alt: result.alt, natural: result.naturalWidth, busy: host.ariaBusy };
  });

test('attributes and properties say the same, and what they say is drawn', async (t) => {
  const page = await open(t);
  await place(page, '<nijigen-photo id="two" loading="eager" src="lake.jpg" max-side="256"></nijigen-photo>');
  await reaches(page, 'two', 'done');
  const told = await page.evaluate(() => {
    const photo = document.querySelector('nijigen-photo');
    const before = photo.conversion.blob.type;
    Object.assign(photo, { strength: 0, fullSize: true, format: 'jpeg', quality: 50, cache: 'off', tier: 'fast' });
    const written = ['strength', 'full-size', 'format', 'quality', 'cache', 'tier'].map((n) => photo.getAttribute(n));
    const { strength, fullSize, quality } = photo;
    return { before, written, read: [strength, fullSize, quality] };
  });
  const written = ['0', '', 'jpeg', '50', 'off', 'fast'];
  assert.deepEqual(told, { before: 'image/png', written, read: [0, true, 50] });
  await page.waitForFunction(() => {
    const { conversion, state } = document.querySelector('nijigen-photo');
    return state === 'done' && conversion.blob.type === 'image/jpeg' && conversion.width === 640;
  });
  const difference = await page.evaluate(async () => {
    const pixels = async (source) => {
      const context = new OffscreenCanvas(64, 36).getContext('2d');
      context.drawImage(await createImageBitmap(source), 0, 0, 64, 36);
      return context.getImageData(0, 0, 64, 36).data;
    };
    const drawn = await pixels(document.querySelector('nijigen-photo').conversion.blob);
    const photo = await pixels(await (await fetch('lake.jpg')).blob());
    return drawn.reduce((sum, value, at) => sum + Math.abs(value - photo[at]), 0) / photo.length;
  });
  assert.ok(difference < 3, `at strength 0 it is the photo: ${difference}`);
  await page.evaluate(() => (document.querySelector('nijigen-photo').fullSize = false));
  assert.equal(await page.evaluate(() => document.querySelector('nijigen-photo').hasAttribute('full-size')), false);
});

test('the photo stays until its drawing covers it, box for box', async (t) => {
  const page = await open(t);
  const img = '<img src="dog.jpg" alt="a dog" width="200" height="200">';
  await place(page, `<nijigen-photo id="one" look="meadow" max-side="256">${img}</nijigen-photo>`);
  await reaches(page, 'one', 'working');
  const during = await page.evaluate(() => {
    const host = document.querySelector('nijigen-photo');
    return [host.ariaBusy, getComputedStyle(host.querySelector('img')).visibility];
  });
  assert.deepEqual(during, ['true', 'visible']);
  await reaches(page, 'one', 'done');
  const { result, alt, natural, busy } = await shape(page);
  assert.deepEqual({ result, alt, natural, busy }, { result: [200, 200], alt: 'a dog', natural: 256, busy: null });
  const events = await page.evaluate(() => window.events.map(([type, id, { width }]) => [type, id, width ?? 0]));
  assert.ok(events.some(([type]) => type === 'nijigen-progress'));
  assert.deepEqual(events.at(-1), ['nijigen-done', 'one', 256]);
});

test('what cannot be drawn leaves the photo and says why', async (t) => {
  const page = await open(t);
  await place(page, `<nijigen-photo id="bad" src="text.jpg"><img src="lake.jpg" alt=""></nijigen-photo>`);
  await reaches(page, 'bad', 'failed');
  const said = await page.evaluate(() => {
    const host = document.querySelector('nijigen-photo');
    const [type, , error] = window.events.at(-1);
    const { visibility } = getComputedStyle(host.querySelector('img'));
    return [type, error.code, host.error === error, visibility, host.ariaBusy];
  });
  assert.deepEqual(said, ['nijigen-error', 'unsupported-format', true, 'visible', null]);
  await page.evaluate(() => Object.assign(document.querySelector('nijigen-photo'), { src: 'lake.jpg', maxSide: 256 }));
  await reaches(page, 'bad', 'done');
});

test('attributes and properties are one', async (t) => {
  const page = await open(t);
  const both = await page.evaluate(() => {
    const element = document.createElement('nijigen-photo');
    Object.assign(element, {
      src: 'a.jpg',
      look: 'skyline',
      maxSide: 512,
      format: 'jpeg',
      quality: 80,
      loading: 'eager',
    });
    const written = element.outerHTML;
    element.setAttribute('label', 'none');
    element.removeAttribute('look');
    return [
      written,
      element.label,
      element.look,
      element.tier,
      element.state,
      element.style instanceof CSSStyleDeclaration,
    ];
  });
  const written =
    '<nijigen-photo src="a.jpg" look="skyline" max-side="512" format="jpeg" quality="80" loading="eager"></nijigen-photo>';
  assert.deepEqual(both, [written, 'none', null, null, 'idle', true]);
});

test('a property that is no longer given is as if it never was, as frameworks say it', async (t) => {
  const page = await open(t);
  const { settable, left, toggled } = await page.evaluate(() => {
    const given = { src: 'a.jpg', alt: 'a', look: 'skyline', tier: 'fine', maxSide: 512, format: 'jpeg', quality: 80 };
    Object.assign(given, { strength: 0.5, fullSize: true, label: 'ja', cache: 'off', loading: 'eager' });
    const element = document.createElement('nijigen-photo');
    const initial = Object.keys(given).map((name) => element[name]);
    const left = {};
    for (const none of [undefined, null]) {
      for (const [at, [name, value]] of Object.entries(given).entries()) {
        const plain = element.outerHTML;
        element[name] = value;
        const set = element[name] === value && element.outerHTML !== plain;
        element[name] = none;
        if (!set || element.outerHTML !== plain || element[name] !== initial[at]) left[name] = element.outerHTML;
      }
    }
    element.fullSize = undefined;
    const own = Object.entries(Object.getOwnPropertyDescriptors(window.NijigenPhoto.prototype));
    const settable = own.filter(([, { set }]) => set).map(([name]) => name);
    return { settable: settable.filter((name) => !(name in given)), left, toggled: element.hasAttribute('full-size') };
  });
  assert.deepEqual({ settable, left, toggled }, { settable: [], left: {}, toggled: false });
});

test('properties that were set before the element was defined hold, and can be set again', async (t) => {
  const page = await open(t, { defined: false });
  const given = { src: 'lake.jpg', alt: 'a lake', look: 'skyline', tier: 'fast', maxSide: 256, format: 'jpeg' };
  Object.assign(given, { quality: 80, strength: 0.5, fullSize: true, label: 'ja', cache: 'off', loading: 'lazy' });
  const { missing, read, state, look, hidden } = await page.evaluate(async (given) => {
    const element = Object.assign(document.createElement('nijigen-photo'), given);
    document.querySelector('main').append(element);
    const { NijigenPhoto } = await import(new URL('nijigen/element.js', location.href).href);
    const { state } = element;
    const accessors = Object.entries(Object.getOwnPropertyDescriptors(NijigenPhoto.prototype));
    const settable = accessors.filter(([, { set }]) => set).map(([name]) => name);
    const read = Object.fromEntries(Object.keys(given).map((name) => [name, element[name]]));
    element.look = 'meadow';
    return {
      missing: settable.filter((name) => !(name in given)),
      read,
      state,
      look: element.getAttribute('look'),
      hidden: settable.filter((name) => Object.hasOwn(element, name)),
    };
  }, given);
  assert.deepEqual({ missing, read, look, hidden }, { missing: [], read: given, look: 'meadow', hidden: [] });
  assert.notEqual(state, 'idle', 'its photo is drawn');
});

test('where the photo is taken away nothing is left of it', async (t) => {
  const page = await open(t);
  await place(page, '<nijigen-photo id="one" src="lake.jpg" max-side="256" loading="eager"></nijigen-photo>');
  await reaches(page, 'one', 'working');
  const shown = await page.evaluate(async () => {
    const element = document.querySelector('#one');
    const shown = [];
    for (const src of [null, 'dog.jpg', '']) {
      element.src = src;
      await new Promise((resolve) => setTimeout(resolve));
      const image = element.shadowRoot.querySelector('[part=original]');
      shown.push([element.state === 'idle', image?.getAttribute('src')]);
    }
    return shown;
  });
  const nothing = [true, undefined];
  assert.deepEqual(shown, [nothing, [false, 'dog.jpg'], nothing]);
});

test('a converter that could not be made is made again for the next photo', async (t) => {
  const page = await open(t);
  await page.evaluate(() => {
    window.tries = 0;
    window.NijigenPhoto.converter = () => {
      if ((window.tries += 1) > 1) return window.createConverter();
      throw new window.NijigenError('network', 'the line is down');
    };
  });
  const photo = (id) => `<nijigen-photo id="${id}" src="lake.jpg" max-side="256" loading="eager"></nijigen-photo>`;
  await place(page, photo('first'));
  await reaches(page, 'first', 'failed');
  assert.equal(await page.evaluate(() => document.querySelector('#first').error.code), 'network');
  await place(page, photo('second') + photo('third'));
  await reaches(page, 'second', 'done');
  await reaches(page, 'third', 'done');
  assert.equal(await page.evaluate(() => window.tries), 2, 'and then it is shared');
});

test('a copy draws as well', async (t) => {
  const page = await open(t);
  await place(page, '<nijigen-photo id="first" src="dog.jpg" max-side="256" loading="eager"></nijigen-photo>');
  await reaches(page, 'first', 'done');
  await page.evaluate(() => {
    const copy = document.querySelector('#first').cloneNode(true);
    copy.id = 'copy';
    document.querySelector('main').prepend(copy);
  });
  await page.waitForFunction(() => document.querySelector('#copy').conversion?.width === 256);
});

test('it waits for the view, and stops when it is taken away or its photo changes', async (t) => {
  const page = await open(t);
  const far = '<div style="height:3000px"></div>';
  await place(page, `${far}<nijigen-photo id="far" src="lake.jpg" max-side="256"></nijigen-photo>`);
  await reaches(page, 'far', 'waiting');
  assert.equal(await page.evaluate(() => window.events.length), 0);
  await page.evaluate(() => document.querySelector('nijigen-photo').scrollIntoView());
  await reaches(page, 'far', 'working');
  await page.evaluate(() => (document.querySelector('nijigen-photo').src = 'dog.jpg'));
  await reaches(page, 'far', 'done');
  const [done, ratio] = await page.evaluate(() => {
    const { naturalWidth, naturalHeight } = document
      .querySelector('nijigen-photo')
      .shadowRoot.querySelector('[part=result]');
    return [window.events.filter(([type]) => type === 'nijigen-done').length, naturalWidth / naturalHeight];
  });
  assert.deepEqual([done, ratio], [1, 1], 'only the dog, which is square');
  const removed = await page.evaluate(async () => {
    const element = document.querySelector('nijigen-photo');
    element.src = 'lake.jpg';
    await new Promise((resolve) => setTimeout(resolve, 20));
    element.remove();
    const before = window.events.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return [element.state, window.events.length - before];
  });
  assert.deepEqual(removed, ['idle', 0]);
});

test('without scripts the photo is there', async (t) => {
  const page = await open(t, { scripts: false });
  await page.setContent(`<nijigen-photo><img src="${server.url}lake.jpg" alt="a lake"></nijigen-photo>`);
  const box = await page.locator('img').boundingBox();
  assert.ok(box.width > 100 && box.height > 100);
});

test('images and canvases are sources; what may not be read says so', async (t) => {
  const page = await open(t);
  const closed = await page.evaluate(async () => {
    const bitmap = await createImageBitmap(new ImageData(64, 64));
    bitmap.close();
    const converter = await window.createConverter();
    return converter.convert(bitmap).catch(({ code }) => code);
  });
  assert.equal(closed, 'corrupt-image');
  const foreign = await serve(folder, { prefix: '/', throttled: false });
  t.after(() => foreign.close());
  const results = await page.evaluate(async (foreign) => {
    const converter = await window.createConverter({ cache: false });
    const show = (src) => Object.assign(new Image(), { src });
    const image = show('dog.jpg');
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: 96, height: 64 });
    canvas.getContext('2d').drawImage(image, 0, 0, 96, 64);
    const offscreen = new OffscreenCanvas(64, 96);
    offscreen.getContext('2d').drawImage(image, 0, 0, 64, 96);
    const bytes = new Uint8Array(await (await fetch('dog.jpg')).arrayBuffer());
    const shared = new Uint8Array(
      new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true }).buffer,
      0,
      bytes.length,
    );
    shared.set(bytes);
    const tainted = show(`${foreign}dog.jpg`);
    await tainted.decode();
    const bitmaps = [await createImageBitmap(image), await createImageBitmap(tainted)];
    const buffer = bytes.slice().buffer;
    const pixels = new ImageData(64, 64);
    structuredClone(0, { transfer: [buffer, pixels.data.buffer] });
    const sources = [image, show('dog.jpg'), canvas, offscreen, shared, tainted, show('text.jpg'), 7];
    sources.push(...bitmaps, buffer, pixels, image);
    const outcomes = [];
    for (const source of sources) {
      outcomes.push(
        await converter.convert(source, { maxSide: 256 }).then(
          ({ width, height, cache }) => `${width}×${height} ${cache}`,
          (error) => error.code ?? error.name,
        ),
      );
    }
    converter.dispose();
    return outcomes;
  }, foreign.url);
  const square = '256×256 miss';
  const refused = ['network', 'corrupt-image', 'TypeError'];
  const more = [square, 'network', 'corrupt-image', 'corrupt-image', square];
  assert.deepEqual(results, [square, square, '96×64 miss', '64×96 miss', square, ...refused, ...more]);
});

test('a model of your own is tried, kept, listed, used and removed', async (t) => {
  const page = await open(t);
  const first = await page.evaluate(async () => {
    const converter = await window.createConverter();
    const file = await (await fetch('nijigen/models/skyline-fast.onnx')).blob();
    const ids = [
      await converter.addModel(file, { name: 'My Look!' }),
      await converter.addModel(file, { name: 'my look' }),
    ];
    const taken = await converter.addModel('nijigen/models/skyline-fast.onnx', { name: 'Meadow', range: [-1, 1] });
    const failed = await converter.addModel('text.jpg', { name: 'none' }).catch(({ code, message }) => [code, message]);
    const lost = await converter.addModel('nowhere.onnx', { name: 'none' }).catch(({ code }) => code);
    const { style, cache } = await converter.convert('dog.jpg', { style: ids[0], maxSide: 256 });
    // A worker that is ended stores nothing any more, and nobody else waits for it.
    const stored = async () => {
      const request = indexedDB.open('nijigen');
      await new Promise((resolve) => (request.onsuccess = resolve));
      const count = request.result.transaction('records').objectStore('records').count();
      await new Promise((resolve) => (count.onsuccess = resolve));
      request.result.close();
      return count.result > 0;
    };
    while (!(await stored())) await new Promise((resolve) => setTimeout(resolve, 50));
    converter.dispose();
    return { ids, taken, failed, lost, style, cache };
  });
  assert.deepEqual(first.ids, ['my-look', 'my-look-2']);
  assert.equal(first.taken, 'meadow-2');
  assert.equal(first.failed[0], 'bad-model');
  assert.match(first.failed[1], /^This model cannot be used: .+/);
  assert.deepEqual([first.lost, first.style, first.cache], ['network', 'my-look', 'miss']);

  await page.reload();
  await page.waitForFunction(() => window.createConverter);
  const second = await page.evaluate(async () => {
    const converter = await window.createConverter();
    const own = converter.styles().filter(({ own }) => own);
    const { cache } = await converter.convert('dog.jpg', { style: 'my-look', maxSide: 256 });
    for (const { id } of own) await converter.removeModel(id);
    const gone = await converter.convert('dog.jpg', { style: 'my-look' }).catch(({ code }) => code);
    converter.dispose();
    const left = (await window.createConverter()).styles().length;
    return { own: own.map(({ id, name, bytes }) => [id, name, bytes]), cache, gone, left };
  });
  const models = JSON.parse(readFileSync('models/manifest.json', 'utf8'));
  const { bytes } = models.find(({ id }) => id === 'skyline-fast');
  const named = [
    ['my-look', 'My Look!', bytes],
    ['my-look-2', 'my look', bytes],
    ['meadow-2', 'Meadow', bytes],
  ];
  assert.deepEqual(second.own.sort(), named.sort());
  assert.deepEqual([second.cache, second.gone, second.left], ['exact', 'bad-model', models.length]);
});

test('two pages may add models of one name', async (t) => {
  const page = await open(t);
  const other = await page.context().newPage();
  await other.goto(server.url);
  await other.waitForFunction(() => window.NijigenPhoto);
  const begin = (page) => page.evaluate(async () => void (window.own = await window.createConverter()));
  await begin(page);
  await begin(other);
  const add = (page) => page.evaluate(() => window.own.addModel('nijigen/models/meadow-fast.onnx', { name: 'Mine' }));
  assert.deepEqual([await add(page), await add(other)], ['mine', 'mine-2']);
  await begin(page);
  const kept = await page.evaluate(() => window.own.styles().flatMap(({ id, own }) => (own ? [id] : [])));
  assert.deepEqual(kept.sort(), ['mine', 'mine-2']);
});

test('preloading leaves nothing to fetch for the photo', async (t) => {
  const page = await open(t);
  const { told, load, unknown, aborted } = await page.evaluate(async () => {
    const told = [];
    const converter = await window.createConverter({ cache: false });
    const preloaded = { onProgress: ({ loaded, total }) => told.push([loaded, total]) };
    await converter.preload(['meadow', 'skyline'], preloaded);
    const { timings } = await converter.convert('dog.jpg', { style: 'skyline', maxSide: 256 });
    const code = ({ code }) => code;
    const unknown = await converter.preload(['nobody']).catch(code);
    const aborted = await converter.preload(['carnival'], { signal: AbortSignal.abort() }).catch(code);
    converter.dispose();
    return { told, load: timings.load, unknown, aborted };
  });
  const [loaded, total] = told.at(-1);
  assert.equal(loaded, total);
  assert.ok(total > 5e6 && told.every(([loaded, total]) => loaded <= total));
  assert.ok(load < 100, `${load} ms`);
  assert.deepEqual([unknown, aborted], ['bad-model', 'cancelled']);
});
