import type { Conversion, Engine } from 'nijigen-core';
import type { CoreOptions, Photo } from '../client/protocol.js';
import { decodeInBrowser, pixelsOf } from './browser-decoder.js';
import { read, request } from './download.js';
import { WorkerError } from './failure.js';

/** The core's own defaults, needed here for what never reaches it. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_PIXELS = 64_000_000;

/** Brings a photo, in whatever form it came, into the engine. */
export async function begin(
  engine: Engine,
  photo: Photo,
  options: CoreOptions,
  signal: AbortSignal,
): Promise<Conversion> {
  const json = JSON.stringify(options);
  if (photo instanceof ImageData) return beginPixels(engine, photo, json);
  if (photo instanceof ImageBitmap) return beginPixels(engine, pixelsOf(photo), json);

  const file = await bytesOf(photo, options.maxBytes ?? MAX_BYTES, signal);
  try {
    return engine.begin(file, json);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'unsupported-format') throw error;
    // AVIF everywhere, HEIC in Safari: the browser knows formats that the core does not.
    const pixels = await decodeInBrowser(file, options.maxPixels ?? MAX_PIXELS);
    if (!pixels) throw error;
    return beginPixels(engine, pixels, json);
  }
}

function beginPixels(engine: Engine, { data, width, height }: ImageData, options: string): Conversion {
  return engine.begin_pixels(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height, options);
}

/** A file's size is checked before it is read, and while a photo at a URL comes in. */
async function bytesOf(photo: Blob | string, limit: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const check = (bytes: number) => {
    if (bytes > limit) throw new WorkerError('too-large', `the file is larger than ${limit} bytes`);
  };
  if (typeof photo === 'string') return read(await request(photo, signal), signal, check);
  check(photo.size);
  const bytes = await photo.arrayBuffer().catch((cause: unknown) => {
    throw new WorkerError('corrupt-image', 'the file cannot be read; it may have been moved, changed or deleted', {
      cause,
    });
  });
  return new Uint8Array(bytes);
}
