import { readsBack } from '../canvas.js';
import { WorkerError } from './failure.js';

// Box types, four letters read as a number.
const FTYP = 0x66747970;
const ISPE = 0x69737065;
const CGBI = 0x43674249;
const START_OF_IMAGE = 0xffd8;

/**
 * Decodes what the core does not with the browser's own decoder: AVIF and HEIC, JPEG of rare kinds (with arithmetic coding
 * or 12 bits) and Apple's PNG; undefined if the file is none of these or the browser cannot either. The pixel limit is
 * checked before anything is decoded.
 */
export async function decodeInBrowser(
  file: Uint8Array<ArrayBuffer>,
  maxPixels: number,
): Promise<ImageData | undefined> {
  const pixels = largestPicture(file) ?? framePixels(file) ?? applePixels(file);
  if (pixels === undefined) return undefined;
  if (pixels > maxPixels) {
    throw new WorkerError('too-large', `the picture has ${pixels} pixels, the limit is ${maxPixels}`);
  }
  const bitmap = await createImageBitmap(new Blob([file])).catch(() => undefined);
  return bitmap && pixelsOf(bitmap);
}

/** Reads a bitmap's pixels and closes it. */
export function pixelsOf(bitmap: ImageBitmap): ImageData {
  try {
    return painted(bitmap, (context) => {
      context.drawImage(bitmap, 0, 0);
      // Both at once take twice the memory.
      bitmap.close();
    });
  } finally {
    bitmap.close();
  }
}

/** Pixels as the core takes them, sRGB in bytes; others may be of a wider gamut, or floats. */
export function inSrgb(pixels: ImageData): ImageData {
  // Older browsers know but the one kind, and do not say so.
  const { colorSpace = 'srgb' } = pixels as Partial<ImageData>;
  if (colorSpace === 'srgb' && pixels.data instanceof Uint8ClampedArray) return pixels;
  return painted(pixels, (context) => {
    context.putImageData(pixels, 0, 0);
  });
}

/** The pixels of a canvas, whose colours are sRGB. */
function painted(
  { width, height }: ImageBitmap | ImageData,
  paint: (context: OffscreenCanvasRenderingContext2D) => void,
): ImageData {
  if (!readsBack())
    throw new WorkerError(
      'unsupported-environment',
      'this browser, or a setting against fingerprinting, does not let canvases be read, which this picture needs',
    );
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context || !keeps(context, width - 1, height - 1))
    throw new WorkerError('out-of-memory', `there is no memory for a canvas of ${width}×${height}`);
  paint(context);
  return context.getImageData(0, 0, width, height);
}

/** Whether a canvas has memory for this pixel: one that got none, as a large one on a phone, takes all and gives nothing. */
function keeps(context: OffscreenCanvasRenderingContext2D, x: number, y: number): boolean {
  context.fillRect(x, y, 1, 1);
  const [, , , alpha] = context.getImageData(x, y, 1, 1).data;
  context.clearRect(x, y, 1, 1);
  return alpha !== 0;
}

/** Pixels of a JPEG, as its frame says (ITU-T T.81, B.2.2). */
function framePixels(file: Uint8Array<ArrayBuffer>): number | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.byteLength < 4 || view.getUint16(0) !== START_OF_IMAGE) return undefined;

  for (let at = 2; at + 9 <= view.byteLength && view.getUint8(at) === 0xff;) {
    const marker = view.getUint8(at + 1);
    // Fill bytes may come before a marker; those of codes and conditioning lie among those of frames.
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return view.getUint16(at + 5) * view.getUint16(at + 7);
    } else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** Pixels of a PNG of Apple's own kind, whose first chunk is `CgBI` of four bytes. */
function applePixels(file: Uint8Array<ArrayBuffer>): number | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.byteLength < 40 || view.getUint32(12) !== CGBI) return undefined;
  return view.getUint32(32) * view.getUint32(36);
}

/**
 * Pixels of the largest picture in an ISO base media file (ISO/IEC 14496-12), as its image spatial extents say:
 * box `ispe`, whose version and flags are followed by the width and the height (ISO/IEC 23008-12, 6.5.3).
 * Grids of tiles have one for the whole. They stand in the header, so only the beginning is searched.
 */
function largestPicture(file: Uint8Array<ArrayBuffer>): number | undefined {
  const view = new DataView(file.buffer, file.byteOffset, Math.min(file.byteLength, 256 * 1024));
  if (view.byteLength < 16 || view.getUint32(4) !== FTYP) return undefined;

  let largest: number | undefined;
  for (let at = 8; at + 16 <= view.byteLength; at++) {
    if (view.getUint32(at) === ISPE) largest = Math.max(largest ?? 0, view.getUint32(at + 8) * view.getUint32(at + 12));
  }
  return largest;
}
