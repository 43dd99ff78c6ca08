// A driver can end the page, or the browser: then nothing is left to say so but what was noted before. What is larger than all
// that the GPU has drawn on this visit is noted until it ends, and after two visits that ended first it is left alone.
import type { Backend } from '../../client/protocol.js';
import { absolve, note, unfinished } from './verdicts.js';

/** People leave while something is drawn, too. */
const MOST_VISITS = 2;

/** Pixels of the largest tile that was drawn. */
let proven = 0;
/** How much of it is under way. */
let running = 0;
let noted: Promise<void> = Promise.resolve();

/** Throws where what began on the GPU never ended on the last visits. */
export async function checkVisits({ since }: Backend): Promise<void> {
  if ((await unfinished(since)) >= MOST_VISITS) throw new Error(`${MOST_VISITS} visits ended while it was at work`);
}

/** Does what may end the page; of a backend that was asked for nothing is noted. */
export async function guarded<T>({ name, since }: Backend, work: () => Promise<T>): Promise<T> {
  if (name !== 'auto') return work();
  if (running++ === 0) noted = noted.then(() => note(since, true));
  try {
    await noted;
    return await work();
  } finally {
    if (--running === 0) noted = noted.then(() => note(since, false));
  }
}

/** The same of drawing a tile of so many pixels: one that is no larger than others before it is safe. */
export async function guardedTile<T>(backend: Backend, pixels: number, work: () => Promise<T>): Promise<T> {
  if (pixels <= proven) return work();
  const done = await guarded(backend, work);
  proven = Math.max(proven, pixels);
  if (backend.name === 'auto') noted = noted.then(absolve);
  return done;
}
