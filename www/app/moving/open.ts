// A bundle of its own, fetched when something that moves is to be drawn: what reads and writes films is larger than the
// rest of the page.
import type { Moving } from './moving.js';
import { MovingPicture } from './picture.js';
import { Video } from './video.js';

export { sizeWithin } from './moving.js';
export { Painter } from './painter.js';

/** Rejects where this browser cannot decode it. */
export async function open(file: Blob): Promise<Moving> {
  const head = new TextDecoder('latin1').decode(await file.slice(0, 12).arrayBuffer());
  if (head.startsWith('GIF8')) return MovingPicture.open(file, 'image/gif');
  if (head.startsWith('PNG', 1)) return MovingPicture.open(file, 'image/png');
  if (head.startsWith('WEBP', 8)) return MovingPicture.open(file, 'image/webp');
  return Video.open(file);
}
