import { readsBack } from '../../canvas.js';
import { NijigenError } from '../../client/index.js';

/** So many seconds are drawn at most. */
export const LONGEST = 20;
/** So many frames of a video's second: drawings that change more often only look restless. */
export const RATE = 12;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Draws one frame; what it gives is shown in its place. */
export type Draw = (frame: ImageData) => Promise<CanvasImageSource>;

/** A moving picture or a video, open. */
export interface Moving extends Size {
  /** Of what is drawn, how long it is and how many frames it has; of a video about. */
  readonly seconds: number;
  readonly frames: number;
  /** Whether there is more of it. */
  readonly cut: boolean;
  first(size: Size): Promise<ImageData>;
  /** Draws each frame at this size. Rejects with the signal's reason when that is aborted. */
  make(size: Size, draw: Draw, signal: AbortSignal): Promise<Blob>;
  close(): void;
}

/** The size whose longer side is `side` at most; encoders take even ones. */
export function sizeWithin({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  const even = (length: number) => Math.max(2, 2 * Math.round((length * scale) / 2));
  return { width: even(width), height: even(height) };
}

/** A frame's pixels; films have no transparency. */
export function pixelsOf(
  paint: (context: OffscreenCanvasRenderingContext2D) => void,
  { width, height }: Size,
): ImageData {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('there is no canvas');
  if (!readsBack()) throw new NijigenError('unsupported-environment', 'canvases cannot be read');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  paint(context);
  return context.getImageData(0, 0, width, height);
}
