import { expose, releaseProxy, type Remote } from 'comlink';
import type {
  CacheCommand,
  CacheReply,
  CacheSettings,
  ConversionRequest,
  EngineSource,
  Finish,
  ProgressListener,
  ReadyReply,
  Reply,
  Revision,
  ConversionEvent,
  WorkerApi,
} from '../client/protocol.js';
import { atRest, cacheWith, command, nothingKept } from './cache/index.js';
import { convert, preload } from './convert.js';
import { revise } from './drawings.js';
import { forget } from './gpu/index.js';
import { allocationFailed, loadCore } from './module.js';
import { toFailure } from './failure.js';
import { pause } from '#pause';

/** The conversion in progress: how to end it, and whether its result may be kept. */
let current: { readonly cancel: AbortController; keep: boolean } | undefined;

const api: WorkerApi = {
  async convert(request: ConversionRequest, onEvent: (event: ConversionEvent) => void): Promise<Reply> {
    const conversion = (current = { cancel: new AbortController(), keep: true });
    const mayKeep = async () => {
      // While the result was encoded no message came through.
      await pause();
      return conversion.keep;
    };
    // Progress has a channel of its own, on which the last words would come after the result.
    const remote = onEvent as unknown as Remote<typeof onEvent>;
    let heard: Promise<void> | undefined;
    const tell = (event: ConversionEvent) => {
      heard = remote(event);
    };
    const onPhoto = () => {
      tell('photo');
    };
    try {
      const { signal } = conversion.cancel;
      const result = await convert(request, { signal, onProgress: tell, onPhoto, mayKeep });
      // What an embedder's own listener throws is its own.
      await heard?.catch(() => undefined);
      return { result };
    } catch (error) {
      return { failure: toFailure(error, allocationFailed) };
    } finally {
      current = undefined;
      remote[releaseProxy]();
    }
  },

  async preload(
    request: Pick<ConversionRequest, 'generator' | 'engine'>,
    onProgress: ProgressListener,
  ): Promise<ReadyReply> {
    const cancel = new AbortController();
    current = { cancel, keep: false };
    try {
      await preload(request, cancel.signal, onProgress);
      return { ready: true };
    } catch (error) {
      return { failure: toFailure(error, allocationFailed) };
    } finally {
      current = undefined;
      (onProgress as unknown as Remote<ProgressListener>)[releaseProxy]();
    }
  },

  async revise(drawing: string, finish: Finish): Promise<Revision> {
    try {
      return await revise(drawing, finish);
    } catch (error) {
      return { failure: toFailure(error, allocationFailed) };
    }
  },

  cancel() {
    current?.cancel.abort();
  },

  keepNothing() {
    if (current) current.keep = false;
  },

  async cache(engine: EngineSource, settings: CacheSettings, asked: CacheCommand): Promise<CacheReply> {
    // Beside it: it may have to wait for another tab.
    if (asked.name === 'clear') void forget();
    try {
      const nothing = await nothingKept();
      if (nothing) return nothing;
      await loadCore(engine, new AbortController().signal, () => undefined);
      return await command(await cacheWith(settings), asked);
    } catch (error) {
      // The engine may be drawing, and is none the worse for a store that fails.
      const fatal = error instanceof WebAssembly.RuntimeError;
      return { failure: { ...toFailure(error, allocationFailed), fatal } };
    }
  },

  rest: atRest,

  holdLock() {
    return new Promise((held) => {
      void navigator.locks.request(self.name, () => {
        held();
        return new Promise(() => undefined);
      });
    });
  },
};

expose(api);
