// The packed tarball in the projects of others: each is installed, built as its people would, and converts a photo in a
// browser (or in Node).
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { launch } from '../browser/browser.mjs';
import { host } from './host.mjs';
import { PHOTO, room, tool } from './room.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Opens a page and checks what it shows as its result, and as its elements'. Returns the files that it asked for. */
async function converts(url, { element = true } = {}) {
  const page = await browser.newPage();
  const [errors, asked] = [[], []];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('request', (request) => asked.push(request.url()));
  page.on('response', (response) => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`));
  await page.goto(url);
  const shown = element ? '#result[src^="blob:"], nijigen-photo[data-state="done"]' : '#result[src^="blob:"]';
  await page
    .waitForFunction(([shown, count]) => document.querySelectorAll(shown).length === count, [shown, element ? 2 : 1], {
      timeout: 60_000,
    })
    .catch((cause) => {
      throw new Error(`no result at ${url}: ${errors.join('\n')}`, { cause });
    });
  const results = await page.evaluate(async (element) => {
    const pixels = async (image) => {
      await image.decode();
      const canvas = new OffscreenCanvas(256, 256);
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0, 256, 256);
      return context.getImageData(0, 0, 256, 256).data;
    };
    const photo = await pixels(document.querySelector('#photo'));
    const images = [document.querySelector('#result')];
    if (element) images.push(document.querySelector('nijigen-photo').shadowRoot.querySelector('[part=result]'));
    const look = async (image) => {
      const result = await pixels(image);
      const difference = result.reduce((sum, value, at) => sum + Math.abs(value - photo[at]), 0) / result.length;
      return { size: [image.naturalWidth, image.naturalHeight], difference };
    };
    return Promise.all(images.map(look));
  }, element);
  await page.close();
  assert.deepEqual(errors, [], 'nothing goes wrong unseen');
  for (const { size, difference } of results) {
    assert.deepEqual(size, [256, 256]);
    // The same picture, drawn: neither the photo nor noise.
    assert.ok(difference > 2 && difference < 60, `differs by ${difference} of 255 from the photo`);
  }
  return asked;
}

/** A host for as long as a test takes. */
async function served(t, ...what) {
  const server = await host(...what);
  t.after(() => server.close());
  return server;
}

const photoIn = (folder) => {
  mkdirSync(folder, { recursive: true });
  copyFileSync(PHOTO, join(folder, 'photo.jpg'));
};

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

test('Vite: development server and build', async (t) => {
  const folder = room('vite');
  photoIn(join(folder, 'public'));
  await t.test('development server', async () => {
    const port = await freePort();
    const server = spawn(
      join(folder, 'node_modules/.bin/vite'),
      ['--host', '127.0.0.1', '--port', port, '--strictPort'],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    try {
      await new Promise((ready, fail) => {
        server.stdout.on('data', (words) => /ready in/.test(words) && ready());
        server.on('exit', (code) => fail(new Error(`vite ended with ${code}`)));
      });
      await converts(`http://127.0.0.1:${port}/`);
    } finally {
      server.kill();
    }
  });
  await t.test('build', async (t) => {
    await tool(folder, 'vite', ['build', '--logLevel', 'warn']);
    const server = await served(t, { '/': join(folder, 'dist') });
    await converts(server.url);
    const fetched = server.asked.filter((path) => /\.(wasm|onnx)$/.test(path));
    // Two photos have a worker each; nothing else is asked for.
    assert.equal(new Set(fetched).size, 2, `one engine, one model: ${fetched}`);
  });
  const without = !existsSync(join(folder, 'node_modules/nijigen/thread.js')) && 'this package has no threads';
  await t.test('every file by its subpath', { skip: without }, async (t) => {
    const server = await served(t, { '/': join(folder, 'dist') });
    await converts(`${server.url}subpaths.html`);
  });
});

test('webpack: a bundle takes only the model that it imports', async (t) => {
  const folder = room('webpack');
  photoIn(folder);
  await tool(folder, 'webpack', []);
  const models = readdirSync(join(folder, 'dist')).filter((name) => name.endsWith('.onnx'));
  assert.equal(models.length, 1);
  const server = await served(t, { '/': folder });
  await converts(server.url, { element: false });
});

