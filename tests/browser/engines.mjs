// The engine of every build alone, in a worker of a page, as the benches have it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleOurs } from '../../benches/browser/modules.mjs';
import { launch, VARIANTS } from './browser.mjs';
import { serve } from './server.mjs';

/** Where a build has threads. */
const THREADS = 2;
/** Milliseconds until an answer is no longer waited for. */
const PATIENCE = 120_000;

/** Serves all builds; `open(variant)` gives an engine, `folder` is where they lie. */
export async function stage() {
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  for (const variant of VARIANTS) await bundleOurs(folder, variant);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>engines</title><link rel="icon" href="data:,">');
  const server = await serve(folder, { throttled: false, isolated: true });
  const browser = await launch();
  return {
    folder,
    open: (variant) => open(browser, server.url, variant),
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** An engine in a page of its own: `ask(command, argument)` gives its answer; after an error a new worker answers. */
async function open(browser, url, variant) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.evaluate(
    ({ script, patience }) => {
      let worker;
      window.ask = (command, argument) =>
        new Promise((resolve, reject) => {
          worker ??= new Worker(script, { type: 'module' });
          const fail = (reason) => {
            worker.terminate();
            worker = undefined;
            reject(new Error(reason));
          };
          const late = setTimeout(fail, patience, `no answer to ${command}`);
          worker.onmessage = ({ data }) => {
            clearTimeout(late);
            if (data.error) fail(data.error);
            else resolve(data.result);
          };
          worker.onerror = ({ message }) => fail(message);
          worker.postMessage({ command, argument });
        });
    },
    { script: `ours-${variant}.js`, patience: PATIENCE },
  );
  const ask = (command, argument) =>
    page.evaluate(({ command, argument }) => window.ask(command, argument), { command, argument });
  const threads = variant.endsWith('-threads') ? THREADS : 0;
  return {
    ask,
    /** Makes a model ready for pictures of this size. */
    start: (model, width, height) =>
      ask('start', { wasm: `${variant}.wasm`, threads, model: new Uint8Array(model), width, height }),
    /** What a module in `folder` exports; Node does not compile relaxed SIMD. */
    exports: (file) =>
      page.evaluate(async (file) => {
        const module = await WebAssembly.compileStreaming(fetch(file));
        return WebAssembly.Module.exports(module).map(({ name }) => name);
      }, file),
    close: () => page.close(),
  };
}
