import { deleteDB, openDB, type DBSchema } from 'idb';

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

const open = () =>
  openDB<Schema>(NAME, 1, {
    upgrade: (database) => {
      database.createObjectStore('verdicts');
    },
  });

/** What was found out on an earlier visit; nothing where nobody remembers. */
export async function recall(key: string): Promise<Verdict | undefined> {
  try {
    // Where nothing was ever found out there is no database, and none is made to look.
    if (!(await indexedDB.databases()).some(({ name }) => name === NAME)) return undefined;
    const database = await open();
    const verdict = await database.get('verdicts', key);
    database.close();
    return verdict && verdict.at + LASTING_MS > Date.now() ? verdict : undefined;
  } catch {
    // Where nothing can be stored it is tried on every visit.
    return undefined;
  }
}

/** Keeps a verdict; those that count no longer go. */
export async function remember(key: string, verdict: Verdict): Promise<void> {
  try {
    const database = await open();
    const transaction = database.transaction('verdicts', 'readwrite');
    for (let cursor = await transaction.store.openCursor(); cursor; cursor = await cursor.continue())
      if (cursor.value.at + LASTING_MS <= Date.now()) await cursor.delete();
    await transaction.store.put(verdict, key);
    await transaction.done;
    database.close();
  } catch {
    // As above.
  }
}

/** Forgets what was found out. */
export async function forget(): Promise<void> {
  try {
    await deleteDB(NAME);
  } catch {
    // Where nothing can be stored nothing is.
  }
}
