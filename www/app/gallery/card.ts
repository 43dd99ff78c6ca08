import type { Conversion } from '../../client/index.js';
import { BothMenu, type Layout } from '../before-after/menu.js';
import { theEditor } from '../crop/editor.js';
import { partOf, sameFraming, type Size } from '../crop/framing.js';
import { find, keepRoom } from '../shell/dom.js';
import { offerMoving } from '../moving/offer.js';
import { clear, extensionOf, offer } from '../shell/picture.js';
import { forgo, want, type Viewing } from '../styles/previews.js';
import { rememberStyle } from '../styles/last.js';
import { StylePicker } from '../styles/style-picker.js';
import { theConverter } from '../shell/converter.js';
import { onStyles } from '../shell/style-names.js';
import { onLanguage, text } from '../shell/text.js';
import { theViewer } from '../viewer/viewer.js';
import { CardElements } from './card-elements.js';
import { finishOf, lastChoices, type Beginning, type Choices } from '../finishing/choices.js';
import { wholeOf, type Wish } from './draw.js';
import { Finishing } from '../finishing/finishing.js';
import { photosFault, type JobState } from './job.js';
import { isWhole, Pictures } from './pictures.js';
import type { Remembered } from './session/memo.js';
import { viewOf } from './view.js';

export interface CardActions {
  cancel(): void;
  /** `anew` even if it is kept. */
  draw(wish: Wish, anew: boolean): void;
  /** Makes another file of what is drawn. */
  revise(wish: Wish): void;
  /** One file of photo and picture. */
  compare(comparison: { readonly comparison: Layout; readonly split: number }): Promise<Blob>;
  /** Takes it off the list. */
  remove(): void;
  /** Whether no photo before it is being drawn. */
  first(): boolean;
}

/** One photo in the list, beside its anime version. */
export class Card {
  readonly #file: File;
  readonly #actions: CardActions;
  readonly #elements: CardElements;
  readonly #pictures: Pictures;
  readonly #both: BothMenu;
  readonly #styles: StylePicker;
  readonly #finishing: Finishing;
  readonly #life = new AbortController();
  #state: JobState = { name: 'waiting' };
  #viewing: Viewing | undefined;
  #seen = false;
  /** What waits for the file as it is chosen. */
  readonly #waiting: (() => void)[] = [];

