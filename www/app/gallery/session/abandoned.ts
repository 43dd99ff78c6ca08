import { abandoned, unlessClaimed } from './identity.js';
import type { Item, SessionStore } from './store.js';

/** The share of what the browser grants that all lists may take, as for kept pictures, and the most that is of use. */
const SHARE = 0.2;
const MOST_BYTES = 2 ** 30;

/** The photos in lists whose pages are gone. */
export async function abandonedIn(store: SessionStore): Promise<readonly Item[]> {
  const all = await store.all();
  const sessions = await abandoned([...new Set(all.map(({ session }) => session))]);
  return all.filter(({ session }) => sessions.includes(session));
}

/** Does something with each of those lists, unless its page is there again. */
export async function eachAbandoned(
  store: SessionStore,
  task: (items: readonly Item[]) => Promise<void>,
): Promise<void> {
  for (const session of new Set((await abandonedIn(store)).map(({ session }) => session)))
    await unlessClaimed(session, async () => task((await store.all()).filter((item) => item.session === session)));
}

/** Makes room by removing what those pages have left, the oldest first; says whether there is, and what went for it. */
export async function makeRoom(store: SessionStore, bytes: number): Promise<{ fits: boolean; removed: number }> {
  const granted: StorageEstimate | undefined = await (navigator as Partial<Navigator>).storage
    ?.estimate()
    .catch(() => ({}));
  const most = Math.min(MOST_BYTES, (granted?.quota ?? Infinity) * SHARE);
  let over = sumOf(await store.all()) + bytes - most;
  const removed: string[] = [];
  if (over > 0)
    for (const item of [...(await abandonedIn(store))].sort((a, b) => a.used - b.used)) {
      if (over <= 0) break;
      removed.push(item.id);
      over -= item.bytes;
    }
  if (removed.length > 0) await store.remove(removed);
  return { fits: over <= 0, removed: removed.length };
}

const sumOf = (items: readonly Item[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0);
