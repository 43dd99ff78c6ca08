import { limits, settings } from '../../shell/settings.js';
import { claim, claimed, discarded, markDiscarded, clearDiscarded } from './identity.js';
import { eachAbandoned, abandonedIn, makeRoom } from './abandoned.js';
import { memoOf, recalled, type Parts, type Remembered } from './memo.js';
import { exists, SessionStore, type Item } from './store.js';

/** What of a photo in the list is to be found again. */
export type Noted = Parameters<typeof memoOf>;

interface Known {
  readonly item: Omit<Item, 'used' | 'memo'>;
  /** What is stored of it. */
  readonly parts: Parts;
}

export interface Restored {
  readonly photos: readonly (Remembered & { readonly id: string })[];
  /** Photos that were in the list and whose bytes are gone, or never had room. */
  readonly lost: number;
}

/**
 * The list of photos of this tab, kept in the browser's database so that it outlives a reload or a crash: as long as kept
 * pictures are, and only where keeping is on. What cannot be stored is there until the page is gone. Lists that were left
 * before keeping was off stay until somebody deletes them: photos of a camera are nowhere else.
 */
class Session {
  #opening: Promise<SessionStore> | undefined;
  /** Stored by this page, or on its way. */
  readonly #known = new Map<string, Known>();
  /** The photos' places in the list, also of those that are off it for now. */
  readonly #places = new Map<string, number>();
  #order = 0;
  readonly #listeners = new Set<() => void>();
  /** Everything is written one after another, so that a photo is there before what became of it. */
  #last: Promise<unknown> = Promise.resolve();