  /** `size` is the photo's, where it is known: then its frame has its shape from the start. */
  constructor(
    template: HTMLTemplateElement,
    file: File,
    size: Size | undefined,
    begin: Partial<Choices>,
    actions: CardActions,
  ) {
    this.#file = file;
    this.#actions = actions;
    this.#elements = new CardElements(template);
    const { element } = this;
    const framed = size && partOf(size, begin.framing ?? {});
    this.#pictures = new Pictures(element, file, framed);
    this.#styles = new StylePicker(find(element, '.styles', HTMLFieldSetElement), () => void this.#limitAndDraw());
    this.#finishing = this.#choosing({ ...lastChoices(), ...begin });
    if (framed) this.#finishing.photo = framed;
    this.#both = this.#bothMenu();
    this.#listen();
    this.#elements.name(file.name);
    onLanguage(this, this.over);
    onStyles(() => void this.#restyled(), this.over);
    this.#watchSight();
    void this.#showPhoto();
    void offerMoving(find(element, '.moving', HTMLElement), file, () => this.#styles.chosen, this.over);
  }

  get element(): HTMLLIElement {
    return this.#elements.root;
  }

  /** Draws in the style chosen last, once it is known which there are; or goes on where an earlier page was. */
  async begin(earlier?: Pick<Remembered, 'wish' | 'outcome'>): Promise<void> {
    this.render({ name: 'waiting' });
    await Promise.all([this.#finishing.follow(this.#file), this.#styles.fill()]);
    if (earlier?.wish.style !== undefined) this.#styles.choose(earlier.wish.style);
    await this.#limit();
    const { name } = this.#state;
    if (name === 'waiting' || (name === 'done' && earlier?.outcome === 'due')) this.#actions.draw(this.wish, false);
  }

  retranslate(): void {
    this.#elements.name(this.#file.name);
    this.#styles.retranslate();
    this.#finishing.retranslate();
    this.#pictures.split.retranslate();
    this.#describe();
  }

  /** What is chosen. */
  get wish(): Wish {
    return { style: this.#styles.chosen, choices: this.#finishing.choices };
  }

  /** Aborted when the card is let go. */
  get over(): AbortSignal {
    return this.#life.signal;
  }

  /** Where the result's file is, and its name; only while there is one. */
  get save(): HTMLAnchorElement | undefined {
    return this.#state.name === 'done' ? this.#elements.save : undefined;
  }

  /** Whether something is chosen that the file has not yet; then another is made. */
  get stale(): boolean {
    if (this.#state.name !== 'done') return false;
    const [made, chosen] = [this.#state.wish.choices, this.#finishing.choices].map(finishOf);
    return JSON.stringify(made) !== JSON.stringify(chosen);
  }

  /** Resolves once the file is as it is chosen, or it is known that there will be none. */
  async upToDate(): Promise<void> {
    if (this.stale)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  focus(): void {
    this.#elements.focus();
  }

  /** Gives back what the pictures hold; nothing can be done with the card from then on. */
  letGo(): void {
    this.#life.abort();
    this.#goOn();
    if (this.#viewing) forgo(this.#viewing);
    this.element.querySelectorAll('img').forEach(clear);
    URL.revokeObjectURL(this.#elements.save.href);
  }

  /** What a press on the button of this name does: what failed is tried again. */
  retry(): void {
    if (this.#state.name === 'done' && this.#state.tried) {
      const { style, choices } = this.#state.tried;
      if (style !== undefined) this.#styles.choose(style);
      this.#finishing.choices = choices;
      if (!sameFraming(choices.framing ?? {}, this.#pictures.framing)) this.#changeShape();
    }
    this.#actions.draw(this.wish, false);
  }

  /** Draws in this style, unless it is or will be in it, or no style would help. */
  restyle(style: string): void {
    const state = this.#state;
    const half = state.name === 'done' && state.provisional;
    const idle = state.name === 'failed' || state.name === 'cancelled' || half;
    const hopeless = state.name === 'failed' && photosFault(state);
    if (hopeless || (this.#styles.chosen === style && !idle)) return;
    this.#styles.choose(style);
    rememberStyle(style);
    void this.#limitAndDraw();
  }

  render(state: JobState): void {
    this.#state = state;
    // What is known now of how long things take.
    if (state.name === 'done') this.#finishing.retranslate();
    if (state.name === 'running' && state.preview) this.#pictures.show(state.preview);
    if (state.name === 'done') {
      if (state.setback) this.#goBack(state.wish.choices, state.whole.style);
      this.#finish(state.conversion, state.whole, state.wish.choices);
    }
    this.#describe();
    this.#both.offered = state.name === 'done' && this.#pictures.comparable;
    this.#preview();
    const busy = state.name === 'waiting' || state.name === 'running';
    if (!busy && !this.stale) this.#goOn();
  }

  #goOn(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #describe(): void {
    this.#elements.render(viewOf(this.#state, { name: this.#file.name, first: this.#actions.first() }));
  }

  #choosing(begin: Beginning): Finishing {
    const revise = () => {
      this.#actions.revise(this.wish);
    };
    const draw = () => {
      this.#actions.draw(this.wish, false);
    };
    const strength = () => {
      this.#blend();
    };
    return new Finishing(this.#elements.element('.finishing'), begin, { strength, revise, draw });
  }

  #bothMenu(): BothMenu {
    const saved = () => this.save?.download.replace(/\.[^.]*$/, '') ?? '';
    return new BothMenu(
      this.element,
      {
        name: () => text('both.file', { name: saved() }),
        compare: (comparison) => this.#actions.compare({ comparison, split: this.#pictures.split.at }),
        pictures: () => this.#photoAndDrawing(),
      },
      this.over,
    );
  }

  #listen(): void {
    const onPress = (selector: string, act: (button: HTMLButtonElement) => void) => {
      const button = this.#elements.button(selector);
      button.addEventListener('click', () => {
        act(button);
      });
    };
    onPress('.cancel', () => {
      this.#actions.cancel();
    });
    onPress('.retry', () => {
      this.retry();
    });
    onPress('.redo', () => {
      this.#actions.draw(this.wish, true);
    });
    onPress('.remove', () => {
      this.#actions.remove();
    });
    onPress('.enlarge', () => void this.#view());
    onPress('.open-crop', () => void this.#edit());
    onPress('.adjust', (button) => {
      const open = this.element.classList.toggle('open');
      button.ariaExpanded = String(open);
      this.element.scrollIntoView({ block: 'nearest' });
    });
  }

  #watchSight(): void {
    const observer = new IntersectionObserver((entries) => {
      // On a busy page several changes come together; the last one holds.
      this.#seen = entries.at(-1)?.isIntersecting ?? false;
      this.#preview();
    });
    observer.observe(this.element);
    this.over.addEventListener('abort', () => {
      observer.disconnect();
    });
  }

  async #limit(): Promise<void> {
    const models = await theConverter()
      .then((converter) => converter.styles())
      .catch(() => []);
    this.#finishing.limit(models.filter(({ style }) => style === (this.#styles.chosen ?? style)));
  }

  async #limitAndDraw(): Promise<void> {
    await this.#limit();
    this.#actions.draw(this.wish, false);
  }

  /** There are other styles, or they are called something else. */
  async #restyled(): Promise<void> {
    await this.#styles.fill();
    await this.#limit();
    this.#describe();
    this.#preview();
  }

  async #showPhoto(): Promise<void> {
    const size = await this.#pictures.showPhoto(this.#finishing.choices.framing ?? {});
    if (size === false) return;
    if (size) this.#finishing.photo = size;
    const { comparable } = this.#pictures;
    const crop = this.#elements.element('.open-crop');
    crop.hidden = !comparable;
    keepRoom(crop, false);
    this.#both.possible = comparable;
    this.#both.offered = comparable && this.#state.name === 'done';
    this.#preview();
  }

  /** What the file will be, while the slider moves; without a photo below it there is nothing to blend with. */
  #blend(): void {
    if (this.#state.name === 'done' && this.#pictures.comparable)
      this.#pictures.show(this.#state.whole, this.#finishing.choices.strength);
  }

  /** What is shown is what is chosen. */
  #goBack(choices: Choices, style: string): void {
    this.#styles.choose(style);
    this.#finishing.choices = choices;
    if (!sameFraming(choices.framing ?? {}, this.#pictures.framing)) this.#reframe();
    void this.#limit();
  }

  #finish(file: Conversion, whole: Conversion, asked: Choices): void {
    offer(this.#elements.save, file.blob, this.#fileName(file));
    const { choices } = this.#finishing;
    const same = JSON.stringify(asked) === JSON.stringify(choices);
    if (same || !this.#pictures.comparable) this.#pictures.show(file);
    else this.#pictures.show(whole, choices.strength);
    // Somebody went on choosing while it was drawn.
    if (!same) this.#actions.revise(this.wish);
  }

  #fileName({ blob, style }: Conversion): string {
    return `${this.#file.name.replace(/\.[^.]*$/, '')}-${style}.${extensionOf(blob)}`;
  }

  /** Lets a person turn, mirror and cut the photo, and draws what is left. */
  async #edit(): Promise<void> {
    const { framing: before = {}, ...rest } = this.#finishing.choices;
    const { small, size } = this.#pictures;
    const framing = await theEditor().edit({ name: this.#file.name, small, size, framing: before });
    if (!framing || sameFraming(framing, before) || this.over.aborted) return;
    this.#finishing.choices = { ...rest, ...(!isWhole(framing) && { framing }) };
    this.#changeShape();
    this.#actions.draw(this.wish, false);
  }

  /** What is shown is of another shape than what is drawn next. */
  #changeShape(): void {
    this.#pictures.hide();
    this.#reframe();
  }

  /** Shows the photo as it is framed now; what is shown of it elsewhere is no longer of it. */
  #reframe(): void {
    this.#pictures.hidePhoto();
    this.#styles.forgetPreviews();
    if (this.#viewing) forgo(this.#viewing);
    this.#viewing = undefined;
    void this.#showPhoto();
  }

  /** Asks for previews in every style while the card is seen. A sample's were drawn ahead, so that they need no engine. */
  #preview(): void {
    if (this.#state.name !== 'done' || !this.#seen || !this.#pictures.comparable) {
      if (this.#viewing) forgo(this.#viewing);
      return;
    }
    if (this.#styles.missing.length === 0) return;
    const { choices } = this.#finishing;
    const ahead = !choices.framing && this.#state.whole.cached?.ahead && wholeOf(choices);
    const viewing: Viewing = (this.#viewing ??= {
      photo: this.#file,
      small: this.#pictures.framed,
      landscape: this.#pictures.landscape,
      ...(ahead && { ahead }),
      styles: () => this.#styles.missing,
      show: (style, preview) => {
        // Not of the photo as it was framed before.
        if (viewing === this.#viewing) this.#styles.preview(style, preview);
      },
    });
    want(viewing);
  }

  /** The photo as it was drawn, as large as the drawing, and that as it is saved. */
  async #photoAndDrawing(): Promise<{ photo: Blob; drawing: Blob }> {
    await this.upToDate();
    if (this.#state.name !== 'done') throw new Error('there is no picture');
    const { blob: drawing, width, height } = this.#state.conversion;
    return { photo: await this.#pictures.photo(Math.max(width, height)), drawing };
  }

  async #view(): Promise<void> {
    await this.upToDate();
    if (this.#state.name !== 'done') return;
    const { conversion: file } = this.#state;
    await theViewer().show({
      title: this.#file.name,
      picture: file.blob,
      fileName: this.#fileName(file),
      ...(this.#pictures.comparable && { photo: (await this.#photoAndDrawing()).photo }),
      split: this.#pictures.split.at,
    });
  }
}
