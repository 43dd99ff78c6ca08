import { NijigenError, type ConvertOptions } from '../../client/index.js';
import { whileUnsaved } from '../shell/activity.js';
import { closeElsewhere, find, keepRoom } from '../shell/dom.js';
import { extensionOf, saveAs } from '../shell/picture.js';
import { onLanguage, sentenceFor, text } from '../shell/text.js';
import { filmType } from '../film/recorder.js';
import { filmOf } from './film.js';

export type Layout = NonNullable<ConvertOptions['comparison']>;

export interface BothActions {
  /** What the files are called, without an ending. */
  name(): string;
  /** One file of both. */
  compare(layout: Layout): Promise<Blob>;
  /** The photo as it was drawn, and the drawing. */
  pictures(): Promise<{ readonly photo: Blob; readonly drawing: Blob }>;
}

/** Saves a photo and its drawing together: beside each other, divided by a line, or as a film of that line. */
export class BothMenu {
  readonly #menu: HTMLDetailsElement;
  readonly #made: HTMLElement;
  readonly #buttons: readonly HTMLButtonElement[];
  #words = () => '';

  constructor(root: HTMLElement, actions: BothActions, over: AbortSignal) {
    this.#menu = find(root, '.both', HTMLDetailsElement);
    this.#made = find(root, '.made', HTMLElement);
    this.#buttons = [...this.#menu.querySelectorAll('button')];
    closeElsewhere(this.#menu, over);
    // It may begin at the screen's lower edge.
    this.#menu.addEventListener('toggle', () => {
      if (this.#menu.open) find(this.#menu, '.menu', HTMLElement).scrollIntoView({ block: 'nearest' });
    });
    const type = filmType();
    for (const button of this.#buttons) {
      const { layout } = button.dataset;
      if (layout === 'animation') button.hidden = type === undefined;
      button.addEventListener('click', () => {
        void this.#save(actions, async () => {
          if (layout !== 'animation') return actions.compare(layout as Layout);
          const { photo, drawing } = await actions.pictures();
          return filmOf(photo, drawing, type ?? '');
        });
      });
    }
    onLanguage(this, over);
  }

  /** Without a photo that is shown there never are two. */
  set possible(possible: boolean) {
    this.#menu.hidden = !possible;
  }

  /** Before there is a drawing there are no two. */
  set offered(offered: boolean) {
    keepRoom(this.#menu, !offered);
    if (offered) return;
    this.#menu.open = false;
    this.#say(() => '');
  }

  retranslate(): void {
    this.#made.textContent = this.#words();
  }

  #say(words: () => string): void {
    this.#words = words;
    this.retranslate();
  }

  async #save(actions: BothActions, make: () => Promise<Blob>): Promise<void> {
    find(this.#menu, 'summary', HTMLElement).focus();
    this.#menu.open = false;
    this.#busy(true);
    this.#say(() => text('both.making'));
    try {
      const file = await whileUnsaved(make());
      const name = `${actions.name()}.${extensionOf(file)}`;
      saveAs(file, name);
      this.#say(() => text('both.saved', { name }));
    } catch (error) {
      const code = error instanceof NijigenError ? error.code : 'internal';
      this.#say(() => (code === 'cancelled' ? '' : sentenceFor(code)));
    } finally {
      this.#busy(false);
    }
  }

  #busy(busy: boolean): void {
    for (const button of this.#buttons) button.disabled = busy;
  }
}
