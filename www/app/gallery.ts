import { Card } from './card.js';
import type { Choices } from './choices.js';
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

  add(files: readonly File[], choices: Partial<Choices> = {}): void {
    for (const file of files) this.#addOne(file, choices);
    document.body.classList.toggle('working', !this.empty);
  }

  #addOne(file: File, choices: Partial<Choices>): void {
    let before: JobState['name'] | undefined;
    const tell = (state: JobState) => {
      card.render(state);
      // Another file of the same drawing is no news.
      if (state.name !== before) this.#announce(file.name, state);
      before = state.name;
    };
    const job = new Job(file, tell);
    const card = new Card(this.template, file, choices, {
      cancel: () => {
        job.cancel();
      },
      draw: (wish, anew) => void job.start(wish, anew),
      revise: (wish) => void job.revise(wish),
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
