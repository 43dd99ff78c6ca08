import { NijigenError, type Conversion, type ErrorCode, type Progress } from '../../client/index.js';
import { compare, draw, finish, recall, type Drawn, type Listeners, type Wish } from './draw.js';
import { kindOf, type FileKind } from '../shell/kind.js';
import { Meter, type Reading } from './meter.js';
import { theConverter } from '../shell/converter.js';

export type JobState =
  | { readonly name: 'waiting' }
  | { readonly name: 'running'; readonly reading: Reading; readonly preview?: Conversion }
  | (Finished & { readonly name: 'done'; readonly setback?: Setback; readonly tried?: Wish })
  | Setback;

/** What was drawn last, and as what. */
export interface Finished {
  readonly conversion: Conversion;
  readonly whole: Conversion;
  readonly wish: Wish;
  /** Milliseconds that somebody waited for it, all that came before the drawing included. */
  readonly took: number;
  /** It is the preview of a picture that did not come. */
  readonly provisional?: true;
}

/** Why an attempt gave no picture. One that was there before stays, and says so. */
export type Setback =
  | {
      readonly name: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      /** What the file is, where that is why. */
      readonly kind?: FileKind;
    }
  | { readonly name: 'cancelled' };

/** One photo on its way: started, cancelled, started again. Tells every change of its state. */
export class Job {
  #attempt = new AbortController();
  #finished: Finished | undefined;
  #drawing = false;
  /** What the last attempt was to give. */
  #tried: Wish | undefined;

  constructor(
    readonly file: File,
    readonly onChange: (state: JobState) => void,
  ) {}

  /** The picture that there is. */
  get finished(): Finished | undefined {
    return this.#finished;
  }

  /** Goes on where an earlier page was: with a picture, or what has become of it. */
  resume(finished: Finished | undefined, setback?: Setback): void {
    this.#finished = finished;
    if (finished) recall(finished);
    if (finished) this.onChange({ name: 'done', ...finished });
    else if (setback) this.onChange(setback);
  }

  /**
   * Waits behind the jobs started before; what this one was doing is given up. `anew` draws even what is kept. Never
   * rejects: what goes wrong is a state.
   */
  async start(wish: Wish, anew = false): Promise<void> {
    this.#drawing = true;
    await this.#try(wish, async (listeners) => draw(await theConverter(), this.file, wish, anew, listeners), true);
  }

  /** Makes another file of what is drawn, which waits for nothing as long as the engine holds the drawing. */
  async revise(wish: Wish): Promise<void> {
    const whole = this.#finished?.whole;
    if (!whole || this.#drawing) return;
    await this.#try(wish, async (listeners) => finish(await theConverter(), this.file, whole, wish, listeners));
  }

  /** The photo and its picture in one file. */
  async compare(comparison: Parameters<typeof compare>[4], signal: AbortSignal): Promise<Conversion> {
    if (!this.#finished) throw new NijigenError('cancelled', 'there is no picture');
    const { whole, wish } = this.#finished;
    return compare(await theConverter(), this.file, whole, wish, comparison, signal);
  }

  async #try(wish: Wish, work: (listeners: Listeners) => Promise<Drawn>, waits = false): Promise<void> {
    this.#tried = wish;
    this.#attempt.abort();
    const { signal } = (this.#attempt = new AbortController());
    const begin = performance.now();
    const before = this.#finished?.took;
    let drawn = waits;
    // What an attempt that was cancelled still has to say is no longer of interest.
    const change = (state: JobState) => {
      if (!signal.aborted) this.onChange(state);
    };
    if (waits) change({ name: 'waiting' });
    const listeners = this.#listeners(wish, signal, begin, change);
    const onWaiting = () => {
      this.#drawing = drawn = true;
      listeners.onWaiting();
    };
    try {
      const { file, whole } = await work({ signal, ...listeners, onWaiting });
      if (signal.aborted) return;
      this.#drawing = false;
      // Another file of the same drawing is no other drawing.
      const took = drawn ? performance.now() - begin : (before ?? 0);
      this.#finished = { conversion: file, whole, wish, took };
      change({ name: 'done', ...this.#finished });
    } catch (error) {
      const { code, message } =
        error instanceof NijigenError ? error : { code: 'internal' as const, message: String(error) };
      const kind = code === 'unsupported-format' ? await kindOf(this.file) : undefined;
      if (signal.aborted) return;
      this.#fallBack({ name: 'failed', code, message, ...(kind && { kind }) });
    }
  }

  /** What an attempt that began at this time tells. */
  #listeners(wish: Wish, signal: AbortSignal, begin: number, change: (state: JobState) => void) {
    let meter = new Meter();
    let reading: Reading = { share: 0, words: '' };
    return {
      onWaiting: () => {
        // It is drawn once more.
        meter = new Meter();
        change({ name: 'waiting' });
      },
      onProgress: (progress: Progress) => {
        reading = meter.read(progress);
        change({ name: 'running', reading });
      },
      onPreview: (preview: Conversion) => {
        if (signal.aborted) return;
        // It is a picture, should what comes after it be cancelled or fail. The photo is not blended in yet.
        if (!this.#finished || this.#finished.provisional) {
          const whole = { ...wish, choices: { ...wish.choices, strength: 1 } };
          const took = performance.now() - begin;
          this.#finished = { conversion: preview, whole: preview, wish: whole, took, provisional: true };
        }
        change({ name: 'running', reading, preview });
      },
    };
  }

  cancel(): void {
    this.end();
    this.#fallBack({ name: 'cancelled' });
  }

  /** Gives up what is being done, and tells nobody. */
  end(): void {
    this.#attempt.abort();
  }

  /** A finished picture is not lost with the attempt at another. */
  #fallBack(setback: Setback): void {
    this.#drawing = false;
    const tried = this.#tried && { tried: this.#tried };
    this.onChange(this.#finished ? { name: 'done', ...this.#finished, setback, ...tried } : setback);
  }
}

/** What went wrong last, if it did. */
export function failureOf(state: JobState): Extract<Setback, { name: 'failed' }> | undefined {
  const setback = state.name === 'done' ? state.setback : state;
  return setback?.name === 'failed' ? setback : undefined;
}

/** What only another photo helps against, and no second attempt. */
const PHOTOS_FAULTS: readonly ErrorCode[] = ['unsupported-format', 'too-large', 'too-small', 'corrupt-image'];

/** Whether the photo itself is why there is no picture. */
export function photosFault(state: JobState): boolean {
  const failure = failureOf(state);
  return failure !== undefined && PHOTOS_FAULTS.includes(failure.code);
}
