import { isArrayBuffer, isBlob, isImageBitmap, isImageData, isOf, isUrl } from './brand.js';
import { cancelled, NijigenError } from './error.js';
import { absolute } from '#platform';
import type { Photo } from './protocol.js';

/** A class of the browser's; `never` for programs that know only Node's types. */
type Browsers<Name extends string> =
  typeof globalThis extends Record<Name, { prototype: infer Instance }> ? Instance : never;

/** Something on the page that shows a picture. */
type Shown = Browsers<'HTMLImageElement'> | Browsers<'HTMLCanvasElement'> | Browsers<'OffscreenCanvas'>;

/** A file, its bytes, or where it is: a string is a URL, relative to the page; in Node a path will do. */
export type FileSource = Blob | ArrayBuffer | ArrayBufferView | string | URL;

/** What can be converted. Of an image or a canvas it is the pixels, upright and at their natural size. */
export type Source = FileSource | Browsers<'ImageBitmap'> | Browsers<'ImageData'> | Shown;

/**
 * What needs nothing of the page to be read.
 * @internal
 */
export type ReadableSource = Exclude<Source, Shown>;

/**
 * A file that the worker can read.
 * @internal
 */
export function toFile(source: FileSource): Blob | string {
  if (typeof source === 'string' || isUrl(source)) return absolute(source);
  if (isBlob(source)) return source;
  const view = isArrayBuffer(source) ? new Uint8Array(source) : source;
  if (ArrayBuffer.isView(view)) return new Blob([fixed(view)]);
  throw new TypeError('the source is neither a file, bytes, a URL nor a picture');
}

/**
 * Brings a source into a form that the worker can be sent; files are read there, not here.
 * @internal
 */
export function toPhoto(source: ReadableSource): Photo {
  if (isImageBitmap(source)) {
    if (source.width > 0) return source;
    throw new NijigenError('corrupt-image', 'the ImageBitmap is closed');
  }
  // By its name, for which Node's build has another, without a brand.
  const isPixels = isImageData(source) || (typeof ImageData === 'function' && source instanceof ImageData);
  requireBytes(isImageData(source) ? source.data : source);
  return isPixels ? source : toFile(source);
}

/** Throws where the memory was given away: then the browser has none to send, and says so in words of its own. */
function requireBytes(source: unknown): void {
  const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
  if (!isArrayBuffer(buffer)) return;
  try {
    new Uint8Array(buffer);
  } catch (cause) {
    throw new NijigenError(
      'corrupt-image',
      'the photo’s buffer was transferred, as to a worker: it holds nothing now',
      {
        cause,
      },
    );
  }
}

/**
 * Gives `use` the source, what an element shows as a bitmap that lasts as long as it takes.
 * @internal
 */
export async function withPixels<T>(
  source: Source,
  use: (source: ReadableSource) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (!isShown(source)) {
    // One that is closed is told when its turn comes.
    if (isImageBitmap(source) && source.width > 0 && !(await isReadable(source))) throw foreign();
    return use(source);
  }
  const bitmap = await unlessAborted(bitmapOf(source), signal);
  try {
    return await use(bitmap);
  } finally {
    bitmap.close();
  }
}

/** What comes after the abort is closed: an image may never be loaded. */
async function unlessAborted(coming: Promise<ImageBitmap>, signal?: AbortSignal): Promise<ImageBitmap> {
  if (!signal) return coming;
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(cancelled());
      coming.then(
        (bitmap) => {
          bitmap.close();
        },
        () => undefined,
      );
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([coming, aborted]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
}

const isShown = (source: Source): source is Shown =>
  ['HTMLImageElement', 'HTMLCanvasElement', 'OffscreenCanvas'].some((name) => isOf(name, source));

async function bitmapOf(source: Shown): Promise<ImageBitmap> {
  let bitmap;
  try {
    if ('decode' in source) await source.decode();
    bitmap = await createImageBitmap(source);
  } catch (cause) {
    throw new NijigenError('corrupt-image', 'the element shows no picture: it is empty or could not be loaded', {
      cause,
    });
  }
  if (await isReadable(bitmap)) return bitmap;
  bitmap.close();
  throw foreign();
}

const foreign = (): NijigenError =>
  new NijigenError(
    'network',
    'the picture is of another origin and may not be read; its host must allow it (CORS), and an <img> needs crossorigin="anonymous"',
  );

/** What another origin has not shared can be shown, not read. A pixel tells. */
async function isReadable(bitmap: ImageBitmap): Promise<boolean> {
  const pixel = await createImageBitmap(bitmap, 0, 0, 1, 1);
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  try {
    context?.drawImage(pixel, 0, 0);
    context?.getImageData(0, 0, 1, 1);
    return true;
  } catch {
    return false;
  } finally {
    pixel.close();
  }
}

/** No Blob can be made of memory that threads share, nor of one whose length may change. */
const fixed = (view: ArrayBufferView): ArrayBufferView<ArrayBuffer> =>
  isArrayBuffer(view.buffer) && !('resizable' in view.buffer && view.buffer.resizable === true)
    ? (view as ArrayBufferView<ArrayBuffer>)
    : new Uint8Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
