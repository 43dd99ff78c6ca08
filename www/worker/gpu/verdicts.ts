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

/** What began on the GPU and never ended, because the page was gone first. */
interface Unfinished {
  /** At how many visits in a row, before the one that last noted something here. */
  readonly before: number;
  /** Whether something of that one is under way, or never ended. */
  readonly running: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Schema extends DBSchema {
  verdicts: { key: string; value: Verdict };
  unfinished: { key: string; value: Unfinished };
}

const NAME = 'nijigen-gpu';
/** Drivers change, and so does what else a machine does. */
const LASTING_MS = 14 * 24 * 3600 * 1000;

/** What `work` makes of the database, which is closed again whatever happens: else nobody could delete it. */
async function withDatabase<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
  const database = await openDB<Schema>(NAME, 2, {
    upgrade: (database, before) => {
      if (before < 1) database.createObjectStore('verdicts');
      database.createObjectStore('unfinished');
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

const RUN = 'run';

const visitsBefore = (found: Unfinished | undefined, since: number): number => {
  if (!found || found.at + LASTING_MS <= Date.now()) return 0;
  return found.before + Number(found.running && found.at < since);
};

/** At how many visits before the one that began at `since` something on the GPU did not end, in a row. */
export async function unfinished(since: number): Promise<number> {
  try {
    if (!(await exists())) return 0;
    return visitsBefore(await withDatabase((database) => database.get('unfinished', RUN)), since);
  } catch {
    // As above.
    return 0;
  }
}

/** Something begins or ends on the GPU, at the visit that began at `since`. */
export async function note(since: number, running: boolean): Promise<void> {
  try {
    await withDatabase(async (database) => {
      const transaction = database.transaction('unfinished', 'readwrite');
      const before = visitsBefore(await transaction.store.get(RUN), since);
      await transaction.store.put({ before, running, at: Date.now() }, RUN);
      await transaction.done;
    });
  } catch {
    // As above.
  }
}

/** A picture was drawn, and the page is still there: what did not end before is no longer held against the GPU. */
export async function absolve(): Promise<void> {
  try {
    if (await exists()) await withDatabase((database) => database.delete('unfinished', RUN));
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
