// Node runs the worker's code itself.
import { cancelled, NijigenError } from '../client/error.js';
import { TimeLimit, type EngineHost, type EngineRequest } from '../client/host.js';
import type {
  CacheCommand,
  CacheReply,
  CacheSettings,
  Compiled,
  ConversionResult,
  EngineSource,
  Finish,
  Revised,
  OwnGenerator,
  ProgressListener,
  LocatedGenerator,
  ConversionEvent,
} from '../client/protocol.js';
import { atRest, cacheWith, command } from '../worker/cache/index.js';
import { convert, preload } from '../worker/convert.js';
import { revise } from '../worker/drawings.js';
import { toFailure } from '../worker/failure.js';
import { allocationFailed, loadCore } from '../worker/module.js';
import { Turns } from './turns.js';

/** There is one module, whatever the number of converters. */
const turns = new Turns();
/** What stopped it, if anything did: then only a new process has another. */
let stopped: NijigenError | undefined;

/** What a worker does, step by step in between the program's other work. */
export class EngineWorker implements EngineHost {
  readonly #ended = new AbortController();
  memory = 0;
  readonly engine: EngineSource;
  #keep = true;

  constructor(
    _url: URL,
    engine: EngineSource,
    _onCompiled: (compiled: Compiled) => void,
    readonly onReady: () => void,
  ) {
    this.engine = one(engine);
  }

  get alive(): boolean {
    return !this.#ended.signal.aborted;
  }

  get broken(): boolean {
    return stopped !== undefined;
  }

  async convert({ onProgress, signal, timeout, ...asked }: EngineRequest): Promise<ConversionResult> {
    const request = { ...asked, engine: this.engine };
    this.#keep = true;
    const late = new AbortController();
    const error = new NijigenError('timeout', `the photo was not done after ${timeout} ms`);
    const end = () => {
      late.abort(error);
    };
    const limit = new TimeLimit(timeout, end, Infinity);
    const progress = harmless(onProgress);
    const hear = (event: ConversionEvent) => {
      limit.hear(event);
      if (event !== 'photo') progress(event);
    };
    const onPhoto = () => {
      hear('photo');
    };
    const mayKeep = () => Promise.resolve(this.#keep);
    const draw = (signal: AbortSignal) => {
      limit.start();
      return convert(request, { signal, onProgress: hear, onPhoto, mayKeep });
    };
    try {
      const result = await this.#run(draw, [late.signal, ...(signal ? [signal] : [])]);
      this.memory = result.memory;
      return result;
    } catch (cause) {
      throw late.signal.aborted ? error : cause;
    } finally {
      limit.stop();
      this.onReady();
    }
  }

  async preload(
    generator: LocatedGenerator | OwnGenerator,
    onProgress: ProgressListener,
    signal?: AbortSignal,
  ): Promise<void> {
    const request = { generator, engine: this.engine };
    await this.#run((until) => preload(request, until, harmless(onProgress)), signal ? [signal] : []);
  }

  revise(drawing: string, finish: Finish): Promise<Revised | undefined> {
    return this.#run(async () => {
      const revision = await revise(drawing, finish);
      return 'failure' in revision ? undefined : revision.revised;
    });
  }

  cache(settings: CacheSettings, asked: CacheCommand): Promise<CacheReply> {
    return this.#run(async (until) => {
      await loadCore(this.engine, until, () => undefined);
      return command(await cacheWith(settings), asked);
    });
  }

  rest(): Promise<{ readonly lasting: boolean }> {
    return atRest();
  }

  keepNothing(): void {
    this.#keep = false;
  }

  end(error: NijigenError = cancelled()): void {
    this.#ended.abort(error);
  }

  #run<T>(work: (until: AbortSignal) => Promise<T>, signals: readonly AbortSignal[] = []): Promise<T> {
    const until = AbortSignal.any([this.#ended.signal, ...signals]);
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

/** What a program's own listener throws costs no photo, as in a page; the program is told in Node's way. */
const harmless =
  (listener: ProgressListener): ProgressListener =>
  (progress) => {
    try {
      listener(progress);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };

/** The build that every supported Node runs alike. */
const one = (engine: EngineSource): EngineSource => {
  const { wasm } = engine;
  return typeof wasm === 'string' || wasm.simd === undefined ? engine : { ...engine, wasm: wasm.simd };
};
