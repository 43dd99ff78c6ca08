import { NijigenError, type Conversion, type ErrorCode } from '../client/index.js';
import { draw, finish, type Drawn, type Listeners, type Wish } from './draw.js';
import { Meter, type Reading } from './meter.js';
import { studio } from './studio.js';

export type JobState =
  | { readonly name: 'waiting' }
  | { readonly name: 'running'; readonly reading: Reading; readonly preview?: Conversion }
  | (Finished & { readonly name: 'done'; readonly setback?: Setback })
  | Setback;

/** What was drawn last, and as what. */
interface Finished {
  readonly conversion: Conversion;
  readonly whole: Conversion;
  readonly wish: Wish;
}

/** Why an attempt gave no picture. One that was there before stays, and says so. */
export type Setback =
  { readonly name: 'failed'; readonly code: ErrorCode; readonly message: string } | { readonly name: 'cancelled' };

/** One photo on its way: started, cancelled, started again. Tells every change of its state. */
export class Job {
  #attempt = new AbortController();
  #finished: Finished | undefined;
  #drawing = false;

  constructor(
    readonly file: File,
    readonly onChange: (state: JobState) => void,
  ) {}

  /**
   * Waits behind the jobs started before; what this one was doing is given up. `anew` draws even what is kept. Never
   * rejects: what goes wrong is a state.
   */
  async start(wish: Wish, anew = false): Promise<void> {
    this.#drawing = true;
    await this.#try(
      wish,
      async (listeners) => draw(await studio(), this.file, wish, anew, listeners),
      (change) => {
        change({ name: 'waiting' });
      },
    );
  }

  /** Makes another file of what is drawn, which waits for nothing as long as the engine holds the drawing. */
  async revise(wish: Wish): Promise<void> {
    const whole = this.#finished?.whole;
    if (!whole || this.#drawing) return;
    await this.#try(wish, async (listeners) => finish(await studio(), this.file, whole, wish, listeners));
  }

  async #try(
    wish: Wish,
    work: (listeners: Listeners) => Promise<Drawn>,
    begin: (change: (state: JobState) => void) => void = () => undefined,
  ): Promise<void> {
    this.#attempt.abort();
    const { signal } = (this.#attempt = new AbortController());
    const meter = new Meter();
    let reading: Reading = { share: 0, words: '' };
    // What an attempt that was cancelled still has to say is no longer of interest.
    const change = (state: JobState) => {
      if (!signal.aborted) this.onChange(state);
    };
    begin(change);
    try {
      const { file, whole } = await work({
        signal,
        onProgress: (progress) => {
          reading = meter.read(progress);
          change({ name: 'running', reading });
        },
        onPreview: (preview) => {
          change({ name: 'running', reading, preview });
        },
      });
      if (signal.aborted) return;
      this.#drawing = false;
      this.#finished = { conversion: file, whole, wish };
      change({ name: 'done', ...this.#finished });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NijigenError) this.#fallBack({ name: 'failed', code: error.code, message: error.message });
      else this.#fallBack({ name: 'failed', code: 'internal', message: String(error) });
    }
  }

  cancel(): void {
    this.#attempt.abort();
    this.#fallBack({ name: 'cancelled' });
  }

  /** A finished picture is not lost with the attempt at another. */
  #fallBack(setback: Setback): void {
    this.#drawing = false;
    this.onChange(this.#finished ? { name: 'done', ...this.#finished, setback } : setback);
  }
}
