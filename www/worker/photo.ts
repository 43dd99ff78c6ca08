import type { Photo } from 'nijigen-core';
import { LIMITS } from '../client/core.js';
import type { CoreOptions, Photo as Source } from '../client/protocol.js';
import { decodeInBrowser, inSrgb, pixelsOf } from './browser-decoder.js';
import { core } from './module.js';
import { Download, type ByteListener } from './download.js';
import { WorkerError } from './failure.js';

/** What a gigabyte of the device's memory is good for, and what fits into a module's 4 GB: a pixel takes 12 bytes at most. */
const PIXELS_PER_GIGABYTE = 16_000_000;
const MOST_PIXELS = 256_000_000;

/** The most pixels that are decoded: more than by default where the browser says that there is memory for them. */
export function mostPixels({ maxPixels }: CoreOptions): number {
  const { deviceMemory = 0 } = ((globalThis as Partial<typeof globalThis>).navigator ?? {}) as {
    deviceMemory?: number;
  };
  return maxPixels ?? Math.min(Math.max(LIMITS.maxPixels, deviceMemory * PIXELS_PER_GIGABYTE), MOST_PIXELS);
}

const limited = (options: CoreOptions): CoreOptions => ({ ...options, maxPixels: mostPixels(options) });

/** A photo as it came: a file, or pixels. */
export type Raw = Uint8Array<ArrayBuffer> | ImageData;

/** Fetches or reads what is not there yet; `onBytes` is told when some of it has come. */
export async function open(
  photo: Source,
  options: CoreOptions,
  signal: AbortSignal,
  onBytes: () => void,
): Promise<Raw> {
  if (photo instanceof ImageData) return inSrgb(photo);
  if (photo instanceof ImageBitmap) return pixelsOf(photo);
  const check = limitTo(options.maxBytes ?? LIMITS.maxBytes);
  return typeof photo === 'string' ? fetched(photo, check, onBytes, signal) : bytesOf(photo, check);
}

/** What the cache keeps of a photo, and finds copies of it by. */
export interface Seen {
  readonly print: string;
  readonly thumbnail: Blob;
}

/** What tells one photo from another: the SHA-256 of its file, or of its pixels and their arrangement. */
export async function digest(raw: Raw): Promise<Uint8Array> {
  if (raw instanceof Uint8Array) return hash(raw);
  const pixels = await hash(new Uint8Array(raw.data.buffer, raw.data.byteOffset, raw.data.byteLength));
  return hash(new Uint8Array([...pixels, ...new Uint8Array(new Uint32Array([raw.width, raw.height]).buffer)]));
}

/** The browser's own is several times as fast, and missing on insecure origins. */
async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { subtle } = crypto as Partial<Crypto>;
  return subtle ? new Uint8Array(await subtle.digest('SHA-256', bytes)) : core.sha256(bytes);
}

/** Sees a large JPEG without decoding all of it; undefined for other photos, and for what decoding will refuse. */
export function glimpse(raw: Raw, options: CoreOptions): Seen | undefined {
  if (!(raw instanceof Uint8Array)) return undefined;
  let photo;
  try {
    photo = core.Photo.glimpse(raw, limited(options));
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
  }
  const seen = photo && see(photo, options);
  photo?.free();
  return seen;
}

export const see = (photo: Photo, options: CoreOptions): Seen => ({
  print: photo.fingerprint(options),
  thumbnail: photo.thumbnail(),
});

/** Brings a photo into the engine's memory. */
export async function decode(raw: Raw, options: CoreOptions): Promise<Photo> {
  if (raw instanceof ImageData) return ofPixels(raw, limited(options));
  try {
    return core.Photo.decode(raw, limited(options));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'unsupported-format') throw error;
    // AVIF everywhere, HEIC in Safari, rare kinds of JPEG: the browser knows what the core does not.
    const pixels = await decodeInBrowser(raw, mostPixels(options));
    if (!pixels) throw error;
    return ofPixels(pixels, limited(options));
  }
}

function ofPixels({ data, width, height }: ImageData, options: CoreOptions): Photo {
  return core.Photo.of_pixels(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height, options);
}

/** Throws where a file has too many bytes. */
const limitTo =
  (limit: number): ByteListener =>
  (bytes) => {
    if (bytes > limit) throw new WorkerError('too-large', `the file is larger than ${limit} bytes`);
  };

/** The size of a photo at a URL is checked while it comes in. */
async function fetched(
  url: string,
  check: ByteListener,
  onBytes: () => void,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const download = new Download(url, signal);
  return download.read(await download.response(), (loaded) => {
    check(loaded);
    onBytes();
  });
}

/** A file's size is checked before it is read. */
async function bytesOf(photo: Blob, check: ByteListener): Promise<Uint8Array<ArrayBuffer>> {
  check(photo.size);
  const bytes = await photo.arrayBuffer().catch((cause: unknown) => {
    throw new WorkerError('corrupt-image', 'the file cannot be read; it may have been moved, changed or deleted', {
      cause,
    });
  });
  return new Uint8Array(bytes);
}
