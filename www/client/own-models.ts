import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { sha256 } from '../sha256.js';
import { inTime } from '../timer.js';
import { isFile } from './brand.js';
import { NijigenError } from './error.js';
import type { ModelEntry, ModelRange, OwnGenerator } from './protocol.js';

const DATABASE = 'nijigen-models';
const VERSION = 1;
/** How long the database may keep whoever wants a converter waiting, who may have no model there. */
const PATIENCE_MS = 5000;

/** What is said of a model of your own when it is added. */
export interface ModelMeta {
  /** What people call it; its id is made from it. */
  readonly name: string;
  /** The values that stand for black and white in what it takes and gives; without it they are found out. */
  readonly range?: ModelRange;
  /** SPDX expression of its licence, for your own information. */
  readonly licence?: string;
}

interface Kept {
  readonly id: string;
  readonly entry: ModelEntry;
  readonly file: Blob;
  readonly range?: ModelRange;
}

/** As bytes: WebKit's private windows store no Blobs. */
type Stored = Omit<Kept, 'file'> & { readonly bytes: ArrayBuffer };

interface Schema extends DBSchema {
  /** Older versions stored a Blob. */
  models: { key: string; value: Stored | Kept };
}

const restored = (stored: Stored | Kept): Kept => {
  if ('file' in stored) return stored;
  const { bytes, ...rest } = stored;
  return { ...rest, file: new Blob([bytes]) };
};

/**
 * Models that were added: in the browser's database where there is one, else as long as the converter.
 * @internal
 */
export class OwnModels {
  readonly #kept = new Map<string, Kept>();
  #database: Promise<IDBPDatabase<Schema>> | undefined;
  #closed = false;

  /** With what is there; what comes late is there from then on. A database is made only when something is added. */
  static async open(): Promise<OwnModels> {
    const models = new OwnModels();
    await inTime(PATIENCE_MS, models.#read(), undefined);
    return models;
  }

  async #read(): Promise<void> {
    try {
      // Not every browser tells which there are.
      const databases = await (indexedDB as Partial<IDBFactory>).databases?.();
      if (databases && !databases.some(({ name }) => name === DATABASE)) return;
      const all = await (await this.#open()).getAll('models');
      if (!this.#closed) for (const kept of all) this.#kept.set(kept.id, restored(kept));
    } catch {
      // Private browsing, or a place without a database.
    }
  }

  get entries(): readonly ModelEntry[] {
    return Array.from(this.#kept.values(), ({ entry }) => entry);
  }

  find(id: string): OwnGenerator | undefined {
    const kept = this.#kept.get(id);
    return kept && { name: id, file: kept.file, ...(kept.range && { range: kept.range }) };
  }

  /** Keeps a model that is known to work; gives its id, which is none of `taken`. */
  async add(file: Blob, { name, range, licence = 'unknown' }: ModelMeta, taken: readonly string[]): Promise<string> {
    const bytes = await file.arrayBuffer();
    const sum = await checksum(bytes);
    const keptAs = (id: string): Kept => {
      const entry: ModelEntry = {
        id,
        style: id,
        name,
        own: true,
        tier: 'fine',
        file: isFile(file) ? file.name : `${id}.onnx`,
        bytes: file.size,
        sha256: sum,
        // Nothing tells how far a stranger's model sees.
        receptive_field: 'global',
        licence,
        version: 'unknown',
      };
      return { id, entry, file, ...(range && { range }) };
    };
    const known = () => [...taken, ...this.#kept.keys()];
    const stored = this.#open().then(async (database) => {
      const { store, done } = database.transaction('models', 'readwrite');
      // Another page may have added one of this name.
      const chosen = keptAs(unique(name, [...known(), ...(await store.getAllKeys())]));
      const { file: _, ...rest } = chosen;
      await Promise.all([store.add({ ...rest, bytes }), done]);
      return chosen;
    });
    const kept = await stored.catch((error: unknown) => {
      if (this.#closed) throw error;
      const chosen = keptAs(unique(name, known()));
      return { ...chosen, entry: { ...chosen.entry, fleeting: true as const } };
    });
    this.#kept.set(kept.id, kept);
    return kept.id;
  }

  async rename(id: string, name: string): Promise<void> {
    const kept = this.#kept.get(id);
    if (!kept) return;
    const renamed = { ...kept, entry: { ...kept.entry, name } };
    const there = await this.#store(kept, async (database) => {
      const { store, done } = database.transaction('models', 'readwrite');
      const stored = await store.get(id);
      await Promise.all([stored && store.put({ ...stored, entry: renamed.entry }), done]);
      return stored !== undefined;
    });
    // Another page may have removed it.
    if (there ?? true) this.#kept.set(id, renamed);
    else this.#kept.delete(id);
  }

  async remove(id: string): Promise<void> {
    const kept = this.#kept.get(id);
    if (!kept) return;
    await this.#store(kept, (database) => database.delete('models', id));
    this.#kept.delete(id);
  }

  close(): void {
    this.#closed = true;
    this.#forget();
    this.#kept.clear();
  }

  /** Changes what is stored of a model, if anything is. */
  async #store<T>({ entry }: Kept, change: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T | undefined> {
    if (entry.fleeting) return undefined;
    try {
      return await change(await this.#open());
    } catch (cause) {
      throw new NijigenError('internal', `the browser did not store the change: ${String(cause)}`, { cause });
    }
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    if (this.#closed) throw new NijigenError('cancelled', 'the converter was disposed of');
    const opened = (this.#database ??= openDB<Schema>(DATABASE, VERSION, {
      upgrade(database) {
        database.createObjectStore('models', { keyPath: 'id' });
      },
      blocking: () => {
        this.#forget();
      },
      terminated: () => {
        this.#forget();
      },
    }));
    try {
      return await opened;
    } catch (error) {
      this.#database = undefined;
      throw error;
    }
  }

  /** Somebody deletes or changes the database: it must not wait for this page, which opens it again when needed. */
  #forget(): void {
    this.#database
      ?.then((database) => {
        database.close();
      })
      .catch(() => undefined);
    this.#database = undefined;
  }
}

/** A name as a style's: lower-case words with dashes, numbered where it is taken. */
function unique(name: string, taken: readonly string[]): string {
  const words = name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['model'];
  const id = words.join('-');
  for (let count = 1; ; count++) {
    const tried = count === 1 ? id : `${id}-${count}`;
    if (!taken.includes(tried)) return tried;
  }
}

/** Empty on insecure origins, which have no digests. */
const checksum = async (bytes: ArrayBuffer): Promise<string> =>
  (crypto as Partial<Crypto>).subtle ? sha256(bytes) : '';
