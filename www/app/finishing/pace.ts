import type { Conversion } from '../../client/index.js';
import { remember, remembered } from '../shell/remember.js';

const KEY = 'nijigen.pace';
const MEGA = 1e6;
/** Writing at a photo's own size carries the drawing over to it as well; measured beside a drawing's own size. */
const CARRYING = 3;

/** Milliseconds that this device took for a megapixel the last time. */
interface Pace {
  readonly draw: number;
  readonly write: number;
}

/** Takes down how long a picture took that was drawn at its own size. */
export function notePace({ width, height, timings, cached, tier }: Conversion): void {
  if (cached || tier !== 'fine') return;
  const pixels = (width * height) / MEGA;
  remember(KEY, JSON.stringify({ draw: timings.inference / pixels, write: timings.encode / pixels }));
}

/** About how many seconds a photo of this size takes at its own size, drawn at `side`; nothing before anything was drawn. */
export function secondsFor(width: number, height: number, side: number): number | undefined {
  const pace = read();
  if (!pace) return undefined;
  const pixels = (width * height) / MEGA;
  const share = Math.min(1, side / Math.max(width, height)) ** 2;
  const carrying = share < 1 ? CARRYING : 1;
  return (pace.draw * pixels * share + pace.write * pixels * carrying) / 1000;
}

function read(): Pace | undefined {
  try {
    const { draw, write } = JSON.parse(remembered(KEY) ?? '{}') as Partial<Pace>;
    return typeof draw === 'number' && typeof write === 'number' ? { draw, write } : undefined;
  } catch {
    return undefined;
  }
}
