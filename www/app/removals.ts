import type { CacheControl } from '../client/index.js';
import { remember, remembered } from './memory.js';

const KEY = 'nijigen.removed';

/**
 * Kept pictures that a person has deleted and may still take back. They are remembered, so that closing the page in the
 * meantime keeps none of them.
 */
export class Removals {
  readonly #ids = new Set<string>(read());

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    this.#remember();
  }

  takeBack(id: string): void {
    this.#ids.delete(id);
    this.#remember();
  }

  /** Removes them for good: these, or all. */
  async carryOut(cache: CacheControl, ids: readonly string[] = [...this.#ids]): Promise<void> {
    if (ids.length === 0) return;
    await cache.delete(...ids);
    for (const id of ids) this.#ids.delete(id);
    this.#remember();
  }

  #remember(): void {
    remember(KEY, JSON.stringify([...this.#ids]));
  }
}

function read(): string[] {
  try {
    return (JSON.parse(remembered(KEY) ?? '[]') as unknown[]).filter((id) => typeof id === 'string');
  } catch {
    return [];
  }
}
