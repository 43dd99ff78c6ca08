import { NijigenError } from './error.js';
import type { SharedStore } from './protocol.js';

export { thisVisit } from './visit.js';

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

/** Workers cannot be given one. Throws a TypeError. */
export const checkedStore: (store: SharedStore) => SharedStore = () => {
  throw new TypeError('cache: a store of your own is for Node; in a browser pictures are kept in its database');
};

/** A timer for what can as well be left undone. */
export const someTime = (work: () => void, ms: number): ReturnType<typeof setTimeout> => setTimeout(work, ms);
