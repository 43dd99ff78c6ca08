import type { CacheSettings, EngineSource } from '../../client/protocol.js';
import type { PictureCache } from './cache.js';

/** Where a photo is looked up, and its picture kept. */
export type Lookup = Pick<PictureCache, 'find' | 'put'>;

/** Browsers share nothing; in Node, www/node/shared.ts is in place of this. */
export const shared: (own: PictureCache, engine: EngineSource, settings: CacheSettings) => Lookup = (own) => own;
