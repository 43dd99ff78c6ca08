// onnxruntime-web's wasm backend.
import * as ort from './ort.wasm.min.mjs';
import { answerWith } from './onnx-session.mjs';

answerWith(ort, ({ threads }) => {
  ort.env.wasm.numThreads = threads || 1;
  return { executionProviders: ['wasm'], graphOptimizationLevel: 'all' };
});
