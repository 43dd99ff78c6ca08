import type { Engine } from 'nijigen-core';
import type { ConversionRequest, OwnGenerator, LocatedGenerator } from '../client/protocol.js';
import { core, coreStarted, loadCore } from './module.js';
import { Download } from './download.js';
import { WorkerError } from './failure.js';
import type { Drawer } from './gpu/index.js';

/**
 * Models kept ready, in bytes of their files; an engine holds its weights several times over. A fine generator and the
 * fast one of its preview fit, or the fast ones of all styles.
 */
const KEPT_BYTES = 12_000_000;

/** The last used last. */
const engines = new Map<string, { readonly engine: Engine; readonly bytes: number }>();

/** What a conversion needs, as it becomes ready. */
export interface Loading {
  /** Resolves when the module can be called. */
  readonly core: Promise<unknown>;
  /** The generator's engine; asked for only when no kept picture answers. */
  readonly engine: () => Promise<Drawer>;
}

/** Begins to fetch what is not there. With the first photo the model comes beside the module, not after it. */
export function load(
  { generator, engine: source }: Pick<ConversionRequest, 'generator' | 'engine'>,
  signal: AbortSignal,
  onBytes: (loaded: number, total: number) => void,
): Loading {
  const shipped = 'entry' in generator ? generator.entry : undefined;
  const there = shipped && kept(shipped.sha256);
  const first = !coreStarted();
  // Until it is known which build it will be; they differ little.
  const wasm = { loaded: 0, total: first && !source.compiled ? (WASM_BYTES.simd ?? 0) : 0 };
  // A file that is here is not downloaded.
  const model = { loaded: 0, total: shipped?.bytes ?? 0 };
  const tell = () => {
    const total = wasm.total + model.total;
    onBytes(Math.min(wasm.loaded + model.loaded, total), total);
  };
  const ready = loadCore(source, signal, (loaded, total) => {
    Object.assign(wasm, { loaded, total });
    tell();
  });
  const fetchModel = () =>
    modelOf(generator, signal, (loaded, length) => {
      model.loaded = loaded;
      // Of a stranger's only its host knows the size, and may say nothing, or that of what it sends compressed.
      if (!shipped) model.total = Math.max(model.total, length, loaded);
      tell();
    });
  const early = first && !there ? fetchModel() : undefined;
  // Whoever asks for the engine meets the error; nobody may.
  early?.catch(() => undefined);
  const engine = async () => {
    if (there) return there;
    const [bytes] = await Promise.all([early ?? fetchModel(), ready]);
    return shipped
      ? keep(shipped.sha256, bytes.length, () => new core.Engine(shipped, bytes))
      : keepOwn(generator as OwnGenerator, bytes);
  };
  return { core: ready, engine };
}

function keepOwn({ name, range }: OwnGenerator, bytes: Uint8Array): Drawer {
  // The name is part of what a picture is kept under.
  const ends = range && ('input' in range ? [...range.input, ...range.output] : [...range, ...range]);
  const key = `${name} ${core.sha256(bytes).join()} ${ends?.join() ?? ''}`;
  return kept(key) ?? keep(key, bytes.length, () => core.Engine.of_user(name, bytes, new Float32Array(ends ?? [])));
}

/** `onBytes` is told how many have come, and how many there are to come as far as the host says. */
async function modelOf(
  generator: LocatedGenerator | OwnGenerator,
  signal: AbortSignal,
  onBytes: (loaded: number, length: number) => void,
): Promise<Uint8Array> {
  const source = 'entry' in generator ? generator.url : generator.file;
  if (typeof source === 'string') {
    const download = new Download(source, signal);
    const response = await download.response();
    const length = Number(response.headers.get('content-length')) || 0;
    return download.read(response, (loaded) => {
      onBytes(loaded, length);
    });
  }
  const buffer = await source.arrayBuffer().catch((cause: unknown) => {
    throw new WorkerError('bad-model', 'the model cannot be read; it may have been moved, changed or deleted', {
      cause,
    });
  });
  return new Uint8Array(buffer);
}

const drawer = (key: string, engine: Engine): Drawer => ({
  key,
  engine,
  alive: () => engines.get(key)?.engine === engine,
});

function kept(key: string): Drawer | undefined {
  const found = engines.get(key);
  if (found) {
    engines.delete(key);
    engines.set(key, found);
  }
  return found && drawer(key, found.engine);
}

function keep(key: string, bytes: number, make: () => Engine): Drawer {
  let sum = [...engines.values()].reduce((sum, engine) => sum + engine.bytes, bytes);
  // The oldest goes first: the new one may need its memory.
  for (const [oldest, { engine, bytes }] of engines) {
    if (sum <= KEPT_BYTES) break;
    sum -= bytes;
    engines.delete(oldest);
    engine.free();
  }
  const engine = make();
  engines.set(key, { engine, bytes });
  return drawer(key, engine);
}
