import type { Photo } from './protocol.js';

/** What can be converted. A string is a URL, relative to the page. */
export type Source = Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> | string | URL | ImageBitmap | ImageData;

/** Brings a source into a form that the worker can be sent; files are read there, not here. */
export function toPhoto(source: Source): Photo {
  if (typeof source === 'string' || source instanceof URL) return new URL(source, document.baseURI).href;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return new Blob([source]);
  return source;
}
