import type { EngineHost } from './host.js';
import type { ModelEntry, OwnGenerator, ProgressListener, LocatedGenerator } from './protocol.js';

export interface PreloadOptions {
  /** Default the first one that each style has. */
  readonly tier?: ModelEntry['tier'];
  /** Aborting rejects with code `cancelled`; what has been fetched by then stays. */
  readonly signal?: AbortSignal;
  /** Told the bytes of all styles together. */
  readonly onProgress?: ProgressListener;
}

/**
 * Fetches the engine and these generators one after another.
 * @internal
 */
export async function preload(
  worker: EngineHost,
  generators: readonly (LocatedGenerator | OwnGenerator)[],
  { signal, onProgress }: PreloadOptions,
): Promise<void> {
  const sizes = generators.map((generator) => ('entry' in generator ? generator.entry.bytes : 0));
  let before = 0;
  for (const [at, generator] of generators.entries()) {
    const after = sizes.slice(at + 1).reduce((sum, size) => sum + size, 0);
    // One that is there already says nothing.
    let own = sizes[at] ?? 0;
    const tell: ProgressListener = ({ loaded, total }) => {
      own = total;
      onProgress?.({ stage: 'download', loaded: before + loaded, total: before + total + after });
    };
    await worker.preload(generator, tell, signal);
    before += own;
  }
  // Of models of one's own, which are here already, there may be nothing to tell.
  if (before > 0) onProgress?.({ stage: 'download', loaded: before, total: before });
}
