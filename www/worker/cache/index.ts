import type { CacheCommand, CacheReply, CacheSettings } from '../../client/protocol.js';
import { exists, PictureCache, room } from './cache.js';

let opened: Promise<PictureCache> | undefined;

/** This worker's cache, opened with the first use. The core must be ready. */
export async function cacheWith(settings: CacheSettings): Promise<PictureCache> {
  opened ??= PictureCache.open(settings);
  const cache = await opened;
  await cache.use(settings);
  return cache;
}

/** Resolves when nothing is being stored. Whether what is kept outlives this worker. */
export async function atRest(): Promise<{ readonly lasting: boolean }> {
  const cache = await opened?.catch(() => undefined);
  await cache?.stored();
  return { lasting: cache?.lasting ?? true };
}

/** The answer to every command where nothing was ever kept. The core is not needed for it, nor fetched. */
export async function nothingKept(): Promise<CacheReply | undefined> {
  if (opened) return undefined;
  try {
    if (await exists()) return undefined;
    return { entries: [], usage: { entries: 0, bytes: 0, lasting: true, ...(await room()) } };
  } catch {
    // Not every browser tells which databases there are.
    return undefined;
  }
}

/** What the client's `converter.cache` asks. */
export async function command(cache: PictureCache, asked: CacheCommand): Promise<CacheReply> {
  switch (asked.name) {
    case 'entries':
      return { entries: await cache.entries() };
    case 'usage':
      return { usage: await cache.usage() };
    case 'picture':
      return { picture: (await cache.pictures(asked.id))?.result };
    case 'original':
      return { picture: (await cache.pictures(asked.id))?.original };
    case 'remove':
      await cache.remove(asked.ids);
      return {};
    case 'clear':
      await cache.clear();
      return {};
  }
}
