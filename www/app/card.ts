import type { Conversion, ErrorCode } from '../client/index.js';
import { lastChoices, type Choices } from './choices.js';
import { Compare } from './compare.js';
import { find } from './dom.js';
import { wholeOf, type Wish } from './draw.js';
import { Finishing } from './finishing.js';
import { failureOf, type JobState } from './job.js';
import { remember } from './memory.js';
import { clear, extensionOf, offer, show } from './picture.js';
import { forgo, want, type Viewing } from './previews.js';
import { STYLE_KEY, StylePicker } from './style-picker.js';
import { studio } from './studio.js';
import { onStyles, styleName } from './styles.js';
import { thumbnail } from './thumbnails.js';
import { decimal, onLanguage, sentenceFor, shortDay, size, text } from './text.js';
import { theViewer } from './viewer.js';

/** What only another photo helps against. */
const PHOTOS_FAULTS: readonly ErrorCode[] = ['unsupported-format', 'too-large', 'too-small', 'corrupt-image'];

export interface CardActions {
  cancel(): void;
  /** `anew` even if it is kept. */
  draw(wish: Wish, anew: boolean): void;
  /** Makes another file of what is drawn. */
  revise(wish: Wish): void;
  /** Takes it off the list. */
  remove(): void;
}

/** One photo in the list, beside its anime version. */
export class Card {
  readonly element: HTMLLIElement;
  readonly #file: File;
  readonly #actions: CardActions;
  readonly #compare: Compare;
  readonly #before: HTMLImageElement;
  readonly #after: HTMLImageElement;
  readonly #status: HTMLElement;
  readonly #meter: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #save: HTMLAnchorElement;
  readonly #cancel: HTMLButtonElement;
  readonly #retry: HTMLButtonElement;
  readonly #redo: HTMLButtonElement;
  readonly #remove: HTMLButtonElement;
  readonly #enlarge: HTMLButtonElement;
  readonly #styles: StylePicker;
  readonly #finishing: Finishing;
  readonly #life = new AbortController();
  #state: JobState = { name: 'waiting' };
  /** A copy of the photo, once there is one. */
  #small: Blob;
  /** The drawing that is shown. */
  #shown: Conversion | undefined;
  #viewing: Viewing | undefined;
  #seen = false;

