// onnxruntime-web's WebGPU backend.
import * as ort from './ort.webgpu.min.mjs';
import { answer, watchMemories } from './rival.mjs';

const peak = watchMemories();
let session;
let shape;

answer({
  async start({ model, width, height, software = false }) {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = new URL('./', self.location.href).href;
    ort.env.webgpu.forceFallbackAdapter = software;
    session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ['webgpu'] });
    shape = [1, 3, height, width];
  },
  async run(input) {
    const feeds = { photo: new ort.Tensor('float32', input, shape) };
    if (session.inputNames.includes('side')) {
      feeds.side = new ort.Tensor('float32', new Float32Array([Math.max(...shape)]), [1, 1, 1, 1]);
    }
    const [result] = Object.values(await session.run(feeds));
    return result.getData();
  },
  peak,
});
