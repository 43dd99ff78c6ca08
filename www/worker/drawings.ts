import type { Converted, Drawing } from 'nijigen-core';
import type { CoreOptions, Finish, Revision } from '../client/protocol.js';
import { lossy, lossyQuality } from './webp.js';

/** Bytes of pixels held: some ten photos with their drawings at 1024 pixels. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Drawings that can be made files of with other choices, the last used last. */
const drawings = new Map<string, Drawing>();

/** Takes a drawing over. False if it is too large to be held. */
export function hold(name: string, drawing: Drawing): boolean {
  // Those that are held would go for nothing.
  if (drawing.bytes > MOST_BYTES) {
    drawing.free();
    return false;
  }
  drawings.set(name, drawing);
  let sum = [...drawings.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  for (const [oldest, drawing] of drawings) {
    if (sum <= MOST_BYTES) break;
    sum -= drawing.bytes;
    drawings.delete(oldest);
    drawing.free();
  }
  return true;
}

/** A file of a drawing, if it is still held. */
export async function revise(name: string, finish: Finish): Promise<Revision> {
  const begin = performance.now();
  const drawing = drawings.get(name);
  if (!drawing) return {};
  drawings.delete(name);
  drawings.set(name, drawing);
  const file = await fileOf(drawing.encode(finish), finish);
  return { revised: { ...file, encode: performance.now() - begin } };
}

/** A blob made here costs the page's thread nothing. */
export async function fileOf(
  converted: Converted,
  options: CoreOptions,
): Promise<{ blob: Blob; width: number; height: number }> {
  const { width, height } = converted;
  const blob = converted.blob();
  const quality = lossyQuality(options);
  return { blob: quality === undefined ? blob : await lossy(blob, quality), width, height };
}
