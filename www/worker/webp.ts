import { readsBack } from '../canvas.js';
import type { CoreOptions } from '../client/protocol.js';

/** The core's WebP is lossless; with a quality below this the browser's own encoder makes it smaller, where it has one. */
const LOSSLESS = 100;
const ALPHA = 1 << 4;
const XMP = 1 << 2;

/** The quality at which the browser's encoder is to make the file anew, 1–99. */
export const lossyQuality = ({ format, quality }: CoreOptions): number | undefined =>
  format === 'webp' && quality !== undefined && quality < LOSSLESS ? quality : undefined;

/**
 * Makes a lossy WebP of a lossless one that the core made; with the same XMP, which browsers leave out. Gives the lossless
 * one back where the browser has no encoder, as Safari and Node, or would encode something else, and where it is the smaller
 * one.
 */
export async function lossy(lossless: Blob, quality: number): Promise<Blob> {
  const coded = readsBack() ? await encode(lossless, quality).catch(() => undefined) : undefined;
  if (coded?.type !== lossless.type) return lossless;
  const [made, smaller] = await Promise.all([lossless, coded].map(bytesOf));
  const xmp = made && chunksOf(made).find(({ name }) => name === 'XMP ');
  const file = smaller && xmp ? labelled(smaller, xmp) : coded;
  return file.size < lossless.size ? file : lossless;
}

async function encode(picture: Blob, quality: number): Promise<Blob> {
  const bitmap = await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: picture.type, quality: quality / LOSSLESS });
}

const bytesOf = async (blob: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await blob.arrayBuffer());

interface Chunk {
  readonly name: string;
  /** Its head and the padding to an even length included. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** RFC 9649, 2.3 and 2.4. */
function chunksOf(file: Uint8Array<ArrayBuffer>): Chunk[] {
  const view = new DataView(file.buffer);
  const chunks = [];
  for (let at = 12; at + 8 <= file.length;) {
    const length = view.getUint32(at + 4, true);
    const end = at + 8 + length + (length % 2);
    chunks.push({ name: String.fromCharCode(...file.subarray(at, at + 4)), bytes: file.subarray(at, end) });
    at = end;
  }
  return chunks;
}

/** An extended file (RFC 9649, 2.7) of the same picture with this chunk. */
function labelled(file: Uint8Array<ArrayBuffer>, xmp: Chunk): Blob {
  const picture = chunksOf(file).filter(({ name }) => ['ALPH', 'VP8 ', 'VP8L'].includes(name));
  const { width, height } = sizeOf(picture);
  const alpha = picture.some(({ name }) => name !== 'VP8 ');
  const head = new DataView(new ArrayBuffer(30));
  new Uint8Array(head.buffer).set(new TextEncoder().encode('RIFF    WEBPVP8X'));
  const chunks = [...picture, xmp].map(({ bytes }) => bytes);
  head.setUint32(4, head.byteLength - 8 + chunks.reduce((sum, { length }) => sum + length, 0), true);
  head.setUint32(16, 10, true);
  head.setUint32(20, alpha ? ALPHA | XMP : XMP, true);
  // Three bytes each.
  head.setUint16(24, width - 1, true);
  head.setUint16(27, height - 1, true);
  return new Blob([head, ...chunks], { type: 'image/webp' });
}

/** As a key frame of VP8 (RFC 6386, 9.1) or the head of VP8L (RFC 9649, 3.4) has it: 14 bits each, and so two bytes. */
function sizeOf(picture: readonly Chunk[]): { width: number; height: number } {
  const frame = picture.find(({ name }) => name !== 'ALPH');
  if (!frame) throw new Error('the browser’s WebP has no picture');
  const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.byteLength);
  if (frame.name === 'VP8 ')
    return { width: view.getUint16(14, true) & 0x3fff, height: view.getUint16(16, true) & 0x3fff };
  const bits = view.getUint32(9, true);
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
}
