// The packed tarball in the projects of others: each is installed, built as its people would, and converts a photo in a
// browser (or in Node).
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { launch } from '../browser/browser.mjs';
import { converts as convertsIn, freePort, photoIn, served } from './page.mjs';
import { room, tool } from './room.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());
const converts = (...page) => convertsIn(browser, ...page);

let made;
/** The project for Vite, made once. */
function viteRoom() {
  if (made) return made;
  made = room('vite');
  photoIn(join(made, 'public'));
  return made;
}

// Vite 8 is called vite in that project, older ones have their number in the name.
for (const name of ['vite', 'vite-7', 'vite-6', 'vite-5']) {
  test(`${name}: development server and build`, async (t) => {
    const folder = viteRoom();
    const vite = join(folder, 'node_modules', name, 'bin/vite.js');
    await t.test('development server', async () => {
      const port = await freePort();
      const options = ['--host', '127.0.0.1', '--port', port, '--strictPort', '--force'];
      const server = spawn(vite, options, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await new Promise((ready, fail) => {
          server.stdout.on('data', (words) => /ready in/.test(words) && ready());
          server.on('exit', (code) => fail(new Error(`${name} ended with ${code}`)));
        });
        const url = `http://127.0.0.1:${port}/`;
        await converts(url);
        await converts(`${url}slim.html`, { element: false });
      } finally {
        server.kill();
      }
    });
    await t.test('build', async (t) => {
      await tool(folder, `../${name}/bin/vite.js`, ['build', '--logLevel', 'warn', '--outDir', `dist-${name}`]);
      const server = await served(t, { '/': join(folder, `dist-${name}`) });
      await converts(server.url);
      const fetched = server.asked.filter((path) => /\.(wasm|onnx)$/.test(path));
      // Two photos have a worker each; nothing else is asked for.
      assert.equal(new Set(fetched).size, 2, `one engine, one model: ${fetched}`);
    });
    const without = !existsSync(join(folder, 'node_modules/nijigen/thread.js')) && 'this package has no threads';
    await t.test('every file by its subpath', { skip: without }, async (t) => {
      const server = await served(t, { '/': join(folder, `dist-${name}`) });
      await converts(`${server.url}subpaths.html`);
    });
  });
}

test('webpack: a bundle takes only the model that it imports', async (t) => {
  const folder = room('webpack');
  photoIn(folder);
  await tool(folder, 'webpack', []);
  const models = readdirSync(join(folder, 'dist')).filter((name) => name.endsWith('.onnx'));
  assert.equal(models.length, 1);
  const server = await served(t, { '/': folder });
  await converts(server.url, { element: false });
});

test('Next.js: a client component, rendered on the server', async (t) => {
  const folder = room('next');
  photoIn(join(folder, 'public'));
  await tool(folder, 'next', ['build'], { NEXT_TELEMETRY_DISABLED: '1' });
  const page = readFileSync(join(folder, 'out/index.html'), 'utf8');
  assert.match(page, /<nijigen-photo look="meadow" max-side="256" loading="eager"><img/, 'works without scripts');
  const out = await served(t, { '/': join(folder, 'out') });
  await converts(out.url);
  // Where React says what differs from what the server rendered.
  await t.test('development server', async () => {
    const port = await freePort();
    const next = join(folder, 'node_modules/.bin/next');
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
    // Ended with all that it starts.
    const options = { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true };
    const server = spawn(next, ['dev', '--hostname', '127.0.0.1', '--port', port], options);
    try {
      await new Promise((ready, fail) => {
        server.stdout.on('data', (words) => /Ready in/.test(words) && ready());
        server.on('exit', (code) => fail(new Error(`next dev ended with ${code}`)));
      });
      for (const page of ['', 'drawn']) await converts(`http://127.0.0.1:${port}/${page}`);
    } finally {
      if (server.exitCode === null) process.kill(-server.pid);
    }
  });
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
  const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

  await t.test('all from one origin', async (t) => {
    const own = "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";
    const server = await served(t, { '/': plain, '/nijigen/': files }, policy(own));
    await converts(`${server.url}?package=./nijigen/`);
  });
  await t.test('the package from another origin', async (t) => {
    const cdn = await served(t, { '/nijigen@0.2.0/': files }, { 'access-control-allow-origin': '*' });
    const { origin } = new URL(cdn.url);
    const sources = `script-src 'self' ${origin} 'wasm-unsafe-eval'; connect-src 'self' ${origin}; worker-src blob: ${origin}`;
    const server = await served(t, { '/': plain }, policy(sources));
    await converts(`${server.url}?package=${cdn.url}nijigen@0.2.0/`);
  });
  const without = !existsSync(join(files, 'thread.js')) && 'this package has no threads';
  await t.test('the package from another origin, with threads', { skip: without }, async (t) => {
    const cdn = await served(t, { '/': files }, { 'access-control-allow-origin': '*' });
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
  await t.test('one file, with threads', { skip: without }, async (t) => {
    const cdn = await served(t, { '/': files }, { 'access-control-allow-origin': '*' });
    copyFileSync(join(files, 'standalone.js'), join(plain, 'nijigen.js'));
    const { origin } = new URL(cdn.url);
    const sources = `script-src 'self' blob: 'wasm-unsafe-eval'; connect-src 'self' ${origin}; worker-src blob:`;
    const server = await served(t, { '/': plain }, { ...isolation, ...policy(sources) });
    const asked = await converts(`${server.url}standalone.html?package=${cdn.url}`);
    const engines = asked.filter((url) => url.endsWith('.wasm')).map((url) => new URL(url).pathname);
    assert.ok(engines.length > 0 && engines.every((path) => path.endsWith('-threads.wasm')), engines.join());
  });
});

test('frames: within a sandbox, and of what another frame made', async (t) => {
  const frames = resolve('target/consumers/frames');
  photoIn(frames);
  for (const name of readdirSync('tests/consumers/frames'))
    copyFileSync(`tests/consumers/frames/${name}`, join(frames, name));
  const server = await served(
    t,
    { '/': frames, '/nijigen/': resolve('dist/package') },
    { 'access-control-allow-origin': '*' },
  );
  const said = async (file) => {
    const page = await browser.newPage();
    await page.goto(`${server.url}${file}`);
    const said = await page.waitForFunction(() => window.said, undefined, { timeout: 60_000 });
    const words = await said.jsonValue();
    await page.close();
    return words;
  };
  await t.test('in a sandbox without an origin it draws and keeps nothing for good', async () => {
    assert.deepEqual(await said('sandbox.html'), { client: '256×256', standalone: '256×256' });
  });
  await t.test('files, buffers, canvases and pictures of another frame', async () => {
    const { cancelled, ...sizes } = await said('realm.html');
    assert.equal(cancelled, 'cancelled');
    assert.deepEqual(new Set(Object.values(sizes)), new Set(['256×256']), JSON.stringify(sizes));
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
    timers: [0, 0],
    size: [256, 256],
    progressed: true,
    caches: ['miss', 'exact'],
    aborted: 'cancelled',
    late: 'timeout',
    own: ['mine', 'mine', 'miss'],
    refused: 'bad-model',
    slim: [['skyline-fast'], 'skyline'],
    careless: 256,
    memory: true,
    revised: [true, true, true],
    stats: 2,
  });
  assert.equal(readFileSync(result).subarray(1, 4).toString(), 'PNG');
});
