import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';

/** What a trial found. A GPU that failed, or drew another picture, is not asked again for a while. */
export type Finding = 'faster' | 'slower' | 'faulty';

/** Of a trial, and the tile that both drew, in pixels. */
export interface Verdict {
  readonly finding: Finding;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
  /** Longer side of the whole picture, where the generator has to know it. */
  readonly side: number;
}

interface Schema extends DBSchema {
  verdicts: { key: string; value: Verdict };
}

const NAME = 'nijigen-gpu';
/** Drivers change, and so does what else a machine does. */
const LASTING_MS = 14 * 24 * 3600 * 1000;

/** What `work` makes of the database, which is closed again whatever happens: else nobody could delete it. */
async function withDatabase<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
  const database = await openDB<Schema>(NAME, 1, {
    upgrade: (database) => {
      database.createObjectStore('verdicts');
    },
  });
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

/** Where nothing was ever found out there is no database, and none is made to look. */
const exists = async () => (await indexedDB.databases()).some(({ name }) => name === NAME);

/** What was found out on an earlier visit; nothing where nobody remembers. */
export async function recall(key: string): Promise<Verdict | undefined> {
  try {
    if (!(await exists())) return undefined;
    const verdict = await withDatabase((database) => database.get('verdicts', key));
    return verdict && verdict.at + LASTING_MS > Date.now() ? verdict : undefined;
  } catch {
    // Where nothing can be stored it is tried on every visit.
    return undefined;
  }
}

/** Keeps a verdict; those that count no longer go. */
export async function remember(key: string, verdict: Verdict): Promise<void> {
  try {
    await withDatabase(async (database) => {
      const transaction = database.transaction('verdicts', 'readwrite');
      for (let cursor = await transaction.store.openCursor(); cursor; cursor = await cursor.continue())
        if (cursor.value.at + LASTING_MS <= Date.now()) await cursor.delete();
      await transaction.store.put(verdict, key);
      await transaction.done;
    });
  } catch {
    // As above.
  }
}

/** Forgets a verdict. */
export async function unlearn(key: string): Promise<void> {
  try {
    if (await exists()) await withDatabase((database) => database.delete('verdicts', key));
  } catch {
    // As above.
  }
}

/** Forgets all that was found out. */
export async function forget(): Promise<void> {
  try {
    await deleteDB(NAME);
  } catch {
    // As above.
  }
}
