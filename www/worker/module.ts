import * as plain from 'nijigen-core';
import type { Compiled, ConversionResult, EngineSource, Variant } from '../client/protocol.js';
import { Download, Stalled } from './download.js';
import { WorkerError } from './failure.js';
import { instantiateThreaded, isThreaded } from './threads.js';
import { candidates, type Candidate } from './variants.js';

/** Told the bytes that came and how many there will be. */
type ProgressListener = (loaded: number, total: number) => void;

/** The core's functions; may be used once `loadCore` has resolved. */
export let core: typeof plain = plain;

let memory: WebAssembly.Memory | undefined;
let threads = 1;
let loading: Promise<unknown> | undefined;
/** What was compiled here and not shared yet. */
let fetched: Compiled | undefined;

/** Whether the module is there or on its way. */
export const coreStarted = (): boolean => loading !== undefined;

/** What a result says of the module that made it. */
export const report = (): Pick<ConversionResult, 'variant' | 'threads' | 'memory'> => ({
  variant: core.variant() as Variant,
  threads,
  // It never shrinks.
  memory: memory?.buffer.byteLength ?? 0,
});

/** Whether the module ever had too little memory. After a trap even this call may fail. */
export function allocationFailed(): boolean {
  try {
    return core.allocation_failed();
  } catch {
    return false;
  }
}

/** Compiles the fastest wasm that works while it comes in. A failed attempt is forgotten: the next one starts anew. */
export function loadCore(source: EngineSource, signal: AbortSignal, onProgress: ProgressListener): Promise<unknown> {
  const attempt = (loading ??= loadFirst(source, signal, onProgress).catch((error: unknown) => {
    loading = undefined;
    throw error;
  }));
  return attempt.catch((error: unknown) => {
    // The one whose attempt it was gave up, not this one.
    if ((error as { code?: unknown }).code === 'cancelled' && !signal.aborted) {
      return loadCore(source, signal, onProgress);
    }
    throw error;
  });
}

async function loadFirst(source: EngineSource, signal: AbortSignal, onProgress: ProgressListener): Promise<void> {
  let failure: unknown = new WorkerError('unsupported-environment', 'this browser runs none of the engines given');
  for (const candidate of await candidates(source)) {
    try {
      await load(candidate, source, signal, onProgress);
      return;
    } catch (error) {
      failure = error;
      // Another build would come over the same line.
      if (signal.aborted || error instanceof Stalled) break;
    }
  }
  throw failure;
}

async function load(
  candidate: Candidate,
  source: EngineSource,
  signal: AbortSignal,
  onProgress: ProgressListener,
): Promise<void> {
  const there = source.compiled?.find(({ url }) => url === candidate.url);
  const module = there?.module ?? (await fetchModule(candidate, signal, onProgress));
  if (isThreaded(module)) ({ core, memory, threads } = await instantiateThreaded(module, source));
  else ({ memory } = await plain.default({ module_or_path: module }));
  if (!there) fetched = { url: candidate.url, module };
}

async function fetchModule(
  { url, bytes }: Candidate,
  signal: AbortSignal,
  onProgress: ProgressListener,
): Promise<WebAssembly.Module> {
  const download = new Download(url, signal);
  const response = await download.response();
  download.count(response, (loaded) => {
    onProgress(loaded, bytes);
  });
  return compile(response).catch((error: unknown) => {
    // A stream that breaks off is a TypeError or AbortError; a module that is wrong has errors of its own.
    throw error instanceof WebAssembly.CompileError ? error : download.lost(error);
  });
}

/**
 * Gives the client the module, so that the next worker need neither fetch nor compile it, whatever the host says of
 * caching. To be called when it has shown that it works: one that was damaged on its way shall not be passed on.
 */
export function shareModule(): void {
  try {
    if (fetched) self.postMessage(fetched);
  } catch {
    // Then the next one fetches it, too.
  }
  fetched = undefined;
}

/** Servers that do not know wasm give it another type, which streaming refuses. */
async function compile(response: Response): Promise<WebAssembly.Module> {
  if (response.headers.get('content-type') === 'application/wasm') return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
