/** What a file is that cannot be drawn, where more helps than to say that it is no picture. */
export type FileKind = 'heic' | 'video';

/** Brands of ISO base media files (ISO/IEC 23008-12, annex B): still pictures as HEVC, and the general ones. */
const HEIC = /^(hei[cmsx]|hev[cmsx]|mif1|msf1)/;
const HEAD_BYTES = 64;

/** Looks at the first bytes; names and media types say what they like. */
export async function kindOf(file: Blob): Promise<FileKind | undefined> {
  const head = await file
    .slice(0, HEAD_BYTES)
    .arrayBuffer()
    .catch(() => new ArrayBuffer(0));
  const letters = String.fromCharCode(...new Uint8Array(head));
  if (letters.startsWith('ftyp', 4)) {
    const brands = letters.slice(8);
    if (/avi[fs]/.test(brands)) return undefined;
    return HEIC.test(brands) ? 'heic' : 'video';
  }
  // Matroska and WebM (RFC 8794, 11.2.1), AVI, MPEG program streams, Ogg.
  const video =
    letters.startsWith('\x1aE\xdf\xa3') || letters.startsWith('\0\0\x01\xba') || /^RIFF.{4}AVI |^OggS/s.test(letters);
  return video ? 'video' : undefined;
}

/** Where in a WebP's head its flags are, and which says that it moves (RFC 9649, 2.7). */
const [FLAGS, ANIMATION] = [20, 2];

/** Whether it is a GIF, WebP or PNG of more than one frame, of which only the first is drawn. */
export async function moves(file: Blob): Promise<boolean> {
  const head = new Uint8Array(
    await file
      .slice(0, HEAD_BYTES)
      .arrayBuffer()
      .catch(() => new ArrayBuffer(0)),
  );
  const letters = String.fromCharCode(...head);
  if (letters.startsWith('WEBP', 8)) return letters.startsWith('VP8X', 12) && ((head[FLAGS] ?? 0) & ANIMATION) !== 0;
  // APNG: the chunk that says so is before the pixels.
  if (letters.startsWith('PNG', 1))
    return (await lettersOf(file.slice(0, 64 * 1024))).split('IDAT')[0]?.includes('acTL') ?? false;
  return letters.startsWith('GIF8') && framesOf(new Uint8Array(await file.arrayBuffer())) > 1;
}

const lettersOf = async (part: Blob): Promise<string> => new TextDecoder('latin1').decode(await part.arrayBuffer());

/** Counts a GIF's frames, two at most (GIF89a, 17 to 23). */
function framesOf(gif: Uint8Array): number {
  const table = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  const skipBlocks = (at: number) => {
    while (at < gif.length && gif[at]) at += (gif[at] ?? 0) + 1;
    return at + 1;
  };
  let frames = 0;
  for (let at = 13 + table(gif[10] ?? 0); at < gif.length && frames < 2;) {
    if (gif[at] === 0x21) at = skipBlocks(at + 2);
    else if (gif[at] === 0x2c) {
      frames += 1;
      at = skipBlocks(at + 11 + table(gif[at + 9] ?? 0));
    } else break;
  }
  return frames;
}
