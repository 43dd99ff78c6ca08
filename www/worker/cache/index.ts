import type { Cache } from 'nijigen-core';
import { DATABASE } from '../../client/core.js';
import type { CacheCommand, CacheReply, CacheSettings, CacheUsage } from '../../client/protocol.js';
import { inTime } from '../../timer.js';
import { core } from '../module.js';
import type { DatabaseHost } from './types.js';

/** How long the browser may think about what it stores. */
const PATIENCE_MS = 2000;

const host: DatabaseHost = {
  // Where it does not say there may be one.
  exists: () => inTime(PATIENCE_MS, exists(), true),
  quota: async () => (await estimate()).quota,
};

const exists = async () => (await indexedDB.databases()).some(({ name }) => name === DATABASE);

let opened: Promise<Cache> | undefined;

/** This worker's cache, opened with the first use. The core must be ready. */
export async function cacheWith(settings: CacheSettings): Promise<Cache> {
  opened ??= core.Cache.open(settings, host).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  const cache = await opened;
  await cache.change(settings);
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
    if (await host.exists()) return undefined;
    return { entries: [], usage: { entries: 0, bytes: 0, lasting: true, ...(await room()) } };
  } catch {
    // Not every browser tells which databases there are.
    return undefined;
  }
}

/** What the client's `converter.cache` asks. */
export async function command(cache: Cache, asked: CacheCommand): Promise<CacheReply> {
  switch (asked.name) {
    case 'entries':
      return { entries: await cache.entries() };
    case 'usage':
      return { usage: { ...cache.usage(), ...(await room()) } };
    case 'picture':
      return { picture: (await cache.pictures(asked.id))?.result };
    case 'original':
      return { picture: (await cache.pictures(asked.id))?.original };
    case 'remove':
      await cache.remove([...asked.ids]);
      return {};
    case 'clear':
      await cache.clear();
      return {};
  }
}

/** What the browser would still grant. */
async function room(): Promise<Pick<CacheUsage, 'available'>> {
  const { quota, usage } = await estimate();
  return quota !== undefined && usage !== undefined ? { available: Math.max(0, quota - usage) } : {};
}

/** Not every browser says, or in time, and none on insecure origins. */
async function estimate(): Promise<StorageEstimate> {
  const estimated = (navigator as Partial<WorkerNavigator>).storage?.estimate().catch(() => ({}));
  return estimated ? inTime<StorageEstimate>(PATIENCE_MS, estimated, {}) : {};
}
