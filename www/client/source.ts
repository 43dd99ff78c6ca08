import type { Photo } from './protocol.js';

/** What can be converted. A string is a URL, relative to the page. */
export type Source = Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> | string | URL | ImageBitmap | ImageData;

/** A file that the worker can read. */
export function toFile(source: Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> | string | URL): Blob | string {
  if (typeof source === 'string' || source instanceof URL) return new URL(source, document.baseURI).href;
  return source instanceof Blob ? source : new Blob([source]);
}

/** Brings a source into a form that the worker can be sent; files are read there, not here. */
export function toPhoto(source: Source): Photo {
  if (source instanceof ImageBitmap || source instanceof ImageData) return source;
  return toFile(source);
}
