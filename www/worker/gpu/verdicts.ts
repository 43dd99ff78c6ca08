import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Visit } from '../../client/protocol.js';
import { core } from '../module.js';

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
  /** At how many visits before the one that noted something last. */
  readonly before: number;
  /** How much of that one is under way, or never ended. */
  readonly running: number;
  /** Of the largest tile among those. */
  readonly pixels: number;
  /** When that was noted, in milliseconds since 1970. */
  readonly at: number;
}

interface Schema extends DBSchema {
  verdicts: { key: string; value: Verdict };
  unfinished: { key: string; value: Unfinished };
}

const NAME = 'nijigen-gpu';
/** Drivers change, and so does what else a machine does. */
const LASTING_MS = 14 * 24 * 3600 * 1000;

/** What something is remembered by: names of people's own models stay out of it. */
export const lasting = (subject: string): string =>
  core.sha256(new TextEncoder().encode(`${VERSION} ${navigator.userAgent} ${subject}`)).join();

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

/** What `work` makes of what is remembered, if there is something. */
async function ifAny<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T | undefined> {
  try {
    return (await exists()) ? await withDatabase(work) : undefined;
  } catch {
    // Where nothing can be stored it is tried on every visit.
    return undefined;
  }
}

/** What was found out on an earlier visit; nothing where nobody remembers. */
export async function recall(key: string): Promise<Verdict | undefined> {
  const verdict = await ifAny((database) => database.get('verdicts', key));
  return verdict && verdict.at + LASTING_MS > Date.now() ? verdict : undefined;
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
  await ifAny((database) => database.delete('verdicts', key));
}

function visitsBefore({ before, running, at }: Unfinished, { since, left }: Visit): number {
  if (at + LASTING_MS <= Date.now()) return 0;
  return before + Number(running > 0 && at < since && at > left);
}

/** At how many visits before this one something on the GPU did not end, of the generator with which it was most often so. */
export async function unfinished(visit: Visit): Promise<number> {
  const all = await ifAny((database) => database.getAll('unfinished'));
  return Math.max(0, ...(all ?? []).map((found) => visitsBefore(found, visit)));
}

/** One thing more, or less, is under way on the GPU, with tiles of so many pixels. */
export async function note(key: string, visit: Visit, pixels: number, more: 1 | -1): Promise<void> {
  try {
    if (more < 0 && !(await exists())) return;
    await withDatabase(async (database) => {
      const transaction = database.transaction('unfinished', 'readwrite');
      const found = await transaction.store.get(key);
      if (found ?? more > 0) {
        const before = found ? visitsBefore(found, visit) : 0;
        const now = found && found.at >= visit.since ? found.running : 0;
        const most = found && (before > 0 || now > 0) ? Math.max(found.pixels, pixels) : pixels;
        await transaction.store.put({ before, running: Math.max(now + more, 0), pixels: most, at: Date.now() }, key);
      }
      await transaction.done;
    });
  } catch {
    // As above.
  }
}

/** A tile of so many pixels was drawn, and the page is still there: what was no larger is no longer held against the GPU. */
export async function absolve(key: string, pixels: number): Promise<void> {
  await ifAny(async (database) => {
    const transaction = database.transaction('unfinished', 'readwrite');
    const found = await transaction.store.get(key);
    if (found && found.pixels <= pixels) await transaction.store.delete(key);
    await transaction.done;
  });
}

/** Forgets all that was found out. */
export async function forget(): Promise<void> {
  try {
    await deleteDB(NAME);
  } catch {
    // As above.
  }
}
