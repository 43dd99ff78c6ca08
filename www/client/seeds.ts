import { absolute } from '#platform';
import { sha256 } from '../sha256.js';
import { isBlob } from './brand.js';
import type { ModelEntry, CoreOptions, Photo } from './protocol.js';
import type { Conversion } from './types.js';

/** A result made ahead. It answers one photo, for one model and choice of options, before the engine is fetched. */
export interface Seed {
  /**
   * SHA-256, in hexadecimal digits, of the photo's file followed by the JSON of `[entry, options]` in UTF-8: the
   * manifest's entry, and the options that were given as pairs in the order of their names.
   */
  readonly key: string;
  /** Bytes of the photo's file; no file of another size is even read. */
  readonly bytes: number;
  /** The result's file, relative to the page. */
  readonly url: string;
  /** SHA-256 of the result's file, in hexadecimal digits. */
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  /** When it was made, in milliseconds since 1970. */
  readonly created: number;
}

/**
 * What a seed answers. Neither worker nor engine is needed for it, and whatever is wrong with it is as if there were none.
 * @internal
 */
export async function madeAhead(
  seeds: readonly Seed[],
  photo: Photo,
  entry: ModelEntry,
  options: CoreOptions,
  signal: AbortSignal | undefined,
): Promise<Conversion | undefined> {
  if (!isBlob(photo) || !seeds.some(({ bytes }) => bytes === photo.size)) return undefined;
  const begin = performance.now();
  try {
    const choice = JSON.stringify([entry, Object.entries(options).sort()]);
    const key = await sha256(await new Blob([photo, choice]).arrayBuffer());
    const seed = seeds.find((seed) => seed.key === key);
    if (!seed) return undefined;
    const response = await fetch(absolute(seed.url), { signal: signal ?? null });
    const bytes = await response.arrayBuffer();
    // A host may answer with a page that says that something is missing.
    if ((await sha256(bytes)) !== seed.sha256) return undefined;
    const { width, height, created } = seed;
    return {
      blob: new Blob([bytes], { type: `image/${options.format ?? 'png'}` }),
      width,
      height,
      style: entry.style,
      tier: entry.tier,
      variant: 'simd',
      threads: 1,
      memory: 0,
      drawn: false,
      timings: { load: performance.now() - begin, prepare: 0, inference: 0, encode: 0 },
      cache: 'exact',
      cached: { kind: 'exact', distance: 0, created, ahead: true },
    };
  } catch {
    // The photo or the network is gone, or the origin is insecure and has no digests.
    return undefined;
  }
}
