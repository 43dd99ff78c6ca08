// What the core's cache takes and gives, beside the plain objects of www/client/core.ts.

/** What an entry holds besides its record. */
export interface Pictures {
  readonly result: Blob;
  readonly width: number;
  readonly height: number;
  /** A small copy of the photo. */
  readonly thumbnail: Blob;
  readonly original?: Blob;
}

/** What a photo is looked up by. */
export interface Photograph {
  readonly key: string;
  readonly sha256: Uint8Array;
  /** Only once it is decoded. */
  readonly print?: string;
}

/** An answer that needed no engine. */
export interface Answer {
  readonly pictures: Pictures;
  readonly distance: number | null;
  readonly created: number;
}

/** What only the browser knows of the database. */
export interface DatabaseHost {
  /** Whether there is one, as far as the browser tells. */
  exists(): Promise<boolean>;
  /** Bytes that this origin is granted. */
  quota(): Promise<number | undefined>;
}
