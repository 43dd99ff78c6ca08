// A worker of its own: browsers may decode a photo in the background, but shrink it on the thread that asked.

import { readsBack } from '../../canvas.js';
import { optionsOf, paint, partOf, type Framing } from '../crop/framing.js';
import { leftLying, turn } from './orientation.js';

/** Longer side in pixels: sharp on a card, and a tenth of what a camera's photo takes. */
const SIDE = 1024;

export interface Asked {
  readonly photo: Blob;
  readonly framing: Framing;
  /** The copy's longer side at most, in pixels. */
  readonly side?: number;
}

/**
 * How large a photo is once it is framed, and a copy where it is not such already; nothing for one that this browser
 * cannot decode.
 */
export interface Shrunk {
  readonly width: number;
  readonly height: number;
  readonly copy?: Blob;
}

/** What the browser left lying, as EXIF turns it. */
function upright(lying: ImageBitmap, orientation: number): ImageBitmap {
  const { width, height } = lying;
  const canvas = orientation > 4 ? new OffscreenCanvas(height, width) : new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context) {
    turn(context, orientation, canvas.width, canvas.height);
    context.drawImage(lying, 0, 0);
  }
  lying.close();
  return canvas.transferToImageBitmap();
}

async function shrink({ photo, framing, side = SIDE }: Asked): Promise<Shrunk | undefined> {
  const orientation = await leftLying(photo);
  const lying = await createImageBitmap(photo).catch(() => undefined);
  if (!lying) return undefined;
  const bitmap = orientation > 1 ? upright(lying, orientation) : lying;
  const { left, top, ...size } = partOf(bitmap, framing);
  const scale = Math.min(1, side / Math.max(size.width, size.height));
  const asItIs = scale === 1 && bitmap === lying && Object.keys(optionsOf(framing)).length === 0;
  if (asItIs || !readsBack()) return size;
  const [width = 1, height = 1] = [size.width, size.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context) {
    context.imageSmoothingQuality = 'medium';
    paint(context, bitmap, framing, scale, left, top);
  }
  bitmap.close();
  // Lossless where there may be transparency.
  const copy = await canvas.convertToBlob(photo.type === 'image/jpeg' ? { type: 'image/jpeg', quality: 0.9 } : {});
  return { ...size, copy };
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  void shrink(data)
    .catch(() => undefined)
    .then((shrunk) => {
      self.postMessage(shrunk);
    });
};
