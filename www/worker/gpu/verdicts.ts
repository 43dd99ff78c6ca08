import { openDB, type DBSchema } from 'idb';

/** Of a trial: whether the GPU was the faster one, and the tile that both drew, in pixels. */
export interface Verdict {
  readonly faster: boolean;
  readonly width: number;
  readonly height: number;
  /** Longer side of the whole picture. */
  readonly side: number;
}

interface Schema extends DBSchema {
  verdicts: { key: string; value: Verdict };
}

const NAME = 'nijigen-gpu';

const open = () =>
  openDB<Schema>(NAME, 1, {
    upgrade: (database) => {
      database.createObjectStore('verdicts');
    },
  });

/** What was found out on an earlier visit; nothing where nobody remembers. */
export async function recall(key: string): Promise<Verdict | undefined> {
  try {
    const database = await open();
    const verdict = await database.get('verdicts', key);
    database.close();
    return verdict;
  } catch {
    // Where nothing can be stored it is tried on every visit.
    return undefined;
  }
}

export async function remember(key: string, verdict: Verdict): Promise<void> {
  try {
    const database = await open();
    await database.put('verdicts', verdict, key);
    database.close();
  } catch {
    // As above.
  }
}
