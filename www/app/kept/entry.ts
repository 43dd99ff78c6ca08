import type { CacheEntry } from '../../client/index.js';
import { find } from '../shell/dom.js';
import { show } from '../shell/picture.js';
import { counted, day, size, text } from '../shell/text.js';

/** How long a deleted picture can be taken back; longer while somebody is about to. */
const UNDO_MS = 8000;
const LOOK_AGAIN_MS = 1000;

export interface EntryActions {
  open(): void;
  save(): void;
  /** Called when it is deleted, which may still be undone. */
  remove(): void;
  undo(): void;
  /** Called when it can no longer be undone. */
  removed(): void;
}

/** One kept picture in the list. */
export class EntryRow {
  readonly element: HTMLLIElement;
  readonly #image: HTMLImageElement;
  readonly #actions: EntryActions;
  readonly #remove: HTMLButtonElement;
  readonly #undo: HTMLButtonElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(template: HTMLTemplateElement, entry: CacheEntry, style: string, actions: EntryActions) {
    this.element = find(document.importNode(template.content, true), '.entry', HTMLLIElement);
    this.#actions = actions;
    this.#image = find(this.element, 'img', HTMLImageElement);
    this.#remove = find(this.element, '.remove', HTMLButtonElement);
    this.#undo = find(this.element, '.undo', HTMLButtonElement);
    const look = find(this.element, '.look', HTMLButtonElement);
    const save = find(this.element, '.save', HTMLButtonElement);

    const date = day(entry.created);
    find(this.element, '.style', HTMLElement).textContent = style;
    const hits = entry.hits === 0 ? text('kept.hits-none') : counted('kept.hits', entry.hits);
    find(this.element, '.facts', HTMLElement).textContent = text('kept.facts', { date, size: size(entry.bytes), hits });
    look.ariaLabel = text('kept.open-label', { style, date });
    save.ariaLabel = text('kept.save-label', { style, date });
    this.#remove.ariaLabel = text('kept.remove-label', { style, date });
    this.#undo.ariaLabel = text('kept.undo-label', { style, date });
    look.addEventListener('click', () => {
      actions.open();
    });
    save.addEventListener('click', () => {
      actions.save();
    });
    this.#remove.addEventListener('click', () => {
      this.#show(true);
      this.#undo.focus();
      this.#wait(UNDO_MS);
      actions.remove();
    });
    this.#undo.addEventListener('click', () => {
      clearTimeout(this.#timer);
      this.#show(false);
      this.#remove.focus();
      actions.undo();
    });
    void show(this.#image, entry.thumbnail);
  }

  #show(removed: boolean): void {
    for (const part of this.element.children)
      (part as HTMLElement).hidden = part.matches('.gone, .undo') ? !removed : removed;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const pointed = matchMedia('(hover: hover)').matches && this.element.matches(':hover');
      if (pointed || this.#undo.matches(':focus-visible')) this.#wait(LOOK_AGAIN_MS);
      else this.#actions.removed();
    }, ms);
  }

  focus(): void {
    this.#remove.focus();
  }

  /** Takes the row off the page and gives its memory back. */
  dispose(): void {
    clearTimeout(this.#timer);
    if (this.#image.src) URL.revokeObjectURL(this.#image.src);
    this.element.remove();
  }
}
