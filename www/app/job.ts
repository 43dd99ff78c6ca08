import { NijigenError, type Conversion, type ErrorCode } from '../client/index.js';
import { draw, finish, type Drawn, type Listeners, type Wish } from './draw.js';
import { Meter, type Reading } from './meter.js';
import { studio } from './studio.js';

export type JobState =
  | { readonly name: 'waiting' }
  | { readonly name: 'running'; readonly reading: Reading; readonly preview?: Conversion }
  | { readonly name: 'done'; readonly conversion: Conversion; readonly whole: Conversion }
  | { readonly name: 'failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly name: 'cancelled' };

/** One photo on its way: started, cancelled, started again. Tells every change of its state. */
export class Job {
  #attempt = new AbortController();
  #whole: Conversion | undefined;

  constructor(
    readonly file: File,
    readonly onChange: (state: JobState) => void,
  ) {}

  /**
   * Waits behind the jobs started before; what this one was doing is given up. `anew` draws even what is kept. Never
   * rejects: what goes wrong is a state.
   */
  async start(wish: Wish, anew = false): Promise<void> {
    this.#whole = undefined;
    await this.#try(
      async (listeners) => draw(await studio(), this.file, wish, anew, listeners),
      (change) => {
        change({ name: 'waiting' });
      },
    );
  }

  /** Makes another file of what is drawn, which waits for nothing as long as the engine holds the drawing. */
  async revise(wish: Wish): Promise<void> {
    const whole = this.#whole;
    if (whole) await this.#try(async (listeners) => finish(await studio(), this.file, whole, wish, listeners));
  }

  async #try(
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
      if (!signal.aborted) this.#whole = whole;
      change({ name: 'done', conversion: file, whole });
    } catch (error) {
      if (error instanceof NijigenError) change({ name: 'failed', code: error.code, message: error.message });
      else change({ name: 'failed', code: 'internal', message: String(error) });
    }
  }

  cancel(): void {
    this.#attempt.abort();
    this.onChange({ name: 'cancelled' });
  }
}
