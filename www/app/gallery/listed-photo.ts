import { Card } from './card.js';
import type { Size } from '../crop/framing.js';
import type { Choices } from '../finishing/choices.js';
import { HandOut } from './hand-out.js';
import { Job, type JobState } from './job.js';
import type { Remembered } from './session/memo.js';
import { theSession, type Noted } from './session/session.js';

/** How often it is told of one photo how far it is. */
const PROGRESS_MS = 15_000;

export interface Listeners {
  /** Something is different; `news` is what somebody who does not see the page has to hear. */
  change(news: boolean): void;
  progress(words: string): void;
  say(words: string): void;
  /** Takes it off the list. */
  remove(): void;
  /** Whether no photo before it is being drawn. */
  first(): boolean;
}

/** A photo that an earlier page had in its list, and what it is stored under. */
export type Listing = Remembered & { readonly id: string };

/** One photo in the list: its card, what is done with it, and what is remembered of it. */
export class ListedPhoto {
  readonly #listeners: Listeners;
  readonly #card: Card;
  readonly #job: Job;
  readonly #out: HandOut;
  #state: JobState = { name: 'waiting' };
  #result: File | undefined;
  #told = 0;
  #id = '';
  /** What an earlier page told already. */
  #quiet = false;

  constructor(
    template: HTMLTemplateElement,
    readonly file: File,
    size: Size | undefined,
    begin: Partial<Choices>,
    listeners: Listeners,
  ) {
    this.#listeners = listeners;
    const job = (this.#job = new Job(file, (state) => {
      this.#tell(state);
    }));
    const card: Card = (this.#card = new Card(template, file, size, begin, {
      cancel: () => {
        job.cancel();
      },
      draw: (wish, anew) => void job.start(wish, anew),
      revise: (wish) => {
        void job.revise(wish);
        // Where there is no picture yet nothing comes of it that would be noted.
        if (this.#state.name !== 'done') this.#note();
      },
      compare: async (comparison) => {
        await card.upToDate();
        return (await job.compare(comparison, card.over)).blob;
      },
      remove: () => {
        listeners.remove();
      },
      first: () => listeners.first(),
    }));
    this.#out = new HandOut(
      card.element,
      file.name,
      this,
      card.over,
      (words) => {
        listeners.say(words);
      },
      () => {
        card.focus();
      },
    );
  }

  /** Begins to draw, or goes on where an earlier page was. */
  begin(earlier?: Listing): void {
    void this.#card.begin(earlier);
    if (earlier) {
      this.#id = earlier.id;
      this.#quiet = true;
      this.#job.resume(earlier.finished, typeof earlier.outcome === 'string' ? undefined : earlier.outcome);
      this.#quiet = false;
    } else this.#id = theSession().add(this.file, this.noted());
  }

  get element(): HTMLElement {
    return this.#card.element;
  }

  get state(): JobState {
    return this.#state;
  }

  /** Whether another file is made than there is. */
  get stale(): boolean {
    return this.#card.stale;
  }

  /** The file that was made, as it is chosen now; none where there is none, or that one could not be made. */
  async result(): Promise<File | undefined> {
    if (!this.stale) return this.#result;
    await this.#card.upToDate();
    return this.#state.name === 'done' && this.#state.setback ? undefined : this.#result;
  }

  /** What it is stored under. */
  get id(): string {
    return this.#id;
  }

  /** What is to be found again after a reload. */
  noted(): Noted {
    return [this.#state, this.#card.wish, this.#job.finished];
  }

  async store(): Promise<void> {
    await theSession().put(this.#id, this.file, this.noted());
  }

  cancel(): void {
    this.#job.cancel();
  }

  retry(): void {
    this.#card.retry();
  }

  restyle(style: string): void {
    this.#card.restyle(style);
  }

  /** Gives its memory back. */
  letGo(): void {
    this.#job.end();
    this.#card.letGo();
  }

  #tell(state: JobState): void {
    const before = this.#state;
    this.#state = state;
    this.#card.render(state);
    this.#result = this.#nameResult(state);
    this.#out.offer(this.#result);
    if (state.name !== 'running') this.#note();
    // Another file of the same drawing is no news.
    const news = state.name !== before.name || (state.name === 'done' && state.setback !== undefined);
    if (news) this.#told = performance.now();
    else if (state.name === 'running' && performance.now() - this.#told > PROGRESS_MS) {
      this.#told = performance.now();
      this.#listeners.progress(state.reading.words);
    }
    this.#listeners.change(news && !this.#quiet);
  }

  #note(): void {
    void theSession().note(this.#id, this.noted());
  }

  /** Named as it is saved. */
  #nameResult(state: JobState): File | undefined {
    const { save } = this.#card;
    if (state.name !== 'done' || !save) return undefined;
    const { blob } = state.conversion;
    return new File([blob], save.download, { type: blob.type });
  }
}
