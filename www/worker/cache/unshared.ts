import type { Cache } from 'nijigen-core';
import type { CacheSettings, EngineSource } from '../../client/protocol.js';

/** Where a photo is looked up, and its picture kept. */
export type Lookup = Pick<Cache, 'find' | 'put'>;

/** Browsers share nothing; in Node, www/node/shared.ts is in place of this. */
export const shared: (own: Lookup, engine: EngineSource, settings: CacheSettings) => Lookup = (own) => own;
