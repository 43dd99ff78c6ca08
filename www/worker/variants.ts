import { relaxedSimd, threads as sharedMemory } from 'wasm-feature-detect';
import type { EngineSource, Variant } from '../client/protocol.js';
import { threadsFor } from '../client/threads.js';

/** A build to try. */
export interface Candidate {
  readonly url: string;
  readonly bytes: number;
}

/** Whether futures wake in a module with threads; Firefox has it since 145. */
const canWake = typeof (Atomics as { waitAsync?: unknown }).waitAsync === 'function';

export const threadsOf = ({ threads }: EngineSource): number => threadsFor(threads, navigator.hardwareConcurrency);

/** The builds that this browser and page can run, the fastest first. */
export async function candidates(source: EngineSource): Promise<readonly Candidate[]> {
  const { wasm } = source;
  if (typeof wasm === 'string') return [{ url: wasm, bytes: WASM_BYTES.simd ?? 0 }];
  const relaxed = await relaxedSimd();
  const threaded = self.crossOriginIsolated && canWake && threadsOf(source) > 1 && (await sharedMemory());
  const runs: Record<Variant, boolean> = {
    'relaxed-threads': relaxed && threaded,
    'simd-threads': threaded,
    relaxed,
    simd: true,
  };
  return (Object.keys(runs) as Variant[]).flatMap((variant) => {
    const url = wasm[variant];
    const bytes = WASM_BYTES[variant];
    return runs[variant] && url !== undefined && bytes !== undefined ? [{ url, bytes }] : [];
  });
}
