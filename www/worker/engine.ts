import init, { Engine } from 'nijigen-core';
import type { ConversionRequest, ModelEntry } from '../client/protocol.js';
import { count, lost, read, request, type ByteListener } from './download.js';

let core: Promise<unknown> | undefined;
let kept: { readonly sha256: string; readonly engine: Engine } | undefined;

/** The engine for a model: the one kept from the last conversion, or a new one in its place. */
export async function engineFor(
  { model, modelUrl, wasmUrl }: ConversionRequest,
  signal: AbortSignal,
  onBytes: (loaded: number, total: number) => void,
): Promise<Engine> {
  if (kept?.sha256 === model.sha256) return kept.engine;

  // Both come at once; their bytes add up.
  const total = (core ? 0 : WASM_BYTES) + model.bytes;
  const loaded = { wasm: 0, model: 0 };
  const tell = (part: keyof typeof loaded) => (bytes: number) => {
    loaded[part] = bytes;
    onBytes(Math.min(loaded.wasm + loaded.model, total), total);
  };
  const [bytes] = await Promise.all([
    request(modelUrl, signal).then((response) => read(response, signal, tell('model'))),
    loadCore(wasmUrl, signal, tell('wasm')),
  ]);
  return keep(model, bytes);
}

/** Compiles the wasm while it comes in. A failed attempt is forgotten, so that the next one starts anew. */
function loadCore(url: string, signal: AbortSignal, onBytes: ByteListener): Promise<unknown> {
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

function keep(model: ModelEntry, bytes: Uint8Array): Engine {
  // The old one first: two at a time are not needed, and its memory is.
  kept?.engine.free();
  kept = undefined;
  const engine = new Engine(JSON.stringify(model), bytes);
  kept = { sha256: model.sha256, engine };
  return engine;
}