test('Next.js: a client component, rendered on the server while it is built', async (t) => {
  const folder = room('next');
  photoIn(join(folder, 'public'));
  await tool(folder, 'next', ['build'], { NEXT_TELEMETRY_DISABLED: '1' });
  const page = readFileSync(join(folder, 'out/index.html'), 'utf8');
  assert.match(page, /<nijigen-photo look="meadow" max-side="256" loading="eager"><img/, 'works without scripts');
  const server = await served(t, { '/': join(folder, 'out') });
  await converts(server.url);
});

test('plain HTML: static files, another origin, one file, each under a strict policy', async (t) => {
  const plain = resolve('target/consumers/plain');
  mkdirSync(plain, { recursive: true });
  for (const name of readdirSync('tests/consumers/plain'))
    copyFileSync(`tests/consumers/plain/${name}`, join(plain, name));
  photoIn(plain);
  const files = resolve('dist/package');
  const policy = (...more) => ({
    'content-security-policy': ["default-src 'none'", "img-src 'self' data: blob:", ...more].join('; '),
  });

  await t.test('all from one origin', async (t) => {
    const own = "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";
    const server = await served(t, { '/': plain, '/nijigen/': files }, policy(own));
    await converts(`${server.url}?package=./nijigen/`);
  });
  await t.test('the package from another origin', async (t) => {
    const cdn = await served(t, { '/nijigen@0.1.0/': files }, { 'access-control-allow-origin': '*' });
    const { origin } = new URL(cdn.url);
    const sources = `script-src 'self' ${origin} 'wasm-unsafe-eval'; connect-src 'self' ${origin}; worker-src blob: ${origin}`;
    const server = await served(t, { '/': plain }, policy(sources));
    await converts(`${server.url}?package=${cdn.url}nijigen@0.1.0/`);
  });
  const without = !existsSync(join(files, 'thread.js')) && 'this package has no threads';
  await t.test('the package from another origin, with threads', { skip: without }, async (t) => {
    const cdn = await served(t, { '/': files }, { 'access-control-allow-origin': '*' });
    const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
    const server = await served(t, { '/': plain }, isolation);
    const asked = await converts(`${server.url}?package=${cdn.url}`);
    const engines = asked.filter((url) => url.endsWith('.wasm')).map((url) => new URL(url).pathname);
    assert.ok(engines.length > 0 && engines.every((path) => path.endsWith('-threads.wasm')), engines.join());
  });
  await t.test('one file, engine and models from another origin', async (t) => {
    const cdn = await served(t, { '/': files }, { 'access-control-allow-origin': '*' });
    copyFileSync(join(files, 'standalone.js'), join(plain, 'nijigen.js'));
    const { origin } = new URL(cdn.url);
    const sources = `script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${origin}; worker-src blob:`;
    const server = await served(t, { '/': plain }, policy(sources));
    const asked = await converts(`${server.url}standalone.html?package=${cdn.url}`);
    const scripts = asked.filter((url) => url.endsWith('.js')).map((url) => new URL(url).pathname);
    assert.deepEqual(scripts, ['/standalone.js', '/nijigen.js']);
  });
});

test('Node: from a path, bytes and a URL, without a worker; types without a page', async () => {
  const folder = room('node');
  await tool(folder, 'tsc', []);
  photoIn(folder);
  const [photo, result] = ['photo.jpg', 'result.png'].map((name) => join(folder, name));
  const options = { cwd: folder, timeout: 60_000 };
  const { stdout } = await promisify(execFile)('node', ['convert.js', photo, result], options);
  assert.deepEqual(JSON.parse(stdout), {
    size: [256, 256],
    progressed: true,
    caches: ['miss', 'exact'],
    aborted: 'cancelled',
    late: 'timeout',
    own: ['mine', 'mine', 'miss'],
    refused: 'bad-model',
    slim: [['skyline-fast'], 'skyline'],
    stats: 2,
  });
  assert.equal(readFileSync(result).subarray(1, 4).toString(), 'PNG');
});
