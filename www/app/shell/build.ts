import type { Seed, Variant } from '../../client/index.js';

// Set by the build: the names of the other files of this very version, relative to the page.
declare const WORKER_URL: string;
declare const WASM_URLS: Partial<Record<Variant, string>>;
declare const WASM_BYTES: Partial<Record<Variant, number>>;
declare const THREAD_URL: string;
declare const GPU_URL: string;
declare const THUMBNAIL_URL: string;
/** What draws films, fetched when first used. */
declare const MOVING_URL: string;
/** The photos in www/samples, and what was drawn of them ahead. */
declare const SAMPLES: readonly Sample[];
declare const SEEDS: readonly Seed[];
/** Only released builds work offline: while developing, a cache would show yesterday's page. */
declare const OFFLINE: boolean;

/** A photo to try; URLs relative to the page. */
export interface Sample {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly small: string;
}

export const workerUrl = WORKER_URL;
export const wasmUrl = WASM_URLS;
export const wasmBytes = WASM_BYTES;
export const threadUrl = THREAD_URL;
export const gpuUrl = GPU_URL;
export const thumbnailUrl = THUMBNAIL_URL;
export const movingUrl = MOVING_URL;
export const modelsUrl = 'models/';
export const samples = SAMPLES;
export const seeds = SEEDS;
export const offline = OFFLINE;
