import type { CacheCommand, CacheReply, CacheSettings } from '../../client/protocol.js';
import { PictureCache } from './cache.js';

let opened: Promise<PictureCache> | undefined;

/** This worker's cache, opened with the first use. The core must be ready. */
export async function cacheWith(settings: CacheSettings): Promise<PictureCache> {
  opened ??= PictureCache.open(settings);
  const cache = await opened;
  await cache.use(settings);
  return cache;
}

/** What the client's `converter.cache` asks. */
export async function command(cache: PictureCache, asked: CacheCommand): Promise<CacheReply> {
  switch (asked.name) {
    case 'entries':
      return { entries: await cache.entries() };
    case 'usage':
      return { usage: await cache.usage() };
    case 'picture':
      return { picture: await cache.picture(asked.id) };
    case 'remove':
      await cache.remove(asked.ids);
      return {};
    case 'clear':
      await cache.clear();
      return {};
  }
}
