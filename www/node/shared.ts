import type { CacheSettings, EngineSource, SharedStore } from '../client/protocol.js';
import type { Answer, Photograph, Pictures } from '../worker/cache/types.js';
import type { Lookup } from '../worker/cache/unshared.js';
import { core } from '../worker/module.js';

/** How long a look-up may take: a photo is drawn in about that time. Nobody waits for what is stored. */
const PATIENCE_MS = { find: 1000, put: 10_000 };
/** How long one that failed is left alone. */
const PAUSE_MS = 5000;

/** With a store, that one behind the cache of this process. */
export const shared = (own: Lookup, { store }: EngineSource, settings: CacheSettings): Lookup =>
  store ? new SharedCache(own, store, settings) : own;

/** Candidates that are looked at: of near duplicates the nearest answers, mostly. */
const CANDIDATES = 8;
/** Since when a store is left alone, by the process' clock: one that is full is still read. */
const failed = { find: new WeakMap<SharedStore, number>(), put: new WeakMap<SharedStore, number>() };

class SharedCache implements Lookup {
  readonly #own: Lookup;
  readonly #store: SharedStore;
  readonly #settings: CacheSettings;

  constructor(own: Lookup, store: SharedStore, settings: CacheSettings) {
    this.#own = own;
    this.#store = store;
    this.#settings = settings;
  }

  async find(photo: Photograph): Promise<Answer | undefined> {
    return (await this.#own.find(photo)) ?? (await this.#ask('find', () => this.#find(photo)));
  }

  async put(photo: Photograph, pictures: Pictures, supersedes?: Photograph | null): Promise<boolean> {
    const kept = this.#own.put(photo, pictures, supersedes);
    await this.#ask('put', () => this.#put(photo, pictures.result));
    return kept;
  }

  async #find({ key, sha256, print }: Photograph): Promise<Answer | undefined> {
    const [store, settings] = [this.#store, this.#settings];
    if (print === undefined) {
      const value = await store.get(core.shared_name(key, sha256));
      return value && answerOf(core.SharedAnswer.exact(settings, value, key, sha256, Date.now()));
    }
    const sets = core.shared_sets(settings, key, print);
    const members = sets.length > 0 ? await store.members(sets) : [];
    for (const name of core.shared_nearest(settings, print, [...members]).slice(0, CANDIDATES)) {
      const value = await store.get(name);
      const answer = value && answerOf(core.SharedAnswer.near(settings, value, key, print, Date.now()));
      if (answer) return answer;
    }
    return undefined;
  }

  async #put({ key, sha256, print = '' }: Photograph, result: Blob): Promise<void> {
    const file = new Uint8Array(await result.arrayBuffer());
    const entry = core.SharedEntry.of(this.#settings, key, sha256, print, file, Date.now());
    if (!entry) return;
    const { name, value, sets, member, lifetime } = entry;
    entry.free();
    await this.#store.put({ name, value, sets, member, lifetime });
  }

  /** Whatever becomes of the store, photos are drawn. */
  async #ask<T>(what: keyof typeof PATIENCE_MS, question: () => Promise<T>): Promise<T | undefined> {
    if (performance.now() - (failed[what].get(this.#store) ?? -Infinity) < PAUSE_MS) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const giveUp = () => {
        reject(new Error('the store does not answer'));
      };
      // Where drawing held up this thread, what has come meanwhile is read first.
      timer = setTimeout(() => setImmediate(giveUp), PATIENCE_MS[what]);
    });
    try {
      return await Promise.race([question(), late]);
    } catch {
      failed[what].set(this.#store, performance.now());
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

type Shared = NonNullable<ReturnType<typeof core.SharedAnswer.exact>>;

function answerOf(found: Shared | undefined): Answer | undefined {
  if (!found) return undefined;
  const { result: file, width, height, distance = null, created } = found;
  found.free();
  const result = new Blob([new Uint8Array(file)], { type: typeOf(file) });
  return { pictures: { result, width, height, thumbnail: new Blob() }, distance, created };
}

const typeOf = ([first]: Uint8Array): string =>
  first === 0x89 ? 'image/png' : first === 0xff ? 'image/jpeg' : 'image/webp';
