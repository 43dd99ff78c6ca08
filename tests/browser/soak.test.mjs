// 300 conversions of all kinds in one page: after the first half nothing more is used, and little after the first 20.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { embed, open } from './embedder.mjs';
import { serve } from './server.mjs';

const [CONVERSIONS, ROUND] = [300, 20];

let browser, server, page, cdp, worker;
/** What waits for the worker's debugger, by number. */
const answers = new Map();
before(async () => {
  browser = await launch();
  server = await serve(embed(), { throttled: false });
  const context = await browser.newContext();
  await context.addInitScript(helpers);
  page = await open(context, server.url);
  cdp = await context.newCDPSession(page);
  cdp.on('Target.attachedToTarget', ({ sessionId, targetInfo: { type } }) => type === 'worker' && (worker = sessionId));
  cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    answers.get(id)?.(result);
  });
  await cdp.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
});
after(async () => {
  await browser.close();
  await server.close();
});

/** Runs in the page. */
function helpers() {
  const urls = new Set();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    urls.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    urls.delete(url);
    revokeObjectURL.call(URL, url);
  };
  let blobs = [];
  window.held = () => {
    blobs = blobs.filter((blob) => blob.deref());
    return { memory: window.soaked.memory, blobs: blobs.length, urls: urls.size };
  };

  const NAMES = ['asters', 'colosseum', 'dog', 'lake', 'shore'];
  const photos = new Map();
  /** Another part of a photo for each number, with this longer side. */
  async function photo(i, side, type) {
    const name = NAMES[i % NAMES.length];
    if (!photos.has(name)) photos.set(name, await createImageBitmap(await (await fetch(`${name}.jpg`)).blob()));
    const whole = photos.get(name);
    const canvas = new OffscreenCanvas(side, Math.round(side * (i % 2 ? 0.75 : 0.6)));
    const width = Math.min(whole.width, whole.height) * (0.5 + (i % 7) / 20);
    const [x, y] = [(i * 37) % (whole.width - width), (i * 53) % (whole.height - width)];
    canvas.getContext('2d').drawImage(whole, x, y, width, width, 0, 0, canvas.width, canvas.height);
    return canvas.convertToBlob({ type });
  }

  const SIDES = [64, 512, 96, 384, 160, 256];
  const STYLES = ['meadow', 'skyline', 'carnival'];
  const FORMATS = ['png', 'jpeg', 'webp'];
  /** Codes and what leads to them; the last is half a photo. */
  const BAD = [
    ['corrupt-image', new Blob([])],
    ['unsupported-format', new Blob(['text'])],
    ['network', 'missing.jpg'],
    ['corrupt-image'],
  ];

  /** What is done the i-th time, and what has to come of it. */
  async function task(i) {
    const style = STYLES[Math.floor(i / SIDES.length) % STYLES.length];
    const options = { style, format: FORMATS[i % 3], tier: 'fast' };
    const source = await photo(i % 20 === 14 ? 1 : i, SIDES[i % SIDES.length], i % 4 ? 'image/jpeg' : 'image/png');
    if (i % 5 === 0) {
      const [expected, bad] = BAD[(i / 5) % BAD.length];
      return { source: bad ?? source.slice(0, source.size / 2), options, expected };
    }
    if (i % 10 !== 9) return { source, options, expected: 'made' };
    const cancel = new AbortController();
    const onProgress = ({ stage }) => stage === 'inference' && cancel.abort();
    return { source, options: { ...options, cache: 'off', signal: cancel.signal, onProgress }, expected: 'cancelled' };
  }

  /** Does them one after the other; gives those that ended in another way than they have to. */
  window.soak = async (from, to) => {
    window.soaked ??= await window.make({ workers: 1, cache: { maxBytes: 3e6 } });
    const wrong = [];
    for (let i = from; i < to; i++) {
      const { source, options, expected } = await task(i);
      const came = await window.soaked.convert(source, options).then(
        ({ blob, width, height }) => {
          blobs.push(new WeakRef(blob));
          return blob.size > 100 && width >= 64 && height >= 38 ? 'made' : 'too little';
        },
        ({ code, message }) => code ?? message,
      );
      if (came !== expected) wrong.push(`${i}: ${came}, not ${expected}`);
    }
    return wrong;
  };
}

/** Asks the debugger of the engine's worker. */
function ask(method) {
  const id = answers.size + 1;
  const answer = new Promise((resolve) => answers.set(id, resolve));
  const message = JSON.stringify({ id, method });
  return cdp.send('Target.sendMessageToTarget', { sessionId: worker, message }).then(() => answer);
}

/** Bytes that JavaScript holds, once the rest is collected. */
async function heap(send) {
  for (let i = 0; i < 3; i++) await send('HeapProfiler.collectGarbage');
  return (await send('Runtime.getHeapUsage')).usedSize;
}

test('300 conversions, some cancelled, some bad: nothing grows', { timeout: 1_800_000 }, async (t) => {
  const points = [];
  for (let done = 0; done < CONVERSIONS; done += ROUND) {
    assert.deepEqual(await page.evaluate(([from, to]) => window.soak(from, to), [done, done + ROUND]), []);
    const used = await heap((method) => cdp.send(method));
    const engine = await heap(ask);
    const workers = page.workers().length;
    points.push({ ...(await page.evaluate(() => window.held())), heap: used, engine, workers });
  }
  for (const [i, { memory, heap, engine, blobs, urls, workers }] of points.entries()) {
    const [mb, held, its] = [memory, heap, engine].map((bytes) => (bytes / 1e6).toFixed(2));
    t.diagnostic(
      `${(i + 1) * ROUND}: engine ${mb} MB, its scripts ${its} MB, page ${held} MB, ${blobs} blobs, ${urls} URLs, ${workers} workers`,
    );
  }
  const grows = (kind, points, limit) => {
    const [first, ...later] = points.map((point) => point[kind]);
    const most = Math.max(...later);
    assert.ok(most <= first * limit, `${kind}: ${most} after ${first}`);
  };
  const last = points.slice(CONVERSIONS / ROUND / 2);
  grows('heap', points, 1.05);
  // The engine's memory has gaps, which another order of pictures fills in another way, until all have come.
  grows('memory', points, 1.1);
  grows('memory', last, 1.01);
  // Its scripts hold little, which grows by what is kept of the cache's entries until that is full.
  assert.ok(last[0].engine < 2e6, `${last[0].engine} bytes of scripts`);
  grows('engine', last, 1.05);
  for (const { blobs, urls, workers } of points) {
    assert.ok(blobs <= 2, `${blobs} results that nobody holds are there`);
    assert.equal(urls, 0);
    assert.ok(workers <= 1, `${workers} workers`);
  }
});
