import type { ConvertOptions } from '../client/index.js';
import { Card } from './card.js';
import { Job, type JobState } from './job.js';
import { sentenceFor, text } from './text.js';

const ANNOUNCEMENTS_KEPT = 10;

/** The list of photos, in the order they came. */
export class Gallery {
  constructor(
    readonly list: HTMLElement,
    readonly template: HTMLTemplateElement,
    readonly announcements: HTMLElement,
  ) {}

  get empty(): boolean {
    return this.list.childElementCount === 0;
  }

  add(files: readonly File[], options: Pick<ConvertOptions, 'format'> = {}): void {
    for (const file of files) this.#addOne(file, options);
    document.body.classList.toggle('working', !this.empty);
  }

  #addOne(file: File, options: Pick<ConvertOptions, 'format'>): void {
    const tell = (state: JobState) => {
      card.render(state);
      this.#announce(file.name, state);
    };
    const job = new Job(file, tell, options);
    const card = new Card(this.template, file, {
      cancel: () => {
        job.cancel();
      },
      draw: (style, anew) => void job.start(style, anew),
    });
    this.list.append(card.element);
    void card.begin();
  }

  /** What someone who does not see the page has to hear; progress is told by the bar itself. */
  #announce(name: string, state: JobState): void {
    if (state.name === 'done') this.#say(text('announce.done', { name }));
    if (state.name === 'cancelled') this.#say(text('announce.cancelled', { name }));
    if (state.name === 'failed') this.#say(text('announce.failed', { name, sentence: sentenceFor(state.code) }));
  }

  /** Adds to what was said before: two photos may end at the same moment. */
  #say(words: string): void {
    const line = document.createElement('p');
    line.textContent = words;
    this.announcements.append(line);
    while (this.announcements.childElementCount > ANNOUNCEMENTS_KEPT) this.announcements.firstElementChild?.remove();
  }
}
