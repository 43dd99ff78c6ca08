import init from 'nijigen-core';
import { count, lost, request, type ByteListener } from './download.js';

let core: Promise<unknown> | undefined;

/** Whether the module is there or on its way. */
export const coreStarted = (): boolean => core !== undefined;

/** Compiles the wasm while it comes in. A failed attempt is forgotten, so that the next one starts anew. */
export function loadCore(url: string, signal: AbortSignal, onBytes: ByteListener): Promise<unknown> {
  core ??= request(url, signal)
    .then((response) => {
      count(response, onBytes);
      return init({ module_or_path: response });
    })
    .catch((error: unknown) => {
      core = undefined;
      // A stream that breaks off is a TypeError or AbortError; a module that is wrong has errors of its own.
      throw error instanceof WebAssembly.CompileError ? error : lost(url, signal, error);
    });
  return core;
}
