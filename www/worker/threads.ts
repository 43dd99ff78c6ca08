import type * as Core from 'nijigen-core';
import type { EngineSource } from '../client/protocol.js';
import { notLoaded, startWorker } from '../client/start-worker.js';
import { threadsOf } from './variants.js';

/** The name of a worker that is one of the engine's threads. */
export const THREAD = 'nijigen-thread';

/** What it says before it begins; anything else tells why it cannot. */
export const READY = 'ready';

/** What it is sent. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The broadcast channel on which it tells the page that it failed. */
  readonly channel: string;
}

/** Most pages that the memory may grow to: 4 GiB, and what phones allow that will not set so much aside. */
const MAXIMA = [65536, 32768, 16384];

interface Threaded {
  readonly core: typeof Core;
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
}

/** Whether a module is a build with threads: they all are given one memory. */
export const isThreaded = (module: WebAssembly.Module): boolean =>
  WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory');

/** Makes an instance here and one in each of the other threads. */
export async function instantiateThreaded(module: WebAssembly.Module, source: EngineSource): Promise<Threaded> {
  const threads = threadsOf(source);
  const memory = sharedMemory();
  const core = (await import(source.threadUrl)) as typeof Core;
  await core.default({ module_or_path: module, memory });
  const workers = Array.from({ length: threads - 1 }, () => {
    const worker = startWorker(source.threadUrl, THREAD);
    worker.postMessage({ module, memory, channel: self.name } satisfies ThreadStart);
    return worker;
  });
  try {
    await Promise.all(workers.map((worker) => ready(worker, source.threadUrl)));
    core.start_threads();
  } catch (error) {
    for (const worker of workers) worker.terminate();
    throw error;
  }
  return { core, memory, threads };
}

function sharedMemory(): WebAssembly.Memory {
  let failure: unknown;
  for (const maximum of MAXIMA) {
    try {
      return new WebAssembly.Memory({ initial: SHARED_PAGES, maximum, shared: true });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function ready(worker: Worker, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      reject(new Error(`a thread failed: ${reason}`));
    };
    worker.onmessage = ({ data }: MessageEvent<string>) => {
      if (data === READY) resolve();
      else fail(data);
    };
    worker.onerror = (event: Event) => {
      event.preventDefault();
      // As in the page: a script that could not be loaded fires a plain event.
      fail(event instanceof ErrorEvent ? event.message : notLoaded(url));
    };
  });
}
