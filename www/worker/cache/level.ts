import type { Cache } from 'nijigen-core';
import type { Action, Hit, Listed, Upkeep, WriteOutcome } from '../../client/core.js';
import type { CacheSettings } from '../../client/protocol.js';
import { core } from '../module.js';
import type { Pictures, Store, Stored } from './store.js';

/** A store and the policy that decides what it holds. Whatever goes wrong in the store costs entries, never a photo. */
export class Level {
  readonly #policy: Cache;
  readonly #store: Store;
  readonly #inMemory: boolean;

  private constructor(policy: Cache, store: Store, inMemory: boolean) {
    this.#policy = policy;
    this.#store = store;
    this.#inMemory = inMemory;
  }

  static async open(store: Store, settings: CacheSettings, inMemory: boolean): Promise<Level> {
    const level = new Level(new core.Cache(settings, inMemory), store, inMemory);
    await level.reload();
    return level;
  }

  /** Starts from what the store holds. */
  async reload(): Promise<void> {
    const stored = await this.#store.load();
    const { touch } = this.#policy.load(
      stored.map(({ record }) => record),
      Date.now(),
    );
    // Too old, too much, or not to be read.
    const remove = stored.map(({ id }) => id).filter((id) => !this.#policy.holds(id));
    await this.#carry({ touch, remove });
  }

  exact(key: string, sha256: Uint8Array): Hit | undefined {
    return this.#policy.exact(key, sha256, Date.now());
  }

  near(key: string, print: string): Hit | undefined {
    return this.#policy.near(key, print, Date.now());
  }

  holds(id: string): boolean {
    return this.#policy.holds(id);
  }

  /** The pictures of an entry that is to answer, and its new record; nothing if the store has lost them. */
  async take(id: string): Promise<{ entry: Stored; pictures: Pictures } | undefined> {
    const pictures = await this.#store.read(id).catch(() => undefined);
    const entry = this.note(id, pictures !== undefined);
    return pictures && entry && { entry, pictures };
  }

  /** An entry has answered, here or on another level; it is given with its new record if it is here. */
  note(id: string, there = true): Stored | undefined {
    const record = this.#policy.answered(id, there, Date.now());
    if (record === undefined) return undefined;
    const entry = { id, record };
    // Nobody waits for this: what is lost is one use.
    this.#store.touch(entry).catch(() => undefined);
    return entry;
  }

  /** Stores an entry if it fits; true when it is stored. */
  async put(entry: Stored, pictures: Pictures): Promise<boolean> {
    const put = new core.Put(entry.record);
    for (let outcome: WriteOutcome = 'done'; ;) {
      const action: Action = this.#policy.put(put, outcome, Date.now());
      switch (action.name) {
        case 'apply':
          await this.#carry(action.upkeep).catch(() => undefined);
          break;
        case 'write':
          outcome = await this.#write(entry, pictures);
          break;
        case 'done':
          put.free();
          return action.kept;
      }
    }
  }

  async #write(entry: Stored, pictures: Pictures): Promise<WriteOutcome> {
    try {
      await this.#store.write(entry, pictures);
      return 'done';
    } catch (error) {
      return (error as DOMException).name === 'QuotaExceededError' ? 'full' : 'broken';
    }
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

  async clear(): Promise<void> {
    this.forget(this.list().map(({ id }) => id));
    await this.#store.clear();
  }

  async read(id: string): Promise<Pictures | undefined> {
    return this.#store.read(id);
  }

  async change(settings: CacheSettings): Promise<void> {
    await this.#carry(this.#policy.set_settings(settings, this.#inMemory, Date.now()));
  }

  /** Sets a limit beside the settings' own. */
  async cap(bytes: number): Promise<void> {
    await this.#carry(this.#policy.set_cap(bytes, Date.now()));
  }

  /** Lets go what has grown too old. */
  async sweep(): Promise<void> {
    await this.#carry(this.#policy.sweep(Date.now()));
  }

  list(): Listed[] {
    return this.#policy.entries();
  }

  async #carry({ remove, touch }: Upkeep): Promise<void> {
    if (remove.length > 0) await this.#store.remove(remove);
    for (const entry of touch) await this.#store.touch(entry);
  }
}
