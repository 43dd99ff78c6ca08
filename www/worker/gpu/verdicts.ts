import { openDB, type DBSchema } from 'idb';

interface Schema extends DBSchema {
  verdicts: { key: string; value: boolean };
}

const NAME = 'nijigen-gpu';

async function store() {
  return openDB<Schema>(NAME, 1, {
    upgrade: (database) => {
      database.createObjectStore('verdicts');
    },
  });
}

/** Whether the GPU was the better one when it was tried, on an earlier visit; nothing where nobody remembers. */
export async function recall(key: string): Promise<boolean | undefined> {
  try {
    const database = await store();
    const verdict = await database.get('verdicts', key);
    database.close();
    return verdict;
  } catch {
    // Where nothing can be stored it is tried on every visit.
    return undefined;
  }
}

export async function remember(key: string, verdict: boolean): Promise<void> {
  try {
    const database = await store();
    await database.put('verdicts', verdict, key);
    database.close();
  } catch {
    // As above.
  }
}
