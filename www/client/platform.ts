// What differs between a page and Node, which has www/node/platform.ts in place of this file.
import { NijigenError } from './error.js';

/** An absolute URL; a relative one is the page's, or in a worker the worker's. */
export function absolute(url: string | URL): string {
  const { document, location } = globalThis as Partial<typeof globalThis>;
  return new URL(url, document?.baseURI ?? location?.href).href;
}

/** Throws where nothing can be converted: while a server renders the page, mostly. */
export function requirePlatform(): void {
  if (typeof Worker === 'function' && typeof WebAssembly === 'object') return;
  throw new NijigenError(
    'unsupported-environment',
    'there are no Web Workers or no WebAssembly here; call this in the browser, not while a server renders the page',
  );
}

/** A timer for what can as well be left undone. */
export const someTime = (work: () => void, ms: number): ReturnType<typeof setTimeout> => setTimeout(work, ms);
