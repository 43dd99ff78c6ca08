import type { CacheEntry, CacheSettings, CacheUsage } from '../../client/protocol.js';
import { WorkerError } from '../failure.js';
import { core } from '../module.js';
import { IndexedDbStore } from './indexed-db.js';
import { Level } from './level.js';
import { MemoryStore } from './storage.js';
import { bytesOf, type Pictures, type Stored } from './store.js';

const DATABASE = 'nijigen';
/** The share of what the browser grants this origin that the cache may take at most. */
const SHARE = 0.2;
const SWEEP_MS = 60 * 60 * 1000;
/** How long a slow disk, or an older tab, may hold up the database before the cache goes on without it for now. */
const PATIENCE_MS = 2000;

/** What tabs tell each other. */
type News =
  | { readonly stored: string; readonly created: number }
  | { readonly used: Stored }
  | { readonly removed: readonly string[] }
  | { readonly cleared: number };

/** An answer that needed no engine. */
export interface Answer {
  readonly pictures: Pictures;
  readonly distance: number | null;
  readonly created: number;
}

/** What a photo is looked up by. */
export interface Photograph {
  readonly key: string;
  readonly sha256: Uint8Array;
  /** Only once it is decoded. */
  readonly print?: string;
}

/** Entries in this worker's memory, and in the browser's database where there is one. */
export class PictureCache {
  /** The memory's, and once it is open the database's. */
  readonly #levels: Level[];
  readonly #news = new BroadcastChannel('nijigen-cache');
  #settings: string;
  #storing: Promise<unknown> = Promise.resolve();
  /** When all was cleared last, here or in another tab; in ms since 1970, as times of entries. */
  #cleared = 0;
  /** Whether the database may still open. */
  #opening = true;
  /** Whether the database is yet to be opened: it was not asked for, or is gone since. */
  #lost = true;
  /** Resolves when the database is open, or no longer waited for. */
  #reached: Promise<unknown> = Promise.resolve();

  private constructor(memory: Level, settings: CacheSettings) {
    this.#levels = [memory];
    this.#settings = JSON.stringify(settings);
    this.#news.onmessage = ({ data }: MessageEvent<News>) => {
      this.#hear(data);
    };
    setInterval(() => void this.#sweep(), SWEEP_MS);
  }

  static async open(settings: CacheSettings): Promise<PictureCache> {
    const cache = new PictureCache(await Level.open(new MemoryStore(), settings, true), settings);
    await cache.#reach();
    return cache;
  }

  /** Without a database the cache lasts as long as the worker; one that opens late is taken all the same. */
  async #reach(): Promise<void> {
    if (this.#lost) {
      this.#lost = false;
      this.#opening = true;
      const opened = this.#openDatabase().catch(() => undefined);
      this.#reached = Promise.race([opened, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    }
    await this.#reached;
  }