  constructor(template: HTMLTemplateElement, file: File, begin: Partial<Choices>, actions: CardActions) {
    const element = find(document.importNode(template.content, true), '.card', HTMLLIElement);
    this.element = element;
    this.#file = this.#small = file;
    this.#actions = actions;
    this.#compare = new Compare(find(element, '.compare', HTMLElement));
    this.#before = find(element, '.before img', HTMLImageElement);
    this.#after = find(element, '.after img', HTMLImageElement);
    this.#status = find(element, '.status', HTMLElement);
    this.#meter = find(element, '.meter', HTMLElement);
    this.#problem = find(element, '.problem', HTMLElement);
    this.#save = find(element, '.save', HTMLAnchorElement);
    this.#cancel = find(element, '.cancel', HTMLButtonElement);
    this.#retry = find(element, '.retry', HTMLButtonElement);
    this.#redo = find(element, '.redo', HTMLButtonElement);
    this.#remove = find(element, '.remove', HTMLButtonElement);
    this.#enlarge = find(element, '.enlarge', HTMLButtonElement);
    this.#styles = new StylePicker(
      find(element, '.styles', HTMLFieldSetElement),
      () =>
        void this.#limit().then(() => {
          actions.draw(this.#wish(), false);
        }),
    );
    this.#finishing = new Finishing(
      find(element, '.finishing', HTMLElement),
      { ...lastChoices(), ...begin },
      {
        strength: () => {
          this.#blend();
        },
        revise: () => {
          actions.revise(this.#wish());
        },
        draw: () => {
          actions.draw(this.#wish(), false);
        },
      },
    );
    this.#onPress(this.#cancel, () => {
      actions.cancel();
    });
    this.#onPress(this.#retry, () => {
      this.retry();
    });
    this.#onPress(this.#redo, () => {
      actions.draw(this.#wish(), true);
    });
    this.#onPress(this.#remove, () => {
      actions.remove();
    });
    this.#onPress(this.#enlarge, () => void this.#view());
    this.#name();
    onLanguage(this, this.over);
    onStyles(() => void this.#restyle(), this.over);
    const observer = new IntersectionObserver(([entry]) => {
      this.#seen = entry?.isIntersecting ?? false;
      this.#preview();
    });
    observer.observe(element);
    this.over.addEventListener('abort', () => {
      observer.disconnect();
    });
    void this.#showPhoto();
  }

  /** Draws in the style chosen last, once it is known which there are. */
  async begin(): Promise<void> {
    this.render({ name: 'waiting' });
    await this.#styles.fill();
    await this.#limit();
    if (this.element.dataset['state'] === 'waiting') this.#actions.draw(this.#wish(), false);
  }

  retranslate(): void {
    this.#name();
    this.#styles.retranslate();
    this.#finishing.retranslate();
    this.#compare.split.retranslate();
    this.#tell(this.#state);
  }

  async #restyle(): Promise<void> {
    await this.#styles.fill();
    await this.#limit();
    this.#tell(this.#state);
    this.#preview();
  }

  #wish(): Wish {
    return { style: this.#styles.chosen, choices: this.#finishing.choices };
  }

  #onPress(button: HTMLButtonElement, act: () => void): void {
    button.addEventListener('click', act);
  }

  #name(): void {
    const { name } = this.#file;
    const heading = find(this.element, '.name', HTMLElement);
    heading.textContent = heading.title = name;
    this.#before.alt = text('card.photo-alt', { name });
    this.#after.alt = text('card.anime-alt', { name });
    this.#cancel.ariaLabel = text('card.cancel-label', { name });
    this.#retry.ariaLabel = text('card.retry-label', { name });
    this.#redo.ariaLabel = text('card.redo-label', { name });
    this.#remove.ariaLabel = text('card.remove-label', { name });
    this.#enlarge.ariaLabel = text('card.enlarge-label', { name });
    this.#meter.ariaLabel = text('card.progress-label', { name });
    find(this.element, '.divider', HTMLElement).ariaLabel = text('compare.label', { name });
    find(this.element, '.styles legend', HTMLElement).textContent = text('card.styles-label', { name });
  }

  async #limit(): Promise<void> {
    const models = await studio()
      .then((converter) => converter.styles())
      .catch(() => []);
    this.#finishing.limit(models.filter(({ style }) => style === (this.#styles.chosen ?? style)));
  }

  /** Aborted when the card is let go. */
  get over(): AbortSignal {
    return this.#life.signal;
  }

  /** Gives back what the pictures hold; nothing can be done with the card from then on. */
  letGo(): void {
    this.#life.abort();
    if (this.#viewing) forgo(this.#viewing);
    this.element.querySelectorAll('img').forEach(clear);
    URL.revokeObjectURL(this.#save.href);
  }

  /** What a press on the button of this name does: what failed is tried again. */
  retry(): void {
    if (this.#state.name === 'done' && this.#state.tried) {
      const { style, choices } = this.#state.tried;
      if (style !== undefined) this.#styles.choose(style);
      this.#finishing.choices = choices;
    }
    this.#actions.draw(this.#wish(), false);
  }

  /** Draws in this style, unless it is or will be in it, or no style would help. */
  restyle(style: string): void {
    const half = this.#state.name === 'done' && this.#state.provisional;
    const idle = this.#state.name === 'failed' || this.#state.name === 'cancelled' || half;
    if (this.element.dataset['fault'] === 'photo' || (this.#styles.chosen === style && !idle)) return;
    this.#styles.choose(style);
    remember(STYLE_KEY, style);
    void this.#limit().then(() => {
      this.#actions.draw(this.#wish(), false);
    });
  }

  /** Where the result's file is, and its name; only while there is one. */
  get save(): HTMLAnchorElement | undefined {
    return this.#save.hidden ? undefined : this.#save;
  }

  async #showPhoto(): Promise<void> {
    this.#small = await thumbnail(this.#file, this.element);
    const shown = await show(this.#before, this.#small);
    if (shown) this.#shape(this.#before.naturalWidth, this.#before.naturalHeight);
    // TIFF, for one, only Safari shows.
    find(this.element, '.missing', HTMLElement).hidden = shown;
    this.#compare.comparable = shown;
    this.#blend();
    this.#preview();
  }

  #shape(width: number, height: number): void {
    this.element.style.setProperty('--ratio', String(width / height));
  }

  /** How much of the drawing shows; without a photo below it, what is shown is blended already. */
  #blend(): void {
    const strength = this.#before.hidden ? 1 : this.#finishing.choices.strength;
    this.element.style.setProperty('--strength', String(strength));
  }

  render(state: JobState): void {
    this.#state = state;
    this.element.dataset['state'] = state.name;
    // What a smaller size or another style may help, and what only another photo.
    this.element.dataset['fault'] = state.name === 'failed' && PHOTOS_FAULTS.includes(state.code) ? 'photo' : '';
    // Controls that have been there stay, for somebody may be using them.
    if (state.name === 'done') this.element.dataset['drawn'] = '';
    this.#meter.hidden = state.name !== 'running' && state.name !== 'waiting';
    this.#problem.hidden = failureOf(state) === undefined;
    // Nothing stale is left for who reads the page otherwise.
    if (this.#meter.hidden) this.#meter.ariaValueText = null;
    if (state.name === 'running' && state.preview) this.#show(state.preview);
    if (state.name === 'done') {
      if (state.setback) this.#goBack(state.wish.choices, state.whole.style);
      this.#finish(state.conversion, state.whole, state.wish.choices);
    }
    this.#tell(state);
    this.#offer(state);
    this.#preview();
  }

  #tell(state: JobState): void {
    const problem = failureOf(state);
    if (problem) {
      find(this.#problem, '.sentence', HTMLElement).textContent = sentenceFor(problem.code);
      find(this.#problem, '.detail', HTMLElement).textContent = problem.message;
    }
    switch (state.name) {
      case 'waiting':
        this.#progress(0, text('status.waiting'));
        break;
      case 'running':
        this.#progress(state.reading.share, state.reading.words);
        break;
      case 'done':
        this.#describe(state.conversion, state.whole);
        if (state.setback)
          this.#status.textContent = text(`status.${state.setback.name}-${state.provisional ? 'quick' : 'again'}`);
        break;
      case 'failed':
        this.#status.textContent = text('status.failed');
        break;
      case 'cancelled':
        this.#status.textContent = text('status.cancelled');
        break;
    }
  }

  #progress(share: number, words: string): void {
    this.#status.textContent = words;
    this.#meter.ariaValueNow = String(Math.round(share * 100));
    this.#meter.ariaValueText = words;
    this.element.style.setProperty('--share', String(share));
  }

  /** Shows a drawing, unless it is the one that is there. What is there stays until then. */
  #show(conversion: Conversion): void {
    if (conversion.blob === this.#shown?.blob) return;
    const first = !this.#shown;
    this.#shown = conversion;
    const compare = this.#compare.root.classList;
    this.#shape(conversion.width, conversion.height);
    void show(this.#after, conversion.blob).then((shown) => {
      if (!shown) return;
      compare.add('drawn');
      compare.toggle('fresh', first);
    });
  }

  /** What is shown is what is chosen. */
  #goBack(choices: Choices, style: string): void {
    this.#styles.choose(style);
    this.#finishing.choices = choices;
    void this.#limit();
  }

  #finish(file: Conversion, whole: Conversion, asked: Choices): void {
    this.#show(this.#before.hidden ? file : whole);
    this.#blend();
    offer(this.#save, file.blob, this.#fileName(file));
    // Somebody went on choosing while it was drawn.
    if (JSON.stringify(asked) !== JSON.stringify(this.#finishing.choices)) this.#actions.revise(this.#wish());
  }

  #fileName({ blob, style }: Conversion): string {
    return `${this.#file.name.replace(/\.[^.]*$/, '')}-${style}.${extensionOf(blob)}`;
  }

  #describe(file: Conversion, { width, height, style, timings, drawn, cached }: Conversion): void {
    const what = { style: styleName(style), width, height };
    if (cached?.ahead) this.#status.textContent = text('status.ahead', what);
    else if (cached) this.#status.textContent = text('status.kept', { ...what, date: shortDay(cached.created) });
    else {
      const seconds = decimal((timings.prepare + timings.inference + timings.encode) / 1000, 1);
      this.#status.textContent = text('status.done', { ...what, seconds });
    }
    find(this.element, '.likeness', HTMLElement).textContent = text(drawn ? 'card.drawn' : 'card.near');
    const bytes = size(file.blob.size);
    const format = text(`format.${file.blob.type.replace('image/', '')}`);
    find(this.element, '.weight', HTMLElement).textContent = text('card.weight', { format, size: bytes });
    this.#save.ariaLabel = text('card.save-label', { name: this.#file.name, size: bytes });
  }

  /** Shows the actions that the state allows. The keyboard's focus is not lost with a button that goes. */
  #offer(state: JobState): void {
    const { name } = state;
    const focused = document.activeElement;
    const { cached, drawn } = state.name === 'done' ? state.whole : {};
    const done = name === 'done';
    find(this.element, '.likeness', HTMLElement).hidden = !drawn && cached?.kind !== 'near';
    find(this.element, '.weight', HTMLElement).hidden = !done;
    this.#redo.hidden = !cached;
    this.#save.hidden = !done;
    this.#cancel.hidden = name !== 'waiting' && name !== 'running';
    this.#remove.hidden = !this.#cancel.hidden;
    const half = state.name === 'done' && state.provisional;
    this.#retry.hidden = name !== 'cancelled' && !failureOf(state) && !half;
    if (focused?.matches('.actions > [hidden]') && this.element.contains(focused)) this.focus();
  }

  /** What can be done next has the focus. */
  focus(): void {
    this.element.querySelector<HTMLElement>('.desk .actions > :is(a, button):not([hidden])')?.focus();
  }

  /** Asks for previews in every style while the card is seen. A sample's were drawn ahead, so that they need no engine. */
  #preview(): void {
    if (this.#state.name !== 'done' || !this.#seen || this.#before.hidden) {
      if (this.#viewing) forgo(this.#viewing);
      return;
    }
    const missing = this.#styles.missing;
    if (missing.length === 0) return;
    const ahead = this.#state.whole.cached?.ahead && wholeOf(this.#finishing.choices);
    this.#viewing ??= {
      photo: this.#file,
      small: this.#small,
      landscape: this.#before.naturalWidth > this.#before.naturalHeight,
      ...(ahead && { ahead }),
      styles: () => this.#styles.missing,
      show: (style, preview) => {
        this.#styles.preview(style, preview);
      },
    };
    want(this.#viewing);
  }

  async #view(): Promise<void> {
    if (this.#state.name !== 'done') return;
    const { conversion: file, whole } = this.#state;
    await theViewer().show({
      title: this.#file.name,
      picture: file.blob,
      fileName: this.#fileName(file),
      ...(!this.#before.hidden && { photo: this.#file }),
      drawing: whole.blob,
      strength: this.#finishing.choices.strength,
      split: this.#compare.split.at,
    });
  }
}
