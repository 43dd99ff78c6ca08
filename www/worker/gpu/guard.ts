// A driver can end the page, or the browser: then nothing is left to say so but what was noted before. What is larger than all
// that the GPU has drawn of a generator here is noted until it ends, and after two visits that ended first it is left alone.
import type { Backend } from '../../client/protocol.js';
import type { Drawer, Size } from './networks.js';
import { absolve, lasting, note, unfinished } from './verdicts.js';

const MOST_VISITS = 2;
/** Milliseconds for which a photo waits for the database. */
const PATIENCE = 500;

/** Pixels of the largest tile that was drawn, by the generator. */
const proven = new Map<string, number>();
let noted: Promise<void> = Promise.resolve();

let checked: Promise<void> | undefined;

/** Throws where what began on the GPU never ended on the last visits. */
export const checkVisits = ({ visit }: Backend): Promise<void> =>
  (checked ??= unfinished(visit).then((visits) => {
    if (visits >= MOST_VISITS) throw new Error(`${MOST_VISITS} visits ended while it was at work`);
  }));

/** Does what may end the page, with tiles of so many pixels; of a backend that was asked for nothing is noted. */
export async function guarded<T>(
  backend: Backend,
  { key }: Drawer,
  pixels: number,
  work: () => Promise<T>,
): Promise<T> {
  if (backend.name !== 'auto') return work();
  const name = lasting(key);
  noted = noted.then(() => note(name, backend.visit, pixels, 1));
  try {
    await Promise.race([noted, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    return await work();
  } finally {
    noted = noted.then(() => note(name, backend.visit, pixels, -1));
  }
}

/** The same of drawing a tile: one that is no larger than others before it is safe. Nothing is what was not drawn. */
export async function guardedTile<T>(
  backend: Backend,
  drawer: Drawer,
  { width, height }: Pick<Size, 'width' | 'height'>,
  work: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const pixels = width * height;
  const most = () => proven.get(drawer.key) ?? 0;
  if (pixels <= most()) return work();
  const done = await guarded(backend, drawer, pixels, work);
  if (done === undefined) return undefined;
  proven.set(drawer.key, Math.max(pixels, most()));
  if (backend.name === 'auto') noted = noted.then(() => absolve(lasting(drawer.key), pixels));
  return done;
}
