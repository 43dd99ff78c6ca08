import { NijigenError, type Conversion, type ConvertOptions, type ErrorCode } from '../client/index.js';
import { Meter, type Reading } from './meter.js';
import { drawing } from './settings.js';
import { studio } from './studio.js';

export type JobState =
  | { readonly name: 'waiting' }
  | { readonly name: 'running'; readonly reading: Reading }
  | { readonly name: 'done'; readonly conversion: Conversion }
  | { readonly name: 'failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly name: 'cancelled' };

/** One photo on its way: started, cancelled, started again. Tells every change of its state. */
export class Job {
  #attempt = new AbortController();

  constructor(
    readonly file: File,
    readonly onChange: (state: JobState) => void,
    /** Beside what the page's settings say. */
    readonly options: Pick<ConvertOptions, 'format'> = {},
  ) {}

  /**
   * Waits behind the jobs started before; what this one was doing is given up. `anew` draws even what is kept. Never
   * rejects: what goes wrong is a state.
   */
  async start(style?: string, anew = false): Promise<void> {
    this.#attempt.abort();
    const { signal } = (this.#attempt = new AbortController());
    const meter = new Meter();
    // What an attempt that was cancelled still has to say is no longer of interest.
    const change = (state: JobState) => {
      if (!signal.aborted) this.onChange(state);
    };
    change({ name: 'waiting' });
    try {
      const converter = await studio();
      const conversion = await converter.convert(this.file, {
        ...this.options,
        ...drawing(),
        signal,
        cache: anew ? 'refresh' : 'use',
        ...(style !== undefined && { style }),
        onProgress: (progress) => {
          change({ name: 'running', reading: meter.read(progress) });
        },
      });
      change({ name: 'done', conversion });
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
