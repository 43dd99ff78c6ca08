import type { Variant } from '../client/index.js';

// Set by the build: the names of the other files of this very version, relative to the page.
declare const WORKER_URL: string;
declare const WASM_URLS: Partial<Record<Variant, string>>;
declare const THREAD_URL: string;
/** Only released builds work offline: while developing, a cache would show yesterday's page. */
declare const OFFLINE: boolean;

export const workerUrl = WORKER_URL;
export const wasmUrl = WASM_URLS;
export const threadUrl = THREAD_URL;
export const modelsUrl = 'models/';
export const offline = OFFLINE;
