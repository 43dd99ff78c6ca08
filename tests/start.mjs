// README's first command as somebody has it who has just cloned this: `make start` until it says that it is ready, the page
// fetched, its module compiled by a browser and a photo drawn; then Ctrl-C, after which nothing of it is left.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const PHOTO = 'tests/fixtures/photos/lake.jpg';

const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address();
probe.close();

const begun = performance.now();
const said = (words) => console.log(`» ${((performance.now() - begun) / 1000).toFixed(0)} s: ${words}`);

// A group of its own, as a terminal gives it one.
const make = spawn('make', ['start', `PORT=${port}`], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
const ended = once(make, 'close');
process.on('exit', () => {
  try {
    process.kill(-make.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
});
const url = await new Promise((resolve, reject) => {
  let words = '';
  make.stdout.on('data', (part) => {
    process.stdout.write(part);
    words += part;
    const ready = /ready: (\S+)/.exec(words);
    if (ready) resolve(ready[1]);
  });
  make.on('close', (code) => reject(new Error(`make start ended with ${code} before it was ready`)));
});
said('make start is ready');

const page = await fetch(url);
assert.equal(page.status, 200);
assert.match(page.headers.get('content-type'), /^text\/html/);

execFileSync('scripts/setup.sh', ['chromium'], { stdio: 'inherit' });
// Only now are the packages installed.
const { choose, launch, open, reaches } = await import('./browser/browser.mjs');
process.env.CHROMIUM ||= execFileSync('bash', ['-c', '. scripts/env.sh; chromium_path'], { encoding: 'utf8' }).trim();
const browser = await launch();
const visit = await open(browser, url);
await visit.page.waitForFunction(() => navigator.serviceWorker.controller);
const { name, size } = await visit.page.evaluate(async () => {
  const script = await (await fetch(document.querySelector('script[src]').src)).text();
  const name = /assets\/nijigen-[\w-]+\.wasm/.exec(script)[0];
  const module = await WebAssembly.compileStreaming(fetch(name));
  return { name, size: WebAssembly.Module.exports(module).length };
});
assert.ok(size > 10, `${name} exports ${size} names`);
await choose(visit.page, PHOTO);
await reaches(visit.page, 0, 'done');
visit.watch.assertClean();
await browser.close();
said('a photo is drawn');

process.kill(-make.pid, 'SIGINT');
await ended;
await assert.rejects(fetch(url), 'the server is gone');
