import { limits, settings } from '../../shell/settings.js';
import { abandoned, claim, claimed, unlessClaimed } from './identity.js';
import { memoOf, PARTS, recalled, type Parts, type Remembered } from './memo.js';
import { exists, SessionStore, type Item } from './store.js';

/** The share of what the browser grants that all lists may take, as for kept pictures, and the most that is of use. */
const SHARE = 0.2;
const MOST_BYTES = 2 ** 30;

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
 * pictures are, and only where keeping is on. What cannot be stored is there until the page is gone.
 */
class Session {
  #opening: Promise<SessionStore> | undefined;
  /** Stored by this page, or on its way. */
  readonly #known = new Map<string, Known>();
  /** The photos' places in the list, also of those that are off it for now. */
  readonly #places = new Map<string, number>();
  #order = 0;
  /** Everything is written one after another, so that a photo is there before what became of it. */
  #last: Promise<unknown> = Promise.resolve();

  /** What this tab's list was. What is too old goes, whoever's it is. */
  async restore(): Promise<Restored> {
    return this.#queue(async () => {
      // Before anything else, or another page would take this one for gone.
      const own = claimed() ? await claim() : undefined;
      if (!(await exists())) return NOTHING;
      const store = await this.#open();
      // The page in which that was switched off may have gone before it was done.
      if (!settings().keep) {
        await store.clear();
        return NOTHING;
      }
      const all = await store.all();
      const { maxAge = Infinity } = limits();
      const old = all.filter(({ used }) => Date.now() - used > maxAge);
      if (old.length > 0) await store.remove(old.map(({ id }) => id));
      const mine = all.filter((item) => item.session === own && !old.includes(item));
      return this.#take(store, mine);
    }, NOTHING);
  }

  /** How many photos there are in lists whose pages are gone. */
  async left(): Promise<number> {
    return this.#queue(async () => ((await exists()) ? (await this.#abandoned(await this.#open())).length : 0), 0);
  }

  /** Takes those over into this tab's list. */
  async adopt(): Promise<Restored> {
    return this.#queue(async () => {
      const store = await this.#open();
      const own = await claim();
      const taken: Item[] = [];
      await this.#eachAbandoned(store, async (items) => {
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
      await this.#eachAbandoned(store, (items) => store.remove(items.map(({ id }) => id)));
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
      const item = { id, session: await claim(), order, name, type, modified, bytes: bytesOf(all) };
      const fits = await this.#hasRoom(store, item.bytes);
      // One that has no room is at least missed.
      await store.put({ ...item, bytes: fits ? item.bytes : 0, used: Date.now(), memo }, fits ? all : {});
      if (fits) this.#known.set(id, { item, parts: all });
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
    return settings().keep && ids.every((id) => this.#known.has(id));
  }

  /** Leaves nothing of any list in the database. */
  async clear(): Promise<void> {
    await this.#queue(async () => {
      this.#known.clear();
      if (await exists()) await (await this.#open()).clear();
    }, undefined);
  }

  /** Another page has deleted all that is kept: what this list has stored does not outlive the page. */
  async forget(): Promise<void> {
    await this.#queue(async () => {
      const ids = [...this.#known.keys()];
      this.#known.clear();
      // What was on its way may have been stored since.
      if (ids.length > 0) await (await this.#open()).remove(ids);
    }, undefined);
  }

  #next(): number {
    return (this.#order = Math.max(this.#order + 1, Date.now()));
  }

  async #take(store: SessionStore, items: readonly Item[]): Promise<Restored> {
    const photos: (Remembered & { readonly id: string })[] = [];
    for (const { memo, used: _, ...item } of items) {
      this.#order = Math.max(this.#order, item.order);
      this.#places.set(item.id, item.order);
      const parts = await partsOf(store, item.id);
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

  async #abandoned(store: SessionStore): Promise<readonly Item[]> {
    const all = await store.all();
    const sessions = await abandoned([...new Set(all.map(({ session }) => session))]);
    return all.filter(({ session }) => sessions.includes(session));
  }

  async #eachAbandoned(store: SessionStore, task: (items: readonly Item[]) => Promise<void>): Promise<void> {
    for (const session of new Set((await this.#abandoned(store)).map(({ session }) => session)))
      await unlessClaimed(session, async () => task((await store.all()).filter((item) => item.session === session)));
  }

  /** Makes room by removing what pages that are gone have left, the oldest first. */
  async #hasRoom(store: SessionStore, bytes: number): Promise<boolean> {
    const granted: StorageEstimate | undefined = await (navigator as Partial<Navigator>).storage
      ?.estimate()
      .catch(() => ({}));
    const most = Math.min(MOST_BYTES, (granted?.quota ?? Infinity) * SHARE);
    let over = sumOf(await store.all()) + bytes - most;
    if (over <= 0) return true;
    const removed = [];
    for (const item of [...(await this.#abandoned(store))].sort((a, b) => a.used - b.used)) {
      if (over <= 0) break;
      removed.push(item.id);
      over -= item.bytes;
    }
    await store.remove(removed);
    return over <= 0;
  }

  #open(): Promise<SessionStore> {
    return (this.#opening ??= SessionStore.open());
  }

  /** Without a database, or where it refuses, there is only the page: `otherwise`. */
  #queue<T>(task: () => Promise<T>, otherwise: T): Promise<T> {
    const done = this.#last.then(task).catch(() => {
      // It is opened again when it is needed next.
      this.#opening = undefined;
      return otherwise;
    });
    this.#last = done;
    return done;
  }
}

const NOTHING: Restored = { photos: [], lost: 0 };

const bytesOf = (parts: Parts): number => Object.values(parts).reduce((sum, { size }) => sum + size, 0);
const sumOf = (items: readonly Item[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0);

async function partsOf(store: SessionStore, id: string): Promise<Parts> {
  const found = await Promise.all(
    PARTS.map(async (part) => [part, await store.part(id, part).catch(() => undefined)] as const),
  );
  return Object.fromEntries(found.filter(([, blob]) => blob));
}

let session: Session | undefined;

/** This page's list, as it is stored. */
export const theSession = (): Session => (session ??= new Session());