  /** What this tab's list was. What is too old goes, whoever's it is. */
  async restore(): Promise<Restored> {
    return this.#queue(async () => {
      // Before anything else, or another page would take this one for gone.
      const own = claimed() ? await claim() : undefined;
      if (!(await exists())) return NOTHING;
      const store = await this.#open();
      const all = await store.all();
      const { maxAge = Infinity } = limits();
      const unwanted = discarded();
      const over = all.filter(({ used, session }) => Date.now() - used > maxAge || unwanted.includes(session));
      if (over.length > 0) await store.remove(over.map(({ id }) => id));
      clearDiscarded(unwanted);
      const mine = all.filter((item) => item.session === own && !over.includes(item));
      return this.#take(store, mine);
    }, NOTHING);
  }

  /** How many photos there are in lists whose pages are gone. */
  async left(): Promise<number> {
    return this.#queue(async () => ((await exists()) ? (await abandonedIn(await this.#open())).length : 0), 0);
  }

  /** Called when there may be fewer, until `over` is aborted. */
  onLeft(listener: () => void, over: AbortSignal): void {
    this.#listeners.add(listener);
    over.addEventListener('abort', () => this.#listeners.delete(listener));
  }

  /** Takes those over into this tab's list. */
  async adopt(): Promise<Restored> {
    const taken: Item[] = [];
    return this.#queue(async () => {
      const store = await this.#open();
      const own = await claim();
      await eachAbandoned(store, async (items) => {
        const moved = items.map((item) => ({ ...item, session: own, used: Date.now(), order: this.#next() }));
        await store.move(moved);
        taken.push(...moved);
      });
      return this.#take(store, taken);
    }, NOTHING);
  }

  /** Removes those. */
  async dismiss(): Promise<void> {
    await this.#queue(async () => {
      const store = await this.#open();
      await eachAbandoned(store, (items) => store.remove(items.map(({ id }) => id)));
    }, undefined);
  }

  /** Stores a photo that has come into the list; gives its name. */
  add(file: File, noted: Noted): string {
    const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    this.#places.set(id, this.#next());
    void this.put(id, file, noted);
    return id;
  }

  /** The same again under its name, as when it is put back into the list. */
  async put(id: string, file: File, noted: Noted): Promise<void> {
    if (!settings().keep) return;
    await this.#queue(async () => {
      const store = await this.#open();
      const { memo, parts } = memoOf(...noted);
      const { name, type, lastModified: modified } = file;
      const all = { ...parts, photo: file };
      const order = this.#places.get(id) ?? this.#next();
      const session = await claim();
      clearDiscarded([session]);
      const item = { id, session, order, name, type, modified, bytes: bytesOf(all) };
      const used = Date.now();
      // A disk may have less room than the browser grants.
      const fits = (await this.#hasRoom(store, item.bytes)) && (await came(store.put({ ...item, used, memo }, all)));
      if (fits) this.#known.set(id, { item, parts: all });
      // One that has no room is at least missed.
      else await store.put({ ...item, bytes: 0, used, memo }, {});
    }, undefined);
  }

  /** What has become of a photo. */
  async note(id: string, noted: Noted): Promise<void> {
    if (!settings().keep) return;
    await this.#queue(async () => {
      const known = this.#known.get(id);
      if (!known) return;
      const { memo, parts } = memoOf(...noted);
      const changed = Object.fromEntries(
        Object.entries(parts).filter(([part, blob]) => known.parts[part as keyof Parts] !== blob),
      );
      const all = { ...known.parts, ...changed };
      const item = { ...known.item, bytes: bytesOf(all) };
      const store = await this.#open();
      // Without room the photo comes back as it was, and is drawn again.
      if (item.bytes > known.item.bytes && !(await this.#hasRoom(store, item.bytes - known.item.bytes))) return;
      await store.put({ ...item, used: Date.now(), memo }, changed, true);
      this.#known.set(id, { item, parts: all });
    }, undefined);
  }

  /** These are off the list. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.#queue(async () => {
      for (const id of ids) this.#known.delete(id);
      await (await this.#open()).remove(ids);
    }, undefined);
  }

  /** Whether photos of these names come back when the page is loaded anew. */
  holds(ids: readonly string[]): boolean {
    return ids.every((id) => this.#known.has(id));
  }

  /** Leaves nothing of any list in the database. */
  async clear(): Promise<void> {
    await this.#queue(async () => {
      this.#known.clear();
      if (await exists()) await (await this.#open()).clear();
    }, undefined);
    this.#tellLeft();
  }

  /** This list is not to outlive the page, though what is stored of others may: all of it goes, or with the next visit. */
  async forget(): Promise<void> {
    markDiscarded();
    await this.#queue(async () => {
      this.#known.clear();
      if (!claimed()) return;
      const own = await claim();
      if (await exists()) {
        const store = await this.#open();
        await store.remove((await store.all()).filter(({ session }) => session === own).map(({ id }) => id));
      }
      clearDiscarded([own]);
    }, undefined);
  }

  #tellLeft(): void {
    for (const listener of this.#listeners) listener();
  }

  #next(): number {
    return (this.#order = Math.max(this.#order + 1, Date.now()));
  }

  async #take(store: SessionStore, items: readonly Item[]): Promise<Restored> {
    const photos: (Remembered & { readonly id: string })[] = [];
    for (const { memo, used: _, ...item } of items) {
      this.#order = Math.max(this.#order, item.order);
      this.#places.set(item.id, item.order);
      const parts = await store.parts(item.id);
      if (!parts.photo) continue;
      const { name, type, modified: lastModified } = item;
      const file = new File([parts.photo], name, { type, lastModified });
      this.#known.set(item.id, { item, parts: { ...parts, photo: file } });
      photos.push({ ...recalled({ memo, file, parts }), id: item.id });
    }
    const gone = items.filter(({ id }) => !this.#known.has(id)).map(({ id }) => id);
    if (gone.length > 0) await store.remove(gone);
    return { photos, lost: gone.length };
  }

  async #hasRoom(store: SessionStore, bytes: number): Promise<boolean> {
    const { fits, removed } = await makeRoom(store, bytes);
    if (removed > 0) this.#tellLeft();
    return fits;
  }

  #open(): Promise<SessionStore> {
    return (this.#opening ??= SessionStore.open());
  }

  /** Without a database, or where it refuses, there is only the page: `otherwise`. */
  #queue<T>(task: () => Promise<T>, otherwise: T): Promise<T> {
    const closed = () => {
      this.#opening = undefined;
    };
    // A browser may have closed the database meanwhile.
    const again = (error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
      closed();
      return task();
    };
    const done = this.#last
      .then(task)
      .catch(again)
      .catch(() => {
        closed();
        return otherwise;
      });
    this.#last = done;
    return done;
  }
}

const NOTHING: Restored = { photos: [], lost: 0 };

const bytesOf = (parts: Parts): number => Object.values(parts).reduce((sum, { size }) => sum + size, 0);
const came = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

let session: Session | undefined;

/** This page's list, as it is stored. */
export const theSession = (): Session => (session ??= new Session());
