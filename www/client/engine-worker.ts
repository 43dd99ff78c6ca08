import { proxy, wrap, type Remote } from 'comlink';
import { cancelled, NijigenError } from './error.js';
import type {
  CacheCommand,
  CacheReply,
  CacheSettings,
  ConversionRequest,
  ConversionResult,
  EngineSource,
  Failure,
  Finish,
  Progress,
  ProgressListener,
  WorkerApi,
} from './protocol.js';

/** How long a worker may take to notice a cancel before it is ended. With it the promise settles within 300 ms. */
const CANCEL_GRACE_MS = 200;

/** One worker and its life. Once `alive` is false it is of no more use. */
export class EngineWorker {
  readonly #worker: Worker;
  readonly #remote: Remote<WorkerApi>;
  readonly #died: Promise<never>;
  /** The worker cannot say that one of its threads failed: it waits for it. */
  readonly #threads: BroadcastChannel;
  #die!: (error: NijigenError) => void;
  alive = true;
  /** The most memory that its engine is known to hold, in bytes. */
  memory = 0;

  constructor(url: URL) {
    const name = `nijigen-${Math.random().toString(36).slice(2)}`;
    this.#worker = new Worker(url, { type: 'module', name });
    this.#remote = wrap<WorkerApi>(this.#worker);
    this.#died = new Promise((_, reject) => {
      this.#die = (error) => {
        this.end();
        reject(error);
      };
    });
    // Nobody may be waiting when it dies.
    this.#died.catch(() => undefined);
    this.#worker.addEventListener('error', (event: Event) => {
      event.preventDefault();
      // A script that could not be loaded fires a plain event, an exception an ErrorEvent.
      this.#die(
        event instanceof ErrorEvent
          ? new NijigenError('internal', `the worker failed: ${event.message}`)
          : new NijigenError('network', `the worker could not be loaded from ${url.href}`),
      );
    });
    this.#threads = new BroadcastChannel(name);
    this.#threads.onmessage = ({ data: { code, message } }: MessageEvent<Failure>) => {
      this.#die(new NijigenError(code, message));
    };
    // Locks are missing on insecure origins and refused in sandboxes; there only errors that are said are seen.
    this.#watch(name).catch(() => undefined);
  }

  /** A worker that the browser kills says nothing, but its lock falls free. */
  async #watch(name: string): Promise<void> {
    await this.#remote.holdLock();
    await navigator.locks.request(name, () => {
      this.#die(new NijigenError('internal', 'the worker was ended by the browser'));
    });
  }

  async convert(
    request: ConversionRequest,
    onProgress: ProgressListener,
    signal?: AbortSignal,
  ): Promise<ConversionResult> {
    const overdue = this.#overdue(signal);
    // Progress has a channel of its own: its last words may come after the reply.
    let settled = false;
    const tell = proxy((progress: Progress) => {
      if (!settled) onProgress(progress);
    });
    try {
      const reply = await Promise.race([this.#remote.convert(request, tell), this.#died, overdue.promise]);
      if (signal?.aborted) throw cancelled();
      if ('result' in reply) {
        this.memory = reply.result.memory;
        return reply.result;
      }
      throw this.#failed(reply.failure);
    } finally {
      settled = true;
      overdue.forget();
    }
  }

  /** A file of a drawing that this worker holds; undefined where it does not. */
  async revise(drawing: string, finish: Finish): Promise<{ blob: Blob; encode: number } | undefined> {
    const reply = await Promise.race([this.#remote.revise(drawing, finish), this.#died]);
    if (!('failure' in reply)) return reply.blob && { blob: reply.blob, encode: reply.encode };
    throw this.#failed(reply.failure);
  }

  async cache(engine: EngineSource, settings: CacheSettings, command: CacheCommand): Promise<CacheReply> {
    const reply = await Promise.race([this.#remote.cache(engine, settings, command), this.#died]);
    if (!('failure' in reply)) return reply;
    throw this.#failed(reply.failure);
  }

  #failed({ code, message, fatal }: Failure): NijigenError {
    const error = new NijigenError(code, message);
    if (fatal) this.#die(error);
    return error;
  }

  /** Asks the worker to stop when `signal` aborts; rejects, and ends the worker, if it is too slow to do so. */
  #overdue(signal?: AbortSignal): { promise: Promise<never>; forget: () => void } {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let abort: () => void = () => undefined;
    const promise = new Promise<never>((_, reject) => {
      abort = () => {
        void this.#remote.cancel();
        timer = setTimeout(() => {
          // Whoever else waits for this worker waits in vain.
          this.#die(cancelled());
          reject(cancelled());
        }, CANCEL_GRACE_MS);
      };
    });
    signal?.addEventListener('abort', abort, { once: true });
    const forget = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    return { promise, forget };
  }

  /** Ends the thread at once, which is also the only way to give the engine's memory back. */
  end(): void {
    this.alive = false;
    this.#worker.terminate();
    this.#threads.close();
  }

  /** Ends the thread; a conversion in progress is rejected. */
  dispose(): void {
    this.#die(new NijigenError('cancelled', 'the converter was disposed of'));
  }
}
