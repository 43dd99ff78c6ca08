import type { Conversion } from '../../client/index.js';
import { remember, remembered } from '../shell/remember.js';

const KEY = 'nijigen.pace';
const MEGA = 1e6;

/** Milliseconds that this device took for a megapixel the last time. */
interface Pace {
  readonly draw: number;
  readonly write: number;
}

type Paces = Partial<Record<NonNullable<Conversion['tier']>, Pace>>;

/** Takes down how long a picture, or a preview, took that was drawn at its own size. */
export function notePace({ width, height, timings, cached, tier }: Conversion): void {
  if (cached || !tier) return;
  const pixels = (width * height) / MEGA;
  const pace = { draw: timings.inference / pixels, write: timings.encode / pixels };
  remember(KEY, JSON.stringify({ ...read(), [tier]: pace }));
}

/**
 * About how many seconds a photo of this size takes at its own size, drawn at `side`, with the preview that comes first;
 * nothing before anything was drawn.
 */
export function secondsFor(width: number, height: number, side: number): number | undefined {
  const { fast, fine } = read();
  if (!fine) return undefined;
  const pixels = (width * height) / MEGA;
  const share = Math.min(1, side / Math.max(width, height)) ** 2;
  const seconds = ({ draw, write }: Pace) => (draw * share + write) * (pixels / 1000);
  return seconds(fine) + (fast ? seconds(fast) : 0);
}

function read(): Paces {
  try {
    const paces = JSON.parse(remembered(KEY) ?? '{}') as Paces;
    const known = Object.entries(paces).filter(([, pace]) => [pace.draw, pace.write].every(Number.isFinite));
    return Object.fromEntries(known);
  } catch {
    return {};
  }
}
