// The engine of every build alone, in a worker of a page, as the benches have it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleGpu, bundleOurs } from '../../benches/browser/modules.mjs';
import { launch, VARIANTS } from './browser.mjs';
import { serve } from './server.mjs';

/** Where a build has threads. */
const THREADS = 2;
/** Milliseconds until an answer is no longer waited for. */
const PATIENCE = 120_000;
/** The processor compiles a generator's shaders for half a minute, and then runs them. */
const GPU_PATIENCE = 600_000;

/** Gives Chromium a device for WebGPU that the processor computes. */
export const SOFTWARE_GPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Serves all builds; `open(variant)` gives an engine, `folder` is where they lie. */
export async function stage() {
  const { folder, browser, url, close } = await stand(async (folder) => {
    for (const variant of VARIANTS) await bundleOurs(folder, variant);
  });
  return { folder, open: (variant) => open(browser, url, variant), close };
}

/** The same for our generators on a GPU: `open()` gives one. */
export async function stageGpu() {
  const { browser, url, close } = await stand(bundleGpu, SOFTWARE_GPU);
  return { open: () => openGpu(browser, url), close };
}

/** A folder with what `prepare` puts there, a server of it, and a browser. */
async function stand(prepare, switches = []) {
  const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
  await prepare(folder);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>engines</title><link rel="icon" href="data:,">');
  const server = await serve(folder, { throttled: false, isolated: true });
  const browser = await launch(...switches);
  return {
    folder,
    browser,
    url: server.url,
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function open(browser, url, variant) {
  const { page, ask } = await engineIn(browser, url, `ours-${variant}.js`, PATIENCE);
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

async function openGpu(browser, url) {
  const { page, ask } = await engineIn(browser, url, 'gpu.js', GPU_PATIENCE);
  return {
    ask,
    /** Makes a model ready for pictures of this size; false where it has operators that a GPU has not. */
    start: (model, width, height) =>
      ask('start', { wasm: 'simd.wasm', software: true, model: new Uint8Array(model), width, height }),
    close: () => page.close(),
  };
}

/** An engine in a page of its own: `ask(command, argument)` gives its answer; after an error a new worker answers. */
async function engineIn(browser, url, script, patience) {
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
    { script, patience },
  );
  const ask = (command, argument) =>
    page.evaluate(({ command, argument }) => window.ask(command, argument), { command, argument });
  return { page, ask };
}
