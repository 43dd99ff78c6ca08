import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { inTime } from '../../../timer.js';
import { PARTS, type Memo, type Part, type Parts } from './memo.js';

const DATABASE = 'nijigen-session';
const VERSION = 1;
/** How long the browser may think about which databases there are. */
const PATIENCE_MS = 2000;

/** What is stored of a photo beside its bytes; small, so that all are read at once. */
export interface Item {
  readonly id: string;
  /** The list that it is in. */
  readonly session: string;
  /** Its place in that list. */
  readonly order: number;
  readonly name: string;
  readonly type: string;
  readonly modified: number;
  /** When it was last changed or brought back, in ms since 1970. */
  readonly used: number;
  /** What its photo and pictures take. */
  readonly bytes: number;
  readonly memo: Memo;
}

interface Piece {
  readonly type: string;
  readonly data: Blob | ArrayBuffer;
}

interface Schema extends DBSchema {
  items: { key: string; value: Item; indexes: { session: string } };
  parts: { key: [string, Part]; value: Piece };
}

/** The lists of photos of all tabs, in the browser's database. */
export class SessionStore {
  /** WebKit's private windows store no Blobs; elsewhere they cost the page's thread less. */
  #asBytes = false;

  private constructor(readonly database: IDBPDatabase<Schema>) {}

  static async open(): Promise<SessionStore> {
    const database = await openDB<Schema>(DATABASE, VERSION, {
      upgrade(database) {
        database.createObjectStore('items', { keyPath: 'id' }).createIndex('session', 'session');
        database.createObjectStore('parts');
      },
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close();
      },
    });
    return new SessionStore(database);
  }

  /** Every photo of every list, in their order. */
  async all(): Promise<readonly Item[]> {
    const items = await this.database.getAll('items');
    return items.sort((a, b) => a.order - b.order);
  }

  /** What there is of a photo's files. */
  async parts(id: string): Promise<Parts> {
    const found = await Promise.all(
      PARTS.map(async (part) => [part, await this.#part(id, part).catch(() => undefined)] as const),
    );
    return Object.fromEntries(found.filter(([, blob]) => blob));
  }

  async #part(id: string, part: Part): Promise<Blob | undefined> {
    const piece = await this.database.get('parts', [id, part]);
    if (!piece) return undefined;
    const blob = new Blob([piece.data], { type: piece.type });
    // Browsers keep the bytes in a file beside the database, which may be gone: then this rejects.
    await blob.slice(0, 1).arrayBuffer();
    return blob;
  }

  /** Stores a photo's new state. With `change` only where it is still there: another tab may have removed it. */
  async put(item: Item, parts: Parts, change = false): Promise<void> {
    if (!this.#asBytes) {
      try {
        await this.#write(item, parts, change);
        return;
      } catch (error) {
        if (error instanceof DOMException && error.name === 'QuotaExceededError') throw error;
      }
    }
    const bytes = await Promise.all(
      Object.entries(parts).map(async ([part, blob]) => [part, await pieceOf(blob)] as const),
    );
    await this.#write(item, Object.fromEntries(bytes), change);
    this.#asBytes = true;
  }

  async #write(item: Item, parts: Partial<Record<Part, Blob | Piece>>, change: boolean): Promise<void> {
    const transaction = this.database.transaction(['items', 'parts'], 'readwrite');
    const [items, pieces] = [transaction.objectStore('items'), transaction.objectStore('parts')];
    try {
      if (!change || (await items.getKey(item.id)) !== undefined) {
        await items.put(item);
        for (const [part, data] of Object.entries(parts) as [Part, Blob | Piece][])
          await pieces.put('data' in data ? data : { type: data.type, data }, [item.id, part]);
      }
      await transaction.done;
    } catch (error) {
      // Else its rejection would be nobody's.
      await transaction.done.catch(() => undefined);
      throw error;
    }
  }

  /** Puts items into this list, where they are still there. */
  async move(items: readonly Item[]): Promise<void> {
    const { store, done } = this.database.transaction('items', 'readwrite');
    for (const item of items) if ((await store.getKey(item.id)) !== undefined) await store.put(item);
    await done;
  }

  async remove(ids: readonly string[]): Promise<void> {
    const transaction = this.database.transaction(['items', 'parts'], 'readwrite');
    const deletions = ids.flatMap((id) => [
      transaction.objectStore('items').delete(id),
      ...PARTS.map((part) => transaction.objectStore('parts').delete([id, part])),
    ]);
    await Promise.all([...deletions, transaction.done]);
  }

  async clear(): Promise<void> {
    const transaction = this.database.transaction(['items', 'parts'], 'readwrite');
    await Promise.all([
      transaction.objectStore('items').clear(),
      transaction.objectStore('parts').clear(),
      transaction.done,
    ]);
  }
}

/** Whether anything was ever stored; nothing is made to find out. Not every browser tells, or not in time. */
export async function exists(): Promise<boolean> {
  const listed = (indexedDB as Partial<IDBFactory>).databases?.();
  const databases = listed && (await inTime<IDBDatabaseInfo[] | undefined>(PATIENCE_MS, listed, undefined));
  return databases?.some(({ name }) => name === DATABASE) ?? true;
}

const pieceOf = async (blob: Blob): Promise<Piece> => ({ type: blob.type, data: await blob.arrayBuffer() });
