import type { ModelEntry, OutputFormat } from '../../client/index.js';
import { DEFAULTS, FORMATS } from '../../client/core.js';
import { fits, QUALITIES, rememberChoices, SIZES, tooSmallToMark, type Beginning, type Choices } from './choices.js';
import type { Framing, Size } from '../crop/framing.js';
import { find } from '../shell/dom.js';
import { usualFormat } from './format.js';
import { secondsFor } from './pace.js';
import { offerOnce } from './sizes.js';
import { duration, text } from '../shell/text.js';

/** How long a slider must rest before a file is made. */
const REST_MS = 120;
/** Stands for a picture as large as its photo. */
const PHOTO = 'photo';

export interface FinishingActions {
  /** While the slider moves. */
  strength(share: number): void;
  /** Another file of the same drawing. */
  revise(): void;
  /** Another drawing. */
  draw(): void;
}

/** The choices beside the style: how strong, how large, which file. */
export class Finishing {
  readonly #strength: HTMLInputElement;
  readonly #size: HTMLSelectElement;
  readonly #sizes = [...SIZES, PHOTO].map((size) => new Option('', String(size), size === DEFAULTS.maxSide));
  readonly #format: HTMLSelectElement;
  readonly #quality: HTMLInputElement;
  readonly #mark: HTMLInputElement;
  readonly #root: HTMLElement;
  #framing: Framing | undefined;
  #photo: Size | undefined;
  #models: readonly (ModelEntry | undefined)[] = [];
  /** Nobody has chosen a format. */
  #follows: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, begin: Beginning, actions: FinishingActions) {
    this.#root = root;
    this.#strength = find(root, '[name=strength]', HTMLInputElement);
    this.#size = find(root, '[name=size]', HTMLSelectElement);
    this.#format = find(root, '[name=format]', HTMLSelectElement);
    this.#quality = find(root, '[name=quality]', HTMLInputElement);
    this.#mark = find(root, '[name=mark]', HTMLInputElement);
    this.#format.append(...FORMATS.map((format) => new Option('', format)));
    Object.assign(this.#quality, { min: QUALITIES.least, max: QUALITIES.most });
    this.#follows = begin.format === undefined;
    this.choices = { format: 'jpeg', ...begin };
    this.retranslate();
    root.addEventListener('input', ({ target }) => {
      this.#describe();
      if (target === this.#strength) actions.strength(this.choices.strength);
      if (target === this.#strength || target === this.#quality) this.#rest(actions);
    });
    root.addEventListener('change', ({ target }) => {
      if (target === this.#format) this.#follows = false;
      if (target !== this.#strength) rememberChoices(this.#chosenBy(target));
      if (target === this.#size) this.#describeSizes();
      if (target === this.#size) actions.draw();
      if (target === this.#format || target === this.#mark) actions.revise();
    });
  }

  get choices(): Choices {
    return {
      ...this.#chosenSize(),
      format: this.#format.value as OutputFormat,
      quality: this.#quality.valueAsNumber,
      strength: this.#strength.valueAsNumber / 100,
      mark: this.#mark.checked,
      ...(this.#framing && { framing: this.#framing }),
    };
  }

  /** As if chosen by hand, but nobody is told. */
  set choices({ maxSide, fullSize, format, quality, strength, mark, framing }: Choices) {
    this.#framing = framing;
    this.#strength.value = String(strength * 100);
    this.#size.replaceChildren(...this.#sizes);
    this.#size.value = fullSize ? PHOTO : String(maxSide);
    this.#describeSizes();
    this.#format.value = format;
    this.#quality.value = String(quality);
    this.#mark.checked = mark;
    this.#describe();
  }

  /** Chooses the format that a photo's picture usually gets, unless somebody has chosen one. */
  async follow(photo: Blob): Promise<void> {
    const format = await usualFormat(photo);
    if (!this.#follows) return;
    this.#format.value = format;
    this.#describe();
  }

  /** How large the photo is. */
  set photo(size: Size) {
    this.#photo = size;
    this.#describeSizes();
    this.#describeMark();
  }

  /** What holds for the photos that follow, too: no more than somebody chose, for the rest may be this photo's alone. */
  #chosenBy(control: EventTarget | null): Partial<Choices> {
    const { format, quality, mark } = this.choices;
    if (control === this.#size) return this.#chosenSize();
    if (control === this.#format) return { format };
    if (control === this.#quality) return { quality };
    return { mark };
  }

  #chosenSize(): Pick<Choices, 'maxSide' | 'fullSize'> {
    if (this.#size.value !== PHOTO) return { maxSide: Number(this.#size.value), fullSize: false };
    return { maxSide: this.#largest(), fullSize: true };
  }

  /** What detail is drawn at; finer detail is the photo's own. */
  #largest(): number {
    return SIZES.findLast(this.#fits) ?? SIZES[0];
  }

  /** Offers the sizes that this device has the memory for, in any of these models. */
  limit(models: readonly (ModelEntry | undefined)[]): void {
    this.#models = models;
    this.#describeSizes();
    const wanted = Number(this.#size.value);
    if (wanted && !this.#fits(wanted) && this.#size.selectedOptions[0]?.disabled)
      this.#size.value = String(SIZES.findLast((side) => side < wanted && this.#fits(side)) ?? 512);
  }

  retranslate(): void {
    for (const option of this.#format.options) option.text = text(`format.${option.value}`);
    this.#describeSizes();
    this.#describe();
  }

  #rest(actions: FinishingActions): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      actions.revise();
    }, REST_MS);
  }

  readonly #fits = (side: number): boolean => this.#models.every((model) => fits(side, model));

  /** Nothing is drawn larger than its photo: what is no smaller comes to the same as that. */
  #asPhoto({ value }: HTMLOptionElement): boolean {
    const longer = this.#photo ? Math.max(this.#photo.width, this.#photo.height) : Infinity;
    return value === PHOTO || (Number(value) >= longer && this.#fits(longer));
  }

  #describeSizes(): void {
    offerOnce(this.#size, this.#sizes, (option) => this.#asPhoto(option));
    for (const option of this.#size.options) {
      if (this.#asPhoto(option)) {
        option.disabled = false;
        option.text = this.#describePhoto();
        continue;
      }
      const side = Number(option.value);
      option.disabled = side > SIZES[0] && !this.#fits(side);
      const words = text('finish.pixels', { side });
      option.text = option.disabled ? text('finish.too-large', { words }) : words;
    }
    const short = [...this.#size.options].some(({ disabled }) => disabled);
    find(this.#root, '.short', HTMLElement).hidden = !short;
  }

  #describePhoto(): string {
    if (!this.#photo) return text('finish.photo');
    const { width, height } = this.#photo;
    // One that is no larger than usual takes no longer.
    const large = Math.max(width, height) > DEFAULTS.maxSide;
    const seconds = large ? secondsFor(width, height, this.#largest()) : undefined;
    const time = seconds === undefined ? '' : duration(seconds);
    return text(time ? 'finish.photo-time' : 'finish.photo-size', { width, height, time });
  }

  #describeMark(): void {
    const small = this.#photo && tooSmallToMark(this.#photo, this.choices);
    const element = find(this.#root, '.unmarked', HTMLElement);
    element.hidden = this.#mark.checked && !small;
    const words = text(this.#mark.checked ? 'finish.too-small' : 'finish.unmarked');
    // What is written anew is read out again.
    if (element.textContent !== words) element.textContent = words;
  }

  #describe(): void {
    for (const range of [this.#strength, this.#quality]) {
      const words = text('finish.percent', { percent: range.value });
      range.ariaValueText = words;
      find(range.closest('.field') ?? this.#root, 'output', HTMLOutputElement).textContent = words;
    }
    this.#describeMark();
    const { value } = this.#format;
    find(this.#root, '.quality', HTMLElement).hidden = !(value === 'jpeg' || (value === 'webp' && encodesWebp()));
  }
}

/** Without an encoder of the browser's own WebP is lossless, as in Safari. */
const encodesWebp = (): boolean =>
  document.createElement('canvas').toDataURL('image/webp').startsWith('data:image/webp');
