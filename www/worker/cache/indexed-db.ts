import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Pictures, Store, Stored } from './store.js';

interface Schema extends DBSchema {
  /** Small, all read at the start. */
  records: { key: string; value: Stored };
  /** Read one at a time. */
  pictures: { key: string; value: Pictures & { readonly id: string } };
}

const VERSION = 1;

/** Entries that outlive the page, shared by all tabs. */
export class IndexedDbStore implements Store {
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  /**
   * Rejects where there is no database to be had, as in private browsing; waits while an older tab blocks an upgrade.
   * `onLost` is called when it is gone: somebody deletes it, or the browser cleared the site's data.
   */
  static async open(name: string, onLost: () => void): Promise<IndexedDbStore> {
    const database = await openDB<Schema>(name, VERSION, {
      upgrade(database) {
        database.createObjectStore('records', { keyPath: 'id' });
        database.createObjectStore('pictures', { keyPath: 'id' });
      },
      blocking(_current, _blocked, event) {
        // Somebody deletes it, or a newer version of the site wants to change the schema: they must not wait for this tab.
        (event.target as IDBDatabase).close();
        onLost();
      },
      terminated: onLost,
    });
    return new IndexedDbStore(database);
  }

  async load(): Promise<Stored[]> {
    const transaction = this.#database.transaction(['records', 'pictures'], 'readwrite');
    const [records, names] = await Promise.all([
      transaction.objectStore('records').getAll(),
      transaction.objectStore('pictures').getAllKeys(),
    ]);
    // Both are always written together; whatever came apart is of no use, nor what another program wrote there.
    const whole = new Set(names);
    const isSound = ({ id, record }: Record<keyof Stored, unknown>) =>
      typeof id === 'string' && typeof record === 'string' && whole.has(id);
    const sound = records.filter(isSound);
    const known = new Set(sound.map(({ id }) => id));
    for (const { id } of records) if (!known.has(id)) void transaction.objectStore('records').delete(id);
    for (const id of names) if (!known.has(id)) void transaction.objectStore('pictures').delete(id);
    await transaction.done;
    return sound;
  }

  async read(id: string): Promise<Pictures | undefined> {
    const pictures = await this.#database.get('pictures', id);
    // What another program wrote there, or a version of long ago, is no picture.
    if (!(pictures?.result instanceof Blob && pictures.width > 0 && pictures.height > 0)) return undefined;
    // Browsers keep the bytes in a file beside the database, which may be gone: then this rejects.
    await pictures.result.slice(0, 1).arrayBuffer();
    return pictures;
  }

  async write(entry: Stored, pictures: Pictures): Promise<void> {
    const transaction = this.#database.transaction(['records', 'pictures'], 'readwrite');
    await Promise.all([
      transaction.objectStore('records').put(entry),
      transaction.objectStore('pictures').put({ ...pictures, id: entry.id }),
      transaction.done,
    ]);
  }

  async touch(entry: Stored): Promise<void> {
    const transaction = this.#database.transaction('records', 'readwrite');
    if (await transaction.store.getKey(entry.id)) await transaction.store.put(entry);
    await transaction.done;
  }

  async remove(ids: readonly string[]): Promise<void> {
    const transaction = this.#database.transaction(['records', 'pictures'], 'readwrite');
    const deletions = ids.flatMap((id) => [
      transaction.objectStore('records').delete(id),
      transaction.objectStore('pictures').delete(id),
    ]);
    await Promise.all([...deletions, transaction.done]);
  }

  async clear(): Promise<void> {
    const transaction = this.#database.transaction(['records', 'pictures'], 'readwrite');
    await Promise.all([
      transaction.objectStore('records').clear(),
      transaction.objectStore('pictures').clear(),
      transaction.done,
    ]);
  }
}
