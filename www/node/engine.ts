// In place of www/client/engine-worker.ts: Node runs the worker's code itself.
import { NijigenError } from '../client/error.js';
import type {
  CacheCommand,
  CacheReply,
  CacheSettings,
  ConversionRequest,
  ConversionResult,
  EngineSource,
  ProgressListener,
} from '../client/protocol.js';
import { Turns } from '../client/turns.js';
import { cacheWith, command } from '../worker/cache/index.js';
import { convert, preload } from '../worker/convert.js';
import { toFailure } from '../worker/failure.js';
import { core, loadCore } from '../worker/module.js';

/** There is one module, whatever the number of converters. */
const turns = new Turns();
/** What stopped it, if anything did: then only a new process has another. */
let stopped: NijigenError | undefined;

/** What a worker does, step by step in between the program's other work. */
export class EngineWorker {
  readonly #ended = new AbortController();
  alive = true;

  convert(request: ConversionRequest, onProgress: ProgressListener, signal?: AbortSignal): Promise<ConversionResult> {
    return this.#run((until) => convert({ ...request, engine: one(request.engine) }, until, onProgress), signal);
  }

  preload(
    request: Pick<ConversionRequest, 'generator' | 'engine'>,
    onProgress: ProgressListener,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#run((until) => preload({ ...request, engine: one(request.engine) }, until, onProgress), signal);
  }

  cache(engine: EngineSource, settings: CacheSettings, asked: CacheCommand): Promise<CacheReply> {
    return this.#run(async (until) => {
      await loadCore(one(engine), until, () => undefined);
      return command(await cacheWith(settings), asked);
    });
  }

  dispose(): void {
    this.alive = false;
    this.#ended.abort();
  }

  #run<T>(work: (until: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const until = AbortSignal.any([this.#ended.signal, ...(signal ? [signal] : [])]);
    return turns.run(async () => {
      if (stopped) throw stopped;
      try {
        return await work(until);
      } catch (error) {
        const { code, message } = toFailure(error, allocationFailed);
        const failure = new NijigenError(code, message, { cause: error });
        if (error instanceof WebAssembly.RuntimeError) stopped = failure;
        throw failure;
      }
    }, until);
  }
}

/** The build that every supported Node runs alike. */
const one = (engine: EngineSource): EngineSource => {
  const { wasm } = engine;
  return typeof wasm === 'string' || wasm.simd === undefined ? engine : { ...engine, wasm: wasm.simd };
};

/** After a trap even this call may fail. */
function allocationFailed(): boolean {
  try {
    return core.allocation_failed();
  } catch {
    return false;
  }
}
