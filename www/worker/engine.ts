import init, { Engine, sha256 } from 'nijigen-core';
import type { ConversionRequest, OwnGenerator } from '../client/protocol.js';
import { count, lost, read, request, type ByteListener } from './download.js';
import { WorkerError } from './failure.js';

/** Engines kept: a preview and the picture itself come from two, and each holds its weights several times over. */
const KEPT = 2;

let core: Promise<unknown> | undefined;
/** The last used last. */
const engines = new Map<string, Engine>();

/** The engine for a generator: one that was kept, or a new one. */
export async function engineFor(
  { generator, wasmUrl }: ConversionRequest,
  signal: AbortSignal,
  onBytes: (loaded: number, total: number) => void,
): Promise<Engine> {
  const shipped = 'entry' in generator ? generator.entry : undefined;
  const ready = shipped && kept(shipped.sha256);
  if (ready) return ready;

  // Both come at once; their bytes add up.
  const total = (core ? 0 : WASM_BYTES) + (shipped?.bytes ?? sizeOf(generator as OwnGenerator));
  const loaded = { wasm: 0, model: 0 };
  const tell = (part: keyof typeof loaded) => (bytes: number) => {
    loaded[part] = bytes;
    onBytes(Math.min(loaded.wasm + loaded.model, total), total);
  };
  const [bytes] = await Promise.all([
    'url' in generator ? fetched(generator.url, signal, tell('model')) : own(generator, signal, tell('model')),
    loadCore(wasmUrl, signal, tell('wasm')),
  ]);
  if (shipped) return keep(shipped.sha256, () => new Engine(JSON.stringify(shipped), bytes));
  const { name, range = [] } = generator as OwnGenerator;
  const key = `${sha256(bytes)} ${range.join()}`;
  return kept(key) ?? keep(key, () => Engine.of_user(name, bytes, new Float32Array(range)));
}

/** How many bytes a user's model has, as far as that is known before it is there. */
const sizeOf = ({ file }: OwnGenerator): number => (typeof file === 'string' ? 0 : file.size);

function own({ file }: OwnGenerator, signal: AbortSignal, onBytes: ByteListener): Promise<Uint8Array> {
  if (typeof file === 'string') return fetched(file, signal, onBytes);
  return file.arrayBuffer().then(
    (buffer) => new Uint8Array(buffer),
    (cause: unknown) => {
      throw new WorkerError('bad-model', 'the model cannot be read; it may have been moved, changed or deleted', {
        cause,
      });
    },
  );
}

async function fetched(url: string, signal: AbortSignal, onBytes: ByteListener): Promise<Uint8Array> {
  return read(await request(url, signal), signal, onBytes);
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

function kept(key: string): Engine | undefined {
  const engine = engines.get(key);
  if (engine) {
    engines.delete(key);
    engines.set(key, engine);
  }
  return engine;
}

function keep(key: string, make: () => Engine): Engine {
  // The oldest goes first: the new one may need its memory.
  for (const [oldest, engine] of engines) {
    if (engines.size < KEPT) break;
    engines.delete(oldest);
    engine.free();
  }
  const engine = make();
  engines.set(key, engine);
  return engine;
}
