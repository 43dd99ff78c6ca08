// onnxruntime-web's WebGPU backend.
import * as ort from './ort.webgpu.min.mjs';
import { answerWith } from './onnx-session.mjs';

answerWith(ort, ({ software = false }) => {
  ort.env.wasm.numThreads = 1;
  ort.env.webgpu.forceFallbackAdapter = software;
  return { executionProviders: ['webgpu'] };
});
