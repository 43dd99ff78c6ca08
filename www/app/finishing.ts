import type { ModelEntry, OutputFormat } from '../client/index.js';
import { fits, FORMATS, QUALITIES, rememberChoices, SIZES, type Choices } from './choices.js';
import { find } from './dom.js';
import { text } from './text.js';

/** How long a slider must rest before a file is made. */
const REST_MS = 120;

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
  readonly #format: HTMLSelectElement;
  readonly #quality: HTMLInputElement;
  readonly #root: HTMLElement;
  #models: readonly (ModelEntry | undefined)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, begin: Choices, actions: FinishingActions) {
    this.#root = root;
    this.#strength = find(root, '[name=strength]', HTMLInputElement);
    this.#size = find(root, '[name=size]', HTMLSelectElement);
    this.#format = find(root, '[name=format]', HTMLSelectElement);
    this.#quality = find(root, '[name=quality]', HTMLInputElement);
    this.#size.append(...SIZES.map((side) => new Option('', String(side))));
    this.#format.append(...FORMATS.map((format) => new Option('', format)));
    Object.assign(this.#quality, { min: QUALITIES.least, max: QUALITIES.most });
    this.choices = begin;
    this.retranslate();
    root.addEventListener('input', ({ target }) => {
      this.#describe();
      if (target === this.#strength) actions.strength(this.choices.strength);
      if (target === this.#strength || target === this.#quality) this.#rest(actions);
    });
    root.addEventListener('change', ({ target }) => {
      if (target !== this.#strength) rememberChoices(this.choices);
      if (target === this.#size) actions.draw();
      if (target === this.#format) actions.revise();
    });
  }

  get choices(): Choices {
    return {
      maxSide: Number(this.#size.value),
      format: this.#format.value as OutputFormat,
      quality: this.#quality.valueAsNumber,
      strength: this.#strength.valueAsNumber / 100,
    };
  }

  /** As if chosen by hand, but nobody is told. */
  set choices({ maxSide, format, quality, strength }: Choices) {
    this.#strength.value = String(strength * 100);
    this.#size.value = String(maxSide);
    this.#format.value = format;
    this.#quality.value = String(quality);
    this.#describe();
  }

  /** Offers the sizes that this device has the memory for, in any of these models. */
  limit(models: readonly (ModelEntry | undefined)[]): void {
    this.#models = models;
    this.#describeSizes();
    const wanted = Number(this.#size.value);
    if (!this.#fits(wanted))
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

  #describeSizes(): void {
    for (const option of this.#size.options) {
      const side = Number(option.value);
      option.disabled = side > SIZES[0] && !this.#fits(side);
      const words = text('finish.pixels', { side });
      option.text = option.disabled ? text('finish.too-large', { words }) : words;
    }
    const short = [...this.#size.options].some(({ disabled }) => disabled);
    find(this.#root, '.short', HTMLElement).hidden = !short;
  }

  #describe(): void {
    for (const range of [this.#strength, this.#quality]) {
      const words = text('finish.percent', { percent: range.value });
      range.ariaValueText = words;
      find(range.closest('.field') ?? this.#root, 'output', HTMLOutputElement).textContent = words;
    }
    find(this.#root, '.quality', HTMLElement).hidden = this.#format.value !== 'jpeg';
  }
}
