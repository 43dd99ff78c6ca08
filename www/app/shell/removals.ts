import type { CacheControl } from '../../client/index.js';
import { forget, keysRemembered, remember, remembered } from './remember.js';

/** Each has a key and a Web Lock of its own, so that pages at work at once never undo what the other one wrote. */
const KEY = 'nijigen.removed.';
/** Where there are no locks, on insecure origins, a removal of this age counts as left behind. */
const LEFT_BEHIND_MS = 10 * 60 * 1000;

/**
 * Kept pictures that a person has deleted and may still take back. They are remembered, so that closing the page in the
 * meantime keeps none of them: the next page carries them out.
 */
export class Removals {
  /** Those of this page: whether all pages know, and what ends the lock. */
  readonly #own = new Map<string, { readonly known: boolean; readonly free: () => void }>();

  /** Whether this page or another one has deleted it. */
  has(id: string): boolean {
    return this.#own.get(id)?.known === false || remembered(KEY + id) !== null;
  }

  add(id: string): void {
    const known = remember(KEY + id, String(Date.now()));
    this.#own.set(id, { known, free: hold(KEY + id) });
  }

  takeBack(id: string): void {
    // Before the lock is free: whoever gets it looks again.
    forget(KEY + id);
    this.#own.get(id)?.free();
    this.#own.delete(id);
  }

  /** Removes for good what this page has deleted: these, or all. */
  async carryOut(cache: CacheControl, ids: readonly string[] = [...this.#own.keys()]): Promise<void> {
    // Another page may have cleared all since, and the same picture may have been made anew.
    const standing = ids.filter((id) => this.has(id));
    if (standing.length > 0) await cache.delete(...standing);
    for (const id of ids) this.takeBack(id);
  }

  /** The same for pages that are gone, where nobody can take it back any more. */
  async carryOutLeft(cache: CacheControl): Promise<void> {
    for (const key of keysRemembered(KEY)) {
      await unlessHeld(key, async () => {
        if (remembered(key) === null) return;
        await cache.delete(key.slice(KEY.length));
        forget(key);
      });
    }
  }

  /** After all pictures are gone: one that is made anew must not be taken for one that was deleted. */
  forgetAll(): void {
    for (const key of keysRemembered(KEY)) this.takeBack(key.slice(KEY.length));
    for (const id of this.#own.keys()) this.takeBack(id);
  }
}

/** Takes a lock that the browser frees when the page is gone. Gives what frees it before. */
function hold(name: string): () => void {
  let free: () => void = () => undefined;
  const freed = new Promise<void>((resolve) => {
    free = resolve;
  });
  const { locks } = navigator as Partial<Navigator>;
  locks?.request(name, () => freed).catch(() => undefined);
  return free;
}

async function unlessHeld(key: string, task: () => Promise<void>): Promise<void> {
  const { locks } = navigator as Partial<Navigator>;
  if (!locks) {
    // Either sign: the clock may have been set back.
    if (Math.abs(Date.now() - Number(remembered(key))) > LEFT_BEHIND_MS) await task();
    return;
  }
  await locks.request(key, { ifAvailable: true }, async (lock) => {
    if (lock) await task();
  });
}
