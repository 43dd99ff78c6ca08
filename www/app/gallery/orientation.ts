// Browsers turn JPEG as its EXIF says, but Chromium shows WebP as it lies, and older ones PNG; the core turns all.

/** Chunks that are looked at: EXIF may come behind all others. */
const MOST_CHUNKS = 4096;
/** EXIF's tag of the orientation. */
const ORIENTATION = 0x0112;

/** Two pixels side by side, which lie so that they are to be one above the other. */
const LYING = {
  webp: 'UklGRlAAAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TA8AAAAvAQAAAAcQ/Y/+ByKi/wEARVhJRhoAAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA==',
  png: 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEABgAAAAAAANZnS2kAAAAPSURBVHicY/zPwMDAwAAABggBActHdnUAAAAASUVORK5CYII=',
} as const;
type Kind = keyof typeof LYING;

/** How a WebP or PNG is to be turned that this browser does not turn, as EXIF counts it, 1 to 8; 1 for all other files. */
export async function leftLying(file: Blob): Promise<number> {
  const { kind, orientation } = await orientationOf(file);
  return kind === undefined || orientation === 1 || (await turnsItself(kind)) ? 1 : orientation;
}

async function turnsItself(kind: Kind): Promise<boolean> {
  const bytes = Uint8Array.from(atob(LYING[kind]), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  return bitmap.width < bitmap.height;
}

/** What a file says of how it is to be turned. */
export async function orientationOf(file: Blob): Promise<{ readonly kind?: Kind; readonly orientation: number }> {
  try {
    const head = letters(await read(file, 0, 12));
    const webp = /^RIFF.{4}WEBP$/s.test(head);
    if (webp) return { kind: 'webp', orientation: await within(file, 12, webpChunk, 'EXIF') };
    const png = head.startsWith('\x89PNG\r\n\x1a\n');
    if (png) return { kind: 'png', orientation: await within(file, 8, pngChunk, 'eXIf') };
  } catch {
    // It ends early, or is gone.
  }
  return { orientation: 1 };
}

/** A chunk's name and where its data begins and ends, and where the next chunk is, counted from its own beginning. */
interface Chunk {
  readonly name: string;
  readonly data: number;
  readonly end: number;
  readonly next: number;
}

// RFC 9649, 2.3: padded to an even length.
function webpChunk(header: DataView): Chunk {
  const length = header.getUint32(4, true);
  return { name: letters(header).slice(0, 4), data: 8, end: 8 + length, next: 8 + length + (length & 1) };
}

// PNG, third edition, 5.3: followed by a checksum.
function pngChunk(header: DataView): Chunk {
  const length = header.getUint32(0);
  return { name: letters(header).slice(4), data: 8, end: 8 + length, next: 12 + length };
}

async function within(file: Blob, first: number, chunkOf: (header: DataView) => Chunk, name: string): Promise<number> {
  let at = first;
  for (let count = 0; count < MOST_CHUNKS; count++) {
    const chunk = chunkOf(await read(file, at, 8));
    if (chunk.name === name) return orientation(await read(file, at + chunk.data, chunk.end - chunk.data));
    at += chunk.next;
  }
  return 1;
}

/** What the first directory of a TIFF says, which EXIF is. */
function orientation(exif: DataView): number {
  const order = letters(exif).slice(0, 2);
  if (order !== 'II' && order !== 'MM') return 1;
  const little = order === 'II';
  const directory = exif.getUint32(4, little);
  const entries = exif.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    if (exif.getUint16(at, little) !== ORIENTATION) continue;
    const value = exif.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

const letters = ({ buffer }: DataView): string => String.fromCharCode(...new Uint8Array(buffer).subarray(0, 12));

/** Rejects where there are not so many bytes. */
async function read(file: Blob, at: number, count: number): Promise<DataView> {
  const bytes = await file.slice(at, at + count).arrayBuffer();
  if (bytes.byteLength < count) throw new RangeError('the file ends');
  return new DataView(bytes);
}

/** What a canvas of this size has to do before a picture that lies so is drawn on it, upright. */
export function turn(
  context: OffscreenCanvasRenderingContext2D,
  orientation: number,
  width: number,
  height: number,
): void {
  const turns: readonly (readonly [number, number, number, number, number, number])[] = [
    [1, 0, 0, 1, 0, 0],
    [-1, 0, 0, 1, width, 0],
    [-1, 0, 0, -1, width, height],
    [1, 0, 0, -1, 0, height],
    [0, 1, 1, 0, 0, 0],
    [0, 1, -1, 0, width, 0],
    [0, -1, -1, 0, width, height],
    [0, -1, 1, 0, 0, height],
  ];
  context.transform(...(turns[orientation - 1] ?? [1, 0, 0, 1, 0, 0]));
}
