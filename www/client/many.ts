import type { Conversion } from './converter.js';
import { cancelled, NijigenError } from './error.js';
import type { Pool } from './pool.js';
import type { Source } from './source.js';

/** What became of one of many photos; `index` counts them from 0 as they came. */
export type Converted =
  | { readonly index: number; readonly source: Source; readonly conversion: Conversion; readonly error?: undefined }
  | { readonly index: number; readonly source: Source; readonly error: NijigenError; readonly conversion?: undefined };

export type Sources = Iterable<Source> | AsyncIterable<Source>;

/** @internal */
export interface Course {
  readonly ordered: boolean;
  readonly window: number;
  readonly signal: AbortSignal | undefined;
}

/** A photo on its way. */
interface Flight {
  landed: Converted | undefined;
  readonly landing: Promise<void>;
}

/**
 * Converts photos as they come. No more of them are taken from `sources` than can be drawn at once, and one, before
 * their results are taken from here.
 * @internal
 */
export async function* convertAll(
  sources: Sources,
  { ordered, window, signal }: Course,
  pool: Pool,
  convert: (source: Source, index: number, signal: AbortSignal) => Promise<Conversion>,
): AsyncGenerator<Converted, void, undefined> {
  const iterator = Symbol.asyncIterator in sources ? sources[Symbol.asyncIterator]() : sources[Symbol.iterator]();
  const given = lengthOf(sources);
  const room = pool.most + 1;
  const stop = new AbortController();
  const abort = () => {
    stop.abort();
  };
  const aborted = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => {
      reject(cancelled());
    });
  });
  aborted.catch(() => undefined);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();

  const batch = { expected: given ?? 0, held: true };
  pool.announce(batch);
  const open = setTimeout(decide, window);
  let flights: readonly Flight[] = [];
  let taken = 0;
  const supply = { ended: false };
  let taking: Promise<void> | undefined;

  function decide(): void {
    batch.held = false;
    pool.announce(batch);
  }

  function take(): void {
    if (taking || supply.ended || flights.length >= room) return;
    const next = Promise.resolve().then(() => iterator.next());
    taking = next.then(({ done, value }) => {
      taking = undefined;
      if (done) supply.ended = true;
      else flights = [...flights, depart(value)];
      // Of sources without a length it is known only that there are more than there is room for.
      batch.expected = supply.ended ? 0 : given !== undefined ? Math.max(0, given - taken) : taken >= room ? room : 0;
      if (supply.ended || flights.length >= room) decide();
      take();
    });
    // Met by whoever waits for it next.
    taking.catch(() => undefined);
  }

  function depart(source: Source): Flight {
    const index = taken++;
    const flight: Flight = {
      landed: undefined,
      landing: convert(source, index, stop.signal).then(
        (conversion) => {
          flight.landed = { index, source, conversion };
        },
        (error: unknown) => {
          flight.landed = { index, source, error: asNijigenError(error) };
        },
      ),
    };
    return flight;
  }

  try {
    for (;;) {
      if (stop.signal.aborted) throw cancelled();
      take();
      const first = ordered ? flights[0] : flights.find(({ landed }) => landed);
      if (first?.landed) {
        flights = flights.filter((flight) => flight !== first);
        take();
        yield first.landed;
      } else if (supply.ended && flights.length === 0) return;
      else await Promise.race([aborted, ...(taking ? [taking] : []), ...waitedFor(flights, ordered)]);
    }
  } finally {
    clearTimeout(open);
    signal?.removeEventListener('abort', abort);
    // Whoever leaves early wants no more of it.
    stop.abort();
    pool.forget(batch);
    if (!supply.ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

const waitedFor = (flights: readonly Flight[], ordered: boolean): Promise<void>[] =>
  (ordered ? flights.slice(0, 1) : flights).map(({ landing }) => landing);

function lengthOf(sources: object): number | undefined {
  if (Array.isArray(sources)) return sources.length;
  return sources instanceof Set ? sources.size : undefined;
}

const asNijigenError = (error: unknown): NijigenError =>
  error instanceof NijigenError ? error : new NijigenError('internal', String(error), { cause: error });
