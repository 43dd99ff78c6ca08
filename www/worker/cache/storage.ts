import type { Pictures, Store, Stored } from './store.js';

/** Entries of this worker alone, gone with it. */
export class MemoryStore implements Store {
  readonly #pictures = new Map<string, Pictures>();

  load(): Promise<Stored[]> {
    return Promise.resolve([]);
  }

  read(id: string): Promise<Pictures | undefined> {
    return Promise.resolve(this.#pictures.get(id));
  }

  write({ id }: Stored, pictures: Pictures): Promise<void> {
    this.#pictures.set(id, pictures);
    return Promise.resolve();
  }

  touch(): Promise<void> {
    return Promise.resolve();
  }

  remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#pictures.delete(id);
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.#pictures.clear();
    return Promise.resolve();
  }
}