  async #openDatabase(): Promise<void> {
    try {
      const store = await IndexedDbStore.open(DATABASE, () => {
        this.#lost = true;
        this.#levels.splice(1);
      });
      const settings = this.#settings;
      const lasting = await Level.open(store, JSON.parse(settings) as CacheSettings, false);
      const { quota } = await estimate();
      if (quota !== undefined) await lasting.cap(quota * SHARE);
      if (this.#settings !== settings) await lasting.change(JSON.parse(this.#settings) as CacheSettings);
      if (!this.#lost) this.#levels.push(lasting);
    } finally {
      this.#opening = false;
    }
  }

  /** Takes over settings that changed. A database that is gone is made anew only now that it is needed. */
  async use(settings: CacheSettings): Promise<void> {
    await this.#reach();
    const json = JSON.stringify(settings);
    if (json === this.#settings) return;
    this.#settings = json;
    for (const level of this.#levels) await level.change(settings).catch(() => undefined);
  }

  /** The best entry for a photo, if there is one: the very file's, or once it is decoded, the nearest. */
  async find({ key, sha256, print }: Photograph): Promise<Answer | undefined> {
    for (;;) {
      const found = this.#levels.flatMap((level) => {
        const hit = print === undefined ? level.exact(key, sha256) : level.near(key, print);
        return hit ? [{ level, hit }] : [];
      });
      const best = found[core.best_hit(found.map(({ hit }) => hit)) ?? -1];
      if (!best) return undefined;
      const taken = await best.level.take(best.hit.id);
      // An entry whose pictures are gone is struck out by now: the next best may do.
      if (!taken) continue;
      const [memory, lasting] = this.#levels;
      const used = best.level === memory ? lasting?.note(best.hit.id) : taken.entry;
      if (used) this.#tell({ used });
      if (best.level !== memory) await memory?.put(taken.entry, taken.pictures);
      return { pictures: taken.pictures, distance: best.hit.distance, created: best.hit.created };
    }
  }

  /** Whether what is kept outlives this worker; where nothing is, nothing is lost with it. */
  get lasting(): boolean {
    return this.#levels.length > 1 || this.#levels.every((level) => level.list().length === 0);
  }

  /** Resolves when nothing is being stored. */
  async stored(): Promise<void> {
    await this.#storing;
  }

  /**
   * Stores what was made of a photo; false if it cannot be stored: then it is made again another time. What is stored
   * of `supersedes` goes once it is.
   */
  async put(photo: Photograph, pictures: Pictures, supersedes?: Photograph): Promise<boolean> {
    const before = this.#storing;
    const storing = this.#put(photo, pictures).catch(() => false);
    const replacing = supersedes && storing.then((stored) => (stored ? this.#replace(supersedes, before) : undefined));
    this.#storing = Promise.all([before, storing, replacing?.catch(() => undefined)]);
    return storing;
  }

  async #replace({ key, sha256 }: Photograph, stored: Promise<unknown>): Promise<void> {
    await stored;
    const ids = new Set(this.#levels.flatMap((level) => level.exact(key, sha256)?.id ?? []));
    if (ids.size > 0) await this.remove([...ids]);
  }

  async #put({ key, sha256, print = '' }: Photograph, pictures: Pictures): Promise<boolean> {
    const created = Date.now();
    await this.#reach();
    const entry = core.cache_record(key, sha256, print, bytesOf(pictures), created);
    const stored = await Promise.all(this.#levels.map((level) => level.put(entry, pictures)));
    if (created <= this.#cleared) {
      await Promise.all(this.#levels.map((level) => level.remove([entry.id])));
      return false;
    }
    if (stored[1]) this.#tell({ stored: entry.record, created });
    return stored.at(-1) ?? false;
  }

  /** All entries, the newest first. */
  async entries(): Promise<CacheEntry[]> {
    const listed = new Map(this.#levels.flatMap((level) => level.list().map((entry) => [entry.id, { level, entry }])));
    const entries = [...listed.values()].map(async ({ level, entry }) => {
      const pictures = await level.read(entry.id).catch(() => undefined);
      return pictures ? [{ ...entry, thumbnail: pictures.thumbnail }] : [];
    });
    return (await Promise.all(entries)).flat().sort((a, b) => b.created - a.created);
  }

  async pictures(id: string): Promise<Pictures | undefined> {
    for (const level of this.#levels) {
      const pictures = await level.read(id).catch(() => undefined);
      if (pictures) return pictures;
    }
    return undefined;
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#checkReach();
    await Promise.all(this.#levels.map((level) => level.remove(ids)));
    this.#tell({ removed: ids });
  }

  /** Those that this worker does not know go, too, and those that are just being stored. */
  async clear(): Promise<void> {
    await this.#checkReach();
    const cleared = (this.#cleared = Date.now());
    await this.#storing;
    await Promise.all(this.#levels.map((level) => level.clear()));
    this.#tell({ cleared });
  }

  /** Rejects while there may be entries out of reach: what is said to be gone would come back. */
  async #checkReach(): Promise<void> {
    if (this.#levels.length > 1) return;
    if (this.#opening || (await exists().catch(() => false)))
      throw new WorkerError('internal', 'the database cannot be reached now');
  }

  async usage(): Promise<CacheUsage> {
    const entries = new Map(this.#levels.flatMap((level) => level.list().map((entry) => [entry.id, entry.bytes])));
    const bytes = [...entries.values()].reduce((sum, size) => sum + size, 0);
    return { entries: entries.size, bytes, lasting: this.#levels.length > 1, ...(await room()) };
  }

  #tell(news: News): void {
    this.#news.postMessage(news);
  }

  #hear(news: News): void {
    const [memory, lasting] = this.#levels;
    // From the database it is gone already; what the memory holds is this worker's own.
    if ('stored' in news) {
      // The news of it may come after all was cleared.
      if (news.created > this.#cleared) lasting?.learn(news.stored);
    } else if ('used' in news) {
      // One that is removed meanwhile does not come back.
      if (lasting?.holds(news.used.id)) lasting.learn(news.used.record);
    } else if ('removed' in news) {
      void memory?.remove(news.removed);
      lasting?.forget(news.removed);
    } else {
      this.#cleared = Math.max(this.#cleared, news.cleared);
      // What was being stored when the database was cleared may be in it.
      for (const level of this.#levels) {
        const old = level.list().filter(({ created }) => created <= news.cleared);
        level.remove(old.map(({ id }) => id)).catch(() => undefined);
      }
    }
  }

  async #sweep(): Promise<void> {
    for (const level of this.#levels) await level.sweep().catch(() => undefined);
  }
}

/** Whether there is a database, as far as the browser tells. */
export async function exists(): Promise<boolean> {
  const databases = await indexedDB.databases();
  return databases.some(({ name }) => name === DATABASE);
}

/** What the browser would still grant. */
export async function room(): Promise<Pick<CacheUsage, 'available'>> {
  const { quota, usage } = await estimate();
  return quota !== undefined && usage !== undefined ? { available: Math.max(0, quota - usage) } : {};
}

/** Not every browser says, and none on insecure origins. */
async function estimate(): Promise<StorageEstimate> {
  return (navigator as Partial<WorkerNavigator>).storage?.estimate().catch(() => ({})) ?? {};
}
