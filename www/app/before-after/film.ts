import { Recorder } from '../film/recorder.js';

/** Seconds: the photo alone, the line across, the drawing alone, and the line back, so that it can be shown in a circle. */
const HOLD = 0.5;
const SWEEP = 1.5;
const LENGTH = 2 * (HOLD + SWEEP);
const FRAME_MS = 1000 / 30;
/** The longer side at most, in pixels; encoders take even sides. */
const SIDE = 1280;
/** Of the line, as the core draws it. */
const LINE = '#fffdf8';
const LINE_SHARE = 1 / 200;

/** A film in which a line moves over a photo and leaves the drawing, and back. Takes as long as it is shown. */
export async function filmOf(photo: Blob, drawing: Blob, type: string): Promise<Blob> {
  const pictures = await Promise.all([createImageBitmap(photo), createImageBitmap(drawing)]);
  try {
    const [before, after] = pictures;
    const scale = Math.min(1, SIDE / Math.max(after.width, after.height));
    const [width, height] = [after.width, after.height].map((side) => Math.max(2, 2 * Math.round((side * scale) / 2)));
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    if (!context) throw new Error('there is no canvas');
    context.imageSmoothingQuality = 'high';
    const paint = (seconds: number) => {
      paintAt(context, before, after, splitAt(seconds));
    };
    paint(0);
    return await record(canvas, type, paint);
  } finally {
    for (const picture of pictures) picture.close();
  }
}

async function record(canvas: HTMLCanvasElement, type: string, paint: (seconds: number) => void): Promise<Blob> {
  const recorder = new Recorder(canvas, type);
  const begin = performance.now();
  await new Promise<void>((resolve) => {
    // A timer, as pages that are not seen are given no frames to paint.
    const timer = setInterval(() => {
      const seconds = (performance.now() - begin) / 1000;
      paint(Math.min(seconds, LENGTH));
      if (seconds < LENGTH) return;
      clearInterval(timer);
      resolve();
    }, FRAME_MS);
  });
  return recorder.stop();
}

/** Where the photo ends, 1 at the right edge. */
export function splitAt(seconds: number): number {
  const time = seconds <= LENGTH / 2 ? seconds : LENGTH - seconds;
  const share = Math.min(1, Math.max(0, (time - HOLD / 2) / SWEEP));
  // Slow at both ends.
  return 1 - (1 - Math.cos(share * Math.PI)) / 2;
}

function paintAt(context: CanvasRenderingContext2D, before: ImageBitmap, after: ImageBitmap, split: number): void {
  const { width, height } = context.canvas;
  const place = Math.round(split * width);
  // Films have no transparency.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(after, 0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(0, 0, place, height);
  context.clip();
  context.fillRect(0, 0, width, height);
  context.drawImage(before, 0, 0, width, height);
  context.restore();
  if (split <= 0 || split >= 1) return;
  const line = Math.max(2, Math.round(width * LINE_SHARE));
  context.fillStyle = LINE;
  context.fillRect(place - line / 2, 0, line, height);
}
