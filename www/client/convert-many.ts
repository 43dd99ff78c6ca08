import type { Conversion } from './types.js';
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

type Convert = (source: Source, index: number, signal: AbortSignal) => Promise<Conversion>;

/**
 * Converts photos as they come. No more of them are taken from `sources` than can be drawn at once, and one, before
 * their results are taken from here.
 * @internal
 */
export async function* convertAll(
  sources: Sources,
  { ordered, window, signal }: Course,
  pool: Pool,
  convert: Convert,
): AsyncGenerator<Converted, void, undefined> {
  const stop = new Stop(signal);
  const flights = new Flights(sources, window, pool, (source, index) => convert(source, index, stop.signal));
  try {
    for (;;) {
      stop.check();
      flights.take();
      const landed = flights.landed(ordered);
      if (landed) {
        flights.take();
        yield landed;
      } else if (flights.over) return;
      else await Promise.race([stop.stopped, ...flights.waitedFor(ordered)]);
    }
  } finally {
    // Whoever leaves early wants no more of it.
    stop.end();
    flights.end();
  }
}

/** Ends all photos' conversions with one word. */
class Stop {
  readonly #controller = new AbortController();
  readonly #forget: () => void;
  /** Rejects once it was said. */
  readonly stopped: Promise<never>;

  constructor(signal: AbortSignal | undefined) {
    const abort = () => {
      this.#controller.abort();
    };
    this.stopped = new Promise<never>((_, reject) => {
      this.signal.addEventListener('abort', () => {
        reject(cancelled());
      });
    });
    this.stopped.catch(() => undefined);
    signal?.addEventListener('abort', abort, { once: true });
    this.#forget = () => signal?.removeEventListener('abort', abort);
    if (signal?.aborted) abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  check(): void {
    if (this.signal.aborted) throw cancelled();
  }

  end(): void {
    this.#forget();
    this.#controller.abort();
  }
}

/** The photos that are being drawn, or are drawn and not handed out; and where they come from. */
class Flights {
  readonly #iterator: Iterator<Source> | AsyncIterator<Source>;
  /** How many there are in all, where that is known. */
  readonly #given: number | undefined;
  readonly #room: number;
  /** What the pool knows of this: it waits with its plan until it is decided how many photos there are. */
  readonly #batch: { expected: number; held: boolean };
  readonly #window: ReturnType<typeof setTimeout>;
  #flights: readonly Flight[] = [];
  #taken = 0;
  #ended = false;
  #taking: Promise<void> | undefined;

  constructor(
    sources: Sources,
    window: number,
    readonly pool: Pool,
    readonly convert: (source: Source, index: number) => Promise<Conversion>,
  ) {
    this.#iterator = Symbol.asyncIterator in sources ? sources[Symbol.asyncIterator]() : sources[Symbol.iterator]();
    this.#given = lengthOf(sources);
    this.#room = pool.most + 1;
    this.#batch = { expected: this.#given ?? 0, held: true };
    pool.announce(this.#batch);
    this.#window = setTimeout(() => {
      this.#decide();
    }, window);
  }

  /** Whether all were handed out. */
  get over(): boolean {
    return this.#ended && this.#flights.length === 0;
  }

  get #full(): boolean {
    return this.#ended || this.#flights.length >= this.#room;
  }

  /** Takes photos while there is room for them. */
  take(): void {
    if (this.#taking || this.#full) return;
    const next = Promise.resolve().then(() => this.#iterator.next());
    this.#taking = next.then(({ done, value }) => {
      this.#taking = undefined;
      if (done) this.#ended = true;
      else this.#depart(value);
      this.#batch.expected = this.#expected;
      if (this.#full) this.#decide();
      this.take();
    });
    // Met by whoever waits for it next.
    this.#taking.catch(() => undefined);
  }

  /** The next result, if there is one. */
  landed(ordered: boolean): Converted | undefined {
    const first = ordered ? this.#flights[0] : this.#flights.find(({ landed }) => landed);
    if (!first?.landed) return undefined;
    this.#flights = this.#flights.filter((flight) => flight !== first);
    return first.landed;
  }

  /** What there may be a next result after. */
  waitedFor(ordered: boolean): Promise<void>[] {
    const landings = (ordered ? this.#flights.slice(0, 1) : this.#flights).map(({ landing }) => landing);
    return [...(this.#taking ? [this.#taking] : []), ...landings];
  }

  end(): void {
    clearTimeout(this.#window);
    this.pool.forget(this.#batch);
    if (!this.#ended) void Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
  }

  /** Of sources without a length it is known only that there are more than there is room for. */
  get #expected(): number {
    if (this.#ended) return 0;
    if (this.#given !== undefined) return Math.max(0, this.#given - this.#taken);
    return this.#taken >= this.#room ? this.#room : 0;
  }

  #decide(): void {
    this.#batch.held = false;
    this.pool.announce(this.#batch);
  }

  #depart(source: Source): void {
    const index = this.#taken++;
    const flight: Flight = {
      landed: undefined,
      landing: this.convert(source, index).then(
        (conversion) => {
          flight.landed = { index, source, conversion };
        },
        (error: unknown) => {
          flight.landed = { index, source, error: asNijigenError(error) };
        },
      ),
    };
    this.#flights = [...this.#flights, flight];
  }
}

function lengthOf(sources: object): number | undefined {
  if (Array.isArray(sources)) return sources.length;
  return sources instanceof Set ? sources.size : undefined;
}

const asNijigenError = (error: unknown): NijigenError =>
  error instanceof NijigenError ? error : new NijigenError('internal', String(error), { cause: error });
