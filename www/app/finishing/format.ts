import type { OutputFormat } from '../../client/index.js';

/** Whatever says that a picture has transparency stands within. */
const HEAD_BYTES = 64 * 1024;

/** The format of a photo's picture where none was chosen: JPEG, but PNG for what may be transparent. */
export async function usualFormat(photo: Blob): Promise<OutputFormat> {
  const head = await photo
    .slice(0, HEAD_BYTES)
    .arrayBuffer()
    .catch(() => new ArrayBuffer(0));
  return opaque(new Uint8Array(head)) ? 'jpeg' : 'png';
}

function opaque(head: Uint8Array): boolean {
  const letters = new TextDecoder('latin1').decode(head);
  const at = (place: number) => head[place] ?? 0;
  if (letters.startsWith('ÿØ')) return true;
  // PNG 3, 11.2.1: grey and colour without alpha; one colour may still stand for nothing.
  if (letters.startsWith('PNG', 1)) return [0, 2].includes(at(25)) && !letters.split('IDAT')[0]?.includes('tRNS');
  if (letters.startsWith('BM')) return at(28) < 32;
  if (letters.startsWith('WEBP', 8)) {
    // RFC 9649, 2.5 to 2.7.
    if (letters.startsWith('VP8X', 12)) return (at(20) & 16) === 0;
    return letters.startsWith('VP8 ', 12) || (at(24) & 16) === 0;
  }
  // ISO/IEC 23008-12, 6.5.8: AVIF and HEIC have alpha as a picture of its own.
  if (letters.startsWith('ftyp', 4)) return !letters.includes(':alpha') && !letters.includes('auxid:1');
  return false;
}
