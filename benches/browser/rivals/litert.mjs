// LiteRT.js's wasm backend (XNNPACK, relaxed SIMD), which follows TensorFlow.js's. It reads what benches/tflite.py writes.
import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';
import { answer, watchMemories } from './rival.mjs';

const peak = watchMemories();
let network;
let shape;

answer({
  async start({ model, width, height, threads, accelerator = 'wasm' }) {
    shape = [1, height, width, 3];
    const numThreads = threads || 1;
    const file = (name) => new URL(name, self.location.href).href;
    // In a worker its threads would be started with the worker's own script.
    if (numThreads > 1)
      self.Module = { locateFile: file, mainScriptUrlOrBlob: file('litert_wasm_threaded_internal.js') };
    await loadLiteRt(file('./'), { threads: numThreads > 1 });
    network = await loadAndCompile(new Uint8Array(model), { accelerator, cpuOptions: { numThreads } });
  },
  async run(input) {
    const photo = new Tensor(input, shape);
    const [result] = await network.run([photo]);
    const values = (await result.data()).slice();
    photo.delete();
    result.delete();
    return values;
  },
  peak,
});
