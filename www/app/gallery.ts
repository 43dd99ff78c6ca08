import type { Announcer } from './announcer.js';
import { BatchBar, TOLD_EACH } from './batch.js';
import { Card } from './card.js';
import type { Choices } from './choices.js';
import { HandOut } from './hand-out.js';
import { Job, type JobState } from './job.js';
import { sentenceFor, text } from './text.js';

/** Cards that are made before the page has its turn again. */
const AT_ONCE = 4;
/** From so many on they are shown smaller. */
const MANY = 4;
/** How often it is told of one photo how far it is. */
const PROGRESS_MS = 15_000;

/** One photo in the list. */
export interface Item {
  readonly file: File;
  readonly element: HTMLElement;
  readonly state: JobState;
  /** The file that was made. */
  readonly result: File | undefined;
  cancel(): void;
  retry(): void;
  restyle(style: string): void;
  /** Gives its memory back. */
  letGo(): void;
}

/** The list of photos, in the order they came. */
export class Gallery {
  readonly #bar: BatchBar;
  #items: readonly Item[] = [];
  /** How often all were to be drawn in another style, or no longer. */
  #restyles = 0;
  /** Taken off the list, and not yet let go. */
  #cleared: ReadonlySet<Item> = new Set();

  constructor(
    readonly list: HTMLElement,
    readonly template: HTMLTemplateElement,
    readonly announcer: Announcer,
    bar: HTMLElement,
    elsewhere: HTMLElement,
  ) {
    this.#bar = new BatchBar(bar, announcer, elsewhere, {
      takeOff: (items) => {
        this.#cleared = new Set(items);
        this.#arrange();
      },
      restyle: (style) => void this.#restyle(style),
      cancel: (items) => {
        this.#restyles += 1;
        for (const item of items) item.cancel();
      },
      putBack: () => {
        this.#cleared = new Set();
        this.#arrange();
      },
      letGo: () => {
        for (const item of this.#cleared) item.letGo();
        this.#items = this.#listed;
        this.#cleared = new Set();
      },
    });
  }

  get empty(): boolean {
    return this.#items.length === 0;
  }

  get #listed(): readonly Item[] {
    return this.#items.filter((item) => !this.#cleared.has(item));
  }

  /** Resolves when all have a card. */
  async add(files: readonly File[], choices: Partial<Choices> = {}): Promise<void> {
    const before = this.#listed.length;
    for (let from = 0; from < files.length; from += AT_ONCE) {
      // A hundred cards at once would hold the page up.
      if (from > 0) await new Promise((resolve) => setTimeout(resolve));
      for (const file of files.slice(from, from + AT_ONCE)) this.#addOne(file, choices);
      this.#follow();
      // Below the others it would come unseen.
      if (from === 0 && before > 0) this.#listed[before]?.element.scrollIntoView({ block: 'nearest' });
    }
    if (files.length > TOLD_EACH) this.announcer.say(text('announce.begun-many', { count: files.length }));
    else for (const { name } of files) this.announcer.say(text('announce.begun', { name }));
  }

  /** Says something that concerns the whole list. */
  say(words: () => string): void {
    this.#bar.say(words);
  }

  #addOne(file: File, choices: Partial<Choices>): void {
    let told = 0;
    const tell = (state: JobState) => {
      card.render(state);
      // Another file of the same drawing is no news.
      const news = state.name !== item.state.name || (state.name === 'done' && state.setback !== undefined);
      item.state = state;
      item.result = resultOf(state, card);
      out.offer(item.result);
      if (news) told = performance.now();
      if (news) this.#announce(item);
      else if (state.name === 'running' && performance.now() - told > PROGRESS_MS) {
        told = performance.now();
        if (!this.#bar.tellsFor(item))
          this.announcer.say(text('announce.progress', { name: file.name, words: state.reading.words }));
      }
      this.#bar.follow(this.#listed);
    };
    const job = new Job(file, tell);
    const card = new Card(this.template, file, choices, {
      cancel: () => {
        job.cancel();
      },
      draw: (wish, anew) => void job.start(wish, anew),
      revise: (wish) => void job.revise(wish),
      remove: () => {
        this.#bar.takeOff([item]);
      },
    });
    const out = new HandOut(
      card.element,
      file.name,
      card.over,
      (words) => {
        this.announcer.say(words);
      },
      () => {
        card.focus();
      },
    );
    const item = {
      file,
      element: card.element,
      state: { name: 'waiting' } as JobState,
      result: undefined as File | undefined,
      cancel: () => {
        job.cancel();
      },
      retry: () => {
        card.retry();
      },
      restyle: (style: string) => {
        card.restyle(style);
      },
      letGo: () => {
        job.end();
        card.letGo();
      },
    };
    this.#items = [...this.#items, item];
    this.list.append(card.element);
    void card.begin();
  }

  async #restyle(style: string): Promise<void> {
    const own = (this.#restyles += 1);
    for (const [index, item] of this.#listed.entries()) {
      if (index % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      if (own !== this.#restyles) return;
      item.restyle(style);
    }
  }

  #arrange(): void {
    this.list.replaceChildren(...this.#listed.map(({ element }) => element));
    this.#follow();
  }

  #follow(): void {
    const count = this.#listed.length;
    document.body.classList.toggle('working', count > 0);
    this.list.classList.toggle('many', count >= MANY);
    this.#bar.follow(this.#listed);
  }

  /** What someone who does not see the page has to hear; progress is told by the bar itself. */
  #announce(item: Item): void {
    const { state } = item;
    const { name } = item.file;
    if (this.#bar.tellsFor(item)) return;
    const before = state.name === 'done' && state.setback !== undefined;
    const end = before ? state.setback : state;
    const again = before ? (state.provisional ? '-quick' : '-again') : '';
    if (end.name === 'done') this.announcer.say(text('announce.done', { name }));
    if (end.name === 'cancelled') this.announcer.say(text(`announce.cancelled${again}`, { name }));
    if (end.name === 'failed')
      this.announcer.say(text(`announce.failed${again}`, { name, sentence: sentenceFor(end.code) }));
  }
}

/** Named as it is saved. */
function resultOf(state: JobState, { save }: Card): File | undefined {
  if (state.name !== 'done' || !save) return undefined;
  const { blob } = state.conversion;
  return new File([blob], save.download, { type: blob.type });
}
