import type { Stored } from '../../client/core.js';

/** What an entry holds besides its record. */
export interface Pictures {
  readonly result: Blob;
  readonly width: number;
  readonly height: number;
  /** A small copy of the photo. */
  readonly thumbnail: Blob;
  readonly original?: Blob;
}

export type { Stored };

/** Holds entries by name. Other tabs may use the same store at the same time. A promise that resolves means: done. */
export interface Store {
  load(): Promise<Stored[]>;
  read(id: string): Promise<Pictures | undefined>;
  /** All of it or nothing is stored. */
  write(entry: Stored, pictures: Pictures): Promise<void>;
  /** Replaces the record of an entry that is there. */
  touch(entry: Stored): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** Removes all, whoever stored it. */
  clear(): Promise<void>;
}

export const bytesOf = ({ result, thumbnail, original }: Pictures): number =>
  result.size + thumbnail.size + (original?.size ?? 0);
