import { createConverter, type Converter } from '../client/index.js';
import { modelsUrl, threadUrl, wasmUrl, workerUrl } from './build.js';
import { controlled } from './offline.js';

let ready: Promise<Converter> | undefined;

/** The page's converter, made when first asked for. An attempt that failed is made again the next time. */
export function studio(): Promise<Converter> {
  ready ??= controlled
    .then(() => createConverter({ workerUrl, wasmUrl, threadUrl, modelsUrl }))
    .catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
  return ready;
}
