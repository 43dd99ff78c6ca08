// Our module, with our operators or with tract's alone, in a worker.
/* global SHARED_PAGES */
import * as core from 'nijigen-core';
import { answer } from './rival.mjs';

let memory;
let bench;

/** GFLOP/s of multiply-adds in one thread's registers; the first times are the compiler's. */
function peakFlops() {
  const rounds = 3e6;
  const rates = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    const each = core.Bench.peak_flops(rounds);
    return (2 * each * rounds) / (performance.now() - begun) / 1e6;
  });
  return Math.max(...rates);
}

/** The module's memory, once its threads are there. */
async function load(wasm, threads) {
  if (threads === 0) return (await core.default({ module_or_path: wasm })).memory;
  const memory = new WebAssembly.Memory({ initial: SHARED_PAGES, maximum: 65536, shared: true });
  const module = await WebAssembly.compileStreaming(fetch(wasm));
  await core.default({ module_or_path: module, memory });
  const workers = Array.from({ length: threads - 1 }, () => {
    const worker = new Worker('thread.js', { type: 'module' });
    worker.postMessage({ module, memory });
    return new Promise((resolve) => (worker.onmessage = resolve));
  });
  await Promise.all(workers);
  core.start_threads();
  return memory;
}

answer({
  /** Only the first start loads the module. */
  async start({ wasm, model, width, height, threads, plain }) {
    memory ??= await load(wasm, threads);
    bench?.free();
    // Should the new one not be made, this one is not freed again.
    bench = undefined;
    bench = new core.Bench(new Uint8Array(model), width, height, !plain);
  },
  run: (input) => bench.run(input),
  profile: (input) => bench.profile(input, () => performance.now()),
  peakFlops,
  helped: () => core.helped(),
  peak: () => memory.buffer.byteLength,
});
