import meadow from 'nijigen/models/meadow-fast';
import { createConverter } from 'nijigen/slim';
import { NijigenPhoto } from 'nijigen/slim/element';

// Angular's build copies no file that a package names; those that angular.json lists lie here.
const folder = 'nijigen/';

/** One for the whole app: the engine is fetched once. */
export const converter = createConverter({
  workerUrl: `${folder}worker.js`,
  threadUrl: `${folder}thread.js`,
  gpuUrl: `${folder}gpu.js`,
  wasmUrl: { simd: `${folder}nijigen-simd.wasm`, 'simd-threads': `${folder}nijigen-simd-threads.wasm` },
  models: [{ ...meadow, url: `${folder}models/meadow-fast.onnx` }],
});
NijigenPhoto.converter = converter;
