import type { Conversion } from '../client/index.js';
import { find } from './dom.js';
import type { JobState } from './job.js';
import { clear, extensionOf, show } from './picture.js';
import { StylePicker } from './style-picker.js';
import { thumbnail } from './thumbnails.js';
import { sentenceFor, text, textOr } from './text.js';

export interface CardActions {
  cancel(): void;
  /** In the default style where none is given; `anew` even if it is kept. */
  draw(style: string | undefined, anew: boolean): void;
}

/** One photo in the list, beside its anime version. */
export class Card {
  readonly element: HTMLLIElement;
  readonly #file: File;
  readonly #before: HTMLImageElement;
  readonly #after: HTMLImageElement;
  readonly #status: HTMLElement;
  readonly #meter: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #save: HTMLAnchorElement;
  readonly #cancel: HTMLButtonElement;
  readonly #retry: HTMLButtonElement;
  readonly #redo: HTMLButtonElement;
  readonly #likeness: HTMLElement;
  readonly #styles: StylePicker;
  readonly #actions: CardActions;

  constructor(template: HTMLTemplateElement, file: File, actions: CardActions) {
    this.element = find(document.importNode(template.content, true), '.card', HTMLLIElement);
    this.#file = file;
    this.#before = find(this.element, '.before img', HTMLImageElement);
    this.#after = find(this.element, '.after img', HTMLImageElement);
    this.#status = find(this.element, '.status', HTMLElement);
    this.#meter = find(this.element, '.meter', HTMLElement);
    this.#problem = find(this.element, '.problem', HTMLElement);
    this.#save = find(this.element, '.save', HTMLAnchorElement);
    this.#cancel = find(this.element, '.cancel', HTMLButtonElement);
    this.#retry = find(this.element, '.retry', HTMLButtonElement);
    this.#redo = find(this.element, '.redo', HTMLButtonElement);
    this.#likeness = find(this.element, '.likeness', HTMLElement);
    this.#actions = actions;

    const { name } = file;
    find(this.element, '.name', HTMLElement).textContent = name;
    this.#before.alt = text('card.photo-alt', { name });
    this.#after.alt = text('card.anime-alt', { name });
    this.#save.ariaLabel = text('card.save-label', { name });
    this.#cancel.ariaLabel = text('card.cancel-label', { name });
    this.#retry.ariaLabel = text('card.retry-label', { name });
    this.#redo.ariaLabel = text('card.redo-label', { name });
    this.#meter.ariaLabel = text('card.progress-label', { name });
    const styles = find(this.element, '.styles', HTMLFieldSetElement);
    this.#styles = new StylePicker(styles, text('card.styles-label', { name }), (style) => {
      actions.draw(style, false);
    });
    this.#cancel.addEventListener('click', () => {
      actions.cancel();
    });
    this.#retry.addEventListener('click', () => {
      this.retry();
    });
    this.#redo.addEventListener('click', () => {
      actions.draw(this.#styles.chosen, true);
    });
    void this.#showPhoto();
  }

  /** Draws in the style chosen last, once it is known which there are. */
  async begin(): Promise<void> {
    this.render({ name: 'waiting' });
    await this.#styles.fill();
    if (this.element.dataset['state'] === 'waiting') this.#actions.draw(this.#styles.chosen, false);
  }

  /** What a press on the button of this name does. */
  retry(): void {
    this.#actions.draw(this.#styles.chosen, false);
  }

  /** Where the result's file is, and its name; only while there is one. */
  get save(): HTMLAnchorElement | undefined {
    return this.#save.hidden ? undefined : this.#save;
  }

  async #showPhoto(): Promise<void> {
    const shown = await show(this.#before, await thumbnail(this.#file, this.element));
    if (shown) this.#shape(this.#before.naturalWidth, this.#before.naturalHeight);
    // TIFF, for one, only Safari shows.
    find(this.element, '.missing', HTMLElement).hidden = shown;
  }

  #shape(width: number, height: number): void {
    this.element.style.setProperty('--ratio', String(width / height));
  }

  render(state: JobState): void {
    this.element.dataset['state'] = state.name;
    this.#meter.hidden = state.name !== 'running' && state.name !== 'waiting';
    this.#problem.hidden = state.name !== 'failed';
    switch (state.name) {
      case 'waiting':
        clear(this.#after);
        this.#progress(0, text('status.waiting'));
        break;
      case 'running':
        this.#progress(state.reading.share, state.reading.words);
        break;
      case 'done':
        this.#finish(state.conversion);
        break;
      case 'failed':
        this.#status.textContent = text('status.failed');
        find(this.#problem, '.sentence', HTMLElement).textContent = sentenceFor(state.code);
        find(this.#problem, '.detail', HTMLElement).textContent = state.message;
        break;
      case 'cancelled':
        this.#status.textContent = text('status.cancelled');
        break;
    }
    this.#offer(state);
  }

  #progress(share: number, words: string): void {
    this.#status.textContent = words;
    this.#meter.ariaValueNow = String(Math.round(share * 100));
    this.#meter.ariaValueText = words;
    this.element.style.setProperty('--share', String(share));
  }

  #finish({ blob, width, height, style, timings, drawn, cached }: Conversion): void {
    const seconds = ((timings.prepare + timings.inference + timings.encode) / 1000).toFixed(1);
    const what = { style: textOr(`style.${style}`, style), width, height };
    if (cached?.ahead) this.#status.textContent = text('status.ahead', what);
    else if (cached)
      this.#status.textContent = text('status.kept', { ...what, date: new Date(cached.created).toLocaleDateString() });
    else this.#status.textContent = text('status.done', { ...what, seconds });
    this.#likeness.textContent = text(drawn ? 'card.drawn' : 'card.near');
    this.#shape(width, height);
    void show(this.#after, blob);
    this.#save.href = this.#after.src;
    this.#save.download = `${this.#file.name.replace(/\.[^.]*$/, '')}-${style}.${extensionOf(blob)}`;
  }

  /** Shows the actions that the state allows. The keyboard's focus is not lost with a button that goes. */
  #offer(state: JobState): void {
    const { name } = state;
    const focused = document.activeElement;
    const { cached, drawn } = state.name === 'done' ? state.conversion : {};
    this.#likeness.hidden = !drawn && cached?.kind !== 'near';
    this.#redo.hidden = !cached;
    this.#save.hidden = name !== 'done';
    this.#cancel.hidden = name !== 'waiting' && name !== 'running';
    this.#retry.hidden = name !== 'failed' && name !== 'cancelled';
    const actions = [this.#save, this.#cancel, this.#retry, this.#redo];
    if (actions.some((action) => action === focused && action.hidden))
      actions.find((action) => !action.hidden)?.focus();
  }
}
