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
  WorkerApi,
} from '../client/protocol.js';
import { atRest, cacheWith, command, nothingKept } from './cache/index.js';
import { convert, preload } from './convert.js';
import { revise } from './drawings.js';
import { core, loadCore } from './module.js';
import { toFailure } from './failure.js';
import { pause } from './pause.js';

/** The conversion in progress: how to end it, and whether its result may be kept. */
let current: { readonly cancel: AbortController; keep: boolean } | undefined;

const api: WorkerApi = {
  async convert(request: ConversionRequest, onProgress: ProgressListener): Promise<Reply> {
    const conversion = (current = { cancel: new AbortController(), keep: true });
    const mayKeep = async () => {
      // While the result was encoded no message came through.
      await pause();
      return conversion.keep;
    };
    try {
      return { result: await convert(request, conversion.cancel.signal, onProgress, mayKeep) };
    } catch (error) {
      return { failure: toFailure(error, allocationFailed) };
    } finally {
      current = undefined;
      (onProgress as unknown as Remote<ProgressListener>)[releaseProxy]();
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

  revise(drawing: string, finish: Finish): Revision {
    try {
      return revise(drawing, finish);
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

/** After a trap even this call may fail. */
function allocationFailed(): boolean {
  try {
    return core.allocation_failed();
  } catch {
    return false;
  }
}

expose(api);
