import type { Cache } from 'nijigen-core';
import type { CacheEntry, CacheSettings } from '../../client/protocol.js';
import { core } from '../module.js';
import { bytesOf, type Pictures, type Store, type Stored } from './store.js';

/** An entry that answers a photo; without a distance it is the very file's. */
export interface Hit {
  readonly id: string;
  readonly distance: number | null;
  readonly created: number;
}

/** An entry as the list shows it. */
export type Listed = Omit<CacheEntry, 'thumbnail'>;

interface Upkeep {
  readonly remove: readonly string[];
  readonly touch: readonly Stored[];
}

/** A store and the policy that decides what it holds. Whatever goes wrong in the store costs entries, never a photo. */
export class Level {
  readonly #policy: Cache;
  readonly #store: Store;
  readonly #inMemory: boolean;
  /** Making room did not help the last time, as when it is others that fill the disk. */
  #helpless = false;

  private constructor(policy: Cache, store: Store, inMemory: boolean) {
    this.#policy = policy;
    this.#store = store;
    this.#inMemory = inMemory;
  }

  static async open(store: Store, settings: CacheSettings, inMemory: boolean): Promise<Level> {
    const level = new Level(new core.Cache(JSON.stringify(settings), inMemory), store, inMemory);
    await level.reload();
    return level;
  }

  /** Starts from what the store holds. */
  async reload(): Promise<void> {
    const stored = await this.#store.load();
    const { touch } = JSON.parse(
      this.#policy.load(
        stored.map(({ record }) => record),
        Date.now(),
      ),
    ) as Upkeep;
    // Too old, too much, or not to be read.
    const remove = stored.map(({ id }) => id).filter((id) => !this.#policy.holds(id));
    await this.#carry({ touch, remove });
  }

  exact(key: string, sha256: Uint8Array): Hit | undefined {
    return hit(this.#policy.exact(key, sha256, Date.now()));
  }

  near(key: string, print: string): Hit | undefined {
    return hit(this.#policy.near(key, print, Date.now()));
  }

  holds(id: string): boolean {
    return this.#policy.holds(id);
  }

  /** The pictures of an entry, and its new record; nothing if the store has lost them. */
  async take(id: string): Promise<{ entry: Stored; pictures: Pictures } | undefined> {
    const pictures = await this.#store.read(id).catch(() => undefined);
    const entry = pictures && this.note(id);
    if (!pictures || !entry) {
      this.#policy.forget(id);
      return undefined;
    }
    return { entry, pictures };
  }

  /** This entry has answered a photo, here or on another level; it is given with its new record if it is here. */
  note(id: string): Stored | undefined {
    const record = this.#policy.used(id, Date.now());
    if (record === undefined) return undefined;
    const entry = { id, record };
    // Nobody waits for this: what is lost is one use.
    this.#store.touch(entry).catch(() => undefined);
    return entry;
  }

  /** Stores an entry if it fits; true when it is stored. */
  async put(entry: Stored, pictures: Pictures): Promise<boolean> {
    const bytes = bytesOf(pictures);
    const upkeep = this.#policy.room(entry.id, bytes, Date.now());
    if (upkeep === undefined) return false;
    try {
      await this.#carry(JSON.parse(upkeep) as Upkeep);
      await this.#write(entry, pictures, bytes);
    } catch {
      return false;
    }
    this.#policy.insert(entry.record);
    return true;
  }

  /** Tries once more after making room, should there be none; no entries are given up where that is of no use. */
  async #write(entry: Stored, pictures: Pictures, bytes: number): Promise<void> {
    try {
      await this.#store.write(entry, pictures);
    } catch (error) {
      if (this.#helpless || (error as DOMException).name !== 'QuotaExceededError') throw error;
      const remove = this.#policy.relieve(bytes);
      if (remove.length === 0) throw error;
      await this.#store.remove(remove);
      this.#helpless = true;
      await this.#store.write(entry, pictures);
    }
    this.#helpless = false;
  }

  /** What another tab has stored or removed. */
  learn(record: string): void {
    this.#policy.insert(record);
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#policy.forget(id);
  }

  async remove(ids: readonly string[]): Promise<void> {
    this.forget(ids);
    await this.#store.remove(ids);
  }

  forgetAll(): void {
    this.forget(this.list().map(({ id }) => id));
  }

  async clear(): Promise<void> {
    this.forgetAll();
    await this.#store.clear();
  }

  async read(id: string): Promise<Pictures | undefined> {
    return this.#store.read(id);
  }

  async change(settings: CacheSettings): Promise<void> {
    const upkeep = this.#policy.set_settings(JSON.stringify(settings), this.#inMemory, Date.now());
    await this.#carry(JSON.parse(upkeep) as Upkeep);
  }

  /** Sets a limit beside the settings' own. */
  async cap(bytes: number): Promise<void> {
    await this.#carry(JSON.parse(this.#policy.set_cap(bytes, Date.now())) as Upkeep);
  }

  /** Lets go what has grown too old. */
  async sweep(): Promise<void> {
    await this.#carry(JSON.parse(this.#policy.sweep(Date.now())) as Upkeep);
  }

  list(): Listed[] {
    return JSON.parse(this.#policy.entries()) as Listed[];
  }

  async #carry({ remove, touch }: Upkeep): Promise<void> {
    if (remove.length > 0) await this.#store.remove(remove);
    for (const entry of touch) await this.#store.touch(entry);
  }
}

const hit = (json: string | undefined): Hit | undefined => (json === undefined ? undefined : (JSON.parse(json) as Hit));
