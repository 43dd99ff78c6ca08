import { proxy, wrap, type Remote } from 'comlink';
import { channelNamed } from '../channel.js';
import { STALLED_MS } from '../timer.js';
import { cancelled, NijigenError } from './error.js';
import { TimeLimit, type EngineHost, type EngineRequest } from './host.js';
import type {
  CacheCommand,
  CacheReply,
  CacheSettings,
  Compiled,
  ConversionResult,
  EngineSource,
  Failure,
  Finish,
  Revised,
  OwnGenerator,
  ProgressListener,
  LocatedGenerator,
  ConversionEvent,
  WorkerApi,
} from './protocol.js';
import { notLoaded, startWorker } from './start-worker.js';

/** How long a worker may take to notice a cancel before it is ended. With it the promise settles within 300 ms. */
const CANCEL_GRACE_MS = 200;

/** One worker and its life. */
export class EngineWorker implements EngineHost {
  readonly #worker: Worker;
  readonly #remote: Remote<WorkerApi>;
  /** The worker cannot say that one of its threads failed: it waits for it. */
  readonly #threads: BroadcastChannel | undefined;
  /** What rejects when the worker ends. A promise that lives as long as it would hold all that ever waited for it. */
  readonly #waiting = new Set<(error: NijigenError) => void>();
  #end: NijigenError | undefined;
  #alive = true;
  #broken = false;
  /** Whether the worker's script has come. */
  #came = false;
  memory = 0;

  /**
   * `onCompiled` is given the build that this worker fetched; then `onReady` is told when a conversion has all that is to
   * be fetched and has begun to draw, or has ended.
   */
  constructor(
    readonly url: URL,
    readonly engine: EngineSource,
    onCompiled: (compiled: Compiled) => void,
    readonly onReady: () => void,
  ) {
    const name = `nijigen-${Math.random().toString(36).slice(2)}`;
    this.#worker = startWorker(url, name);
    this.#remote = wrap<WorkerApi>(this.#worker);
    this.#worker.addEventListener('error', (event: Event) => {
      event.preventDefault();
      // A script that could not be loaded fires a plain event, an exception an ErrorEvent.
      this.#die(
        event instanceof ErrorEvent
          ? new NijigenError('internal', `the worker failed: ${event.message}`)
          : new NijigenError('network', `the worker ${notLoaded(url)}`),
      );
    });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Partial<Compiled>>) => {
      this.#came = true;
      const { url, module } = data;
      if (url !== undefined && module instanceof WebAssembly.Module) onCompiled({ url, module });
    });
    this.#threads = channelNamed(name);
    this.#threads?.addEventListener('message', ({ data: { code, message } }: MessageEvent<Failure>) => {
      this.#die(new NijigenError(code, message));
    });
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

  get alive(): boolean {
    return this.#alive;
  }

  get broken(): boolean {
    return this.#broken;
  }

  async convert({ onProgress, signal, timeout, ...asked }: EngineRequest): Promise<ConversionResult> {
    const request = { ...asked, engine: this.engine };
    const forget = this.#cancelWith(signal);
    const limit = new TimeLimit(timeout, () => {
      this.end(
        this.#came || timeout < STALLED_MS
          ? new NijigenError('timeout', `the photo was not done after ${timeout} ms; its worker was ended`)
          : new NijigenError('network', `nothing of the worker at ${this.url.href} came for ${timeout} ms`),
      );
    });
    limit.start();
    // Progress has a channel of its own: its last words may come after the reply.
    let settled = false;
    const tell = proxy((event: ConversionEvent) => {
      this.#came = true;
      if (settled) return;
      limit.hear(event);
      if (event === 'photo') return;
      if (event.stage === 'encode' || (event.stage === 'inference' && event.loaded > 0)) this.onReady();
      onProgress(event);
    });
    try {
      const reply = await this.#answer(this.#remote.convert(request, tell));
      if (signal?.aborted) throw cancelled();
      if ('result' in reply) {
        const { memory, gpu } = reply.result;
        this.memory = memory;
        if (gpu !== undefined) this.engine.backend.off = gpu;
        return reply.result;
      }
      throw this.#failed(reply.failure);
    } finally {
      settled = true;
      limit.stop();
      forget();
      this.onReady();
    }
  }

  async preload(
    generator: LocatedGenerator | OwnGenerator,
    onProgress: ProgressListener,
    signal?: AbortSignal,
  ): Promise<void> {
    const forget = this.#cancelWith(signal);
    try {
      const request = { generator, engine: this.engine };
      const reply = await this.#answer(this.#remote.preload(request, proxy(onProgress)));
      if (signal?.aborted) throw cancelled();
      if ('failure' in reply) throw this.#failed(reply.failure);
    } finally {
      forget();
      this.onReady();
    }
  }

  async revise(drawing: string, finish: Finish): Promise<Revised | undefined> {
    const reply = await this.#answer(this.#remote.revise(drawing, finish));
    if ('failure' in reply) throw this.#failed(reply.failure);
    return reply.revised;
  }

  async cache(settings: CacheSettings, command: CacheCommand): Promise<CacheReply> {
    const reply = await this.#answer(this.#remote.cache(this.engine, settings, command));
    if ('failure' in reply) throw this.#failed(reply.failure);
    return reply;
  }

  async rest(): Promise<{ readonly lasting: boolean }> {
    return this.#answer(this.#remote.rest()).catch(() => ({ lasting: true }));
  }

  /** What the worker answers, or why it never will. */
  async #answer<T extends Promise<unknown>>(answer: T): Promise<Awaited<T>> {
    if (this.#end) throw this.#end;
    let leave: ((error: NijigenError) => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      this.#waiting.add((leave = reject));
    });
    try {
      return await Promise.race([answer, ended]);
    } catch (cause) {
      // What the browser could not send, for want of memory mostly.
      throw cause instanceof NijigenError
        ? cause
        : new NijigenError('internal', `the worker could not be asked: ${String(cause)}`, { cause });
    } finally {
      if (leave) this.#waiting.delete(leave);
    }
  }

  #failed({ code, message, fatal }: Failure): NijigenError {
    const error = new NijigenError(code, message);
    if (fatal) this.#die(error);
    return error;
  }

  /** Asks the worker to stop when `signal` aborts; ends it if it is too slow to do so. */
  #cancelWith(signal: AbortSignal | undefined): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const abort = () => {
      void this.#remote.cancel();
      timer = setTimeout(() => {
        this.end(cancelled());
      }, CANCEL_GRACE_MS);
    };
    signal?.addEventListener('abort', abort, { once: true });
    return () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
  }

  keepNothing(): void {
    void this.#remote.keepNothing();
  }

  #die(error: NijigenError): void {
    this.#broken ||= this.#alive;
    this.end(error);
  }

  /**
   * Ends the thread at once, which is also the only way to give the engine's memory back. What is in progress rejects
   * with `error`.
   */
  end(error = new NijigenError('internal', 'the worker was ended')): void {
    this.#alive = false;
    this.#worker.terminate();
    this.#threads?.close();
    this.#end ??= error;
    for (const reject of this.#waiting) reject(this.#end);
  }
}
