import { expose, releaseProxy, type Remote } from 'comlink';
import type {
  CacheCommand,
  CacheReply,
  CacheSettings,
  ConversionRequest,
  EngineSource,
  Finish,
  ProgressListener,
  Reply,
  Revision,
  WorkerApi,
} from '../client/protocol.js';
import { cacheWith, command, nothingKept } from './cache/index.js';
import { convert } from './convert.js';
import { revise } from './drawings.js';
import { core, loadCore } from './module.js';
import { toFailure } from './failure.js';

let current: AbortController | undefined;

const api: WorkerApi = {
  async convert(request: ConversionRequest, onProgress: ProgressListener): Promise<Reply> {
    const cancel = new AbortController();
    current = cancel;
    try {
      return { result: await convert(request, cancel.signal, onProgress) };
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
    current?.abort();
  },

  async cache(engine: EngineSource, settings: CacheSettings, asked: CacheCommand): Promise<CacheReply> {
    try {
      const nothing = await nothingKept();
      if (nothing) return nothing;
      await loadCore(engine, new AbortController().signal, () => undefined);
      return await command(await cacheWith(settings), asked);
    } catch (error) {
      return { failure: toFailure(error, allocationFailed) };
    }
  },

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
