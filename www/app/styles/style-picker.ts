import { remember, remembered } from '../shell/remember.js';
import { show } from '../shell/picture.js';
import { theConverter } from '../shell/converter.js';
import { styleAbout, styleName } from '../shell/style-names.js';
import { lastOf, rememberStyle } from './last.js';

/** How many styles there were the last time, for whose tiles room is kept until they are known. */
const COUNT_KEY = 'nijigen.styles';
const USUAL = 4;

/** The styles of one photo, one of which is chosen. The next photo begins with the last choice. */
export class StylePicker {
  static #pickers = 0;
  readonly #group: HTMLFieldSetElement;
  readonly #onChange: (style: string) => void;
  readonly #name = `style-${String((StylePicker.#pickers += 1))}`;
  readonly #previewed = new Set<string>();
  readonly #labels = new Map<string, HTMLLabelElement>();

  constructor(group: HTMLFieldSetElement, onChange: (style: string) => void) {
    this.#group = group;
    this.#onChange = onChange;
    const count = Number(remembered(COUNT_KEY)) || USUAL;
    group.append(...Array.from({ length: count }, () => this.#coming()));
  }

  /** Undefined until the styles are known: then the converter has its own default. */
  get chosen(): string | undefined {
    return this.#group.querySelector<HTMLInputElement>('input:checked')?.value;
  }

  /** As a press on it does, but nobody is told. */
  choose(style: string): void {
    // One that was removed meanwhile cannot be.
    if (this.#labels.has(style)) for (const input of this.#inputs) input.checked = input.value === style;
  }

  /** The styles that there is no preview of. */
  get missing(): readonly string[] {
    return [...this.#labels.keys()].filter((style) => !this.#previewed.has(style));
  }

  /** Shows what there is, now and whenever that changes; what is chosen stays so while it is there. Where the list cannot be had, the conversion itself says why. */
  async fill(): Promise<void> {
    const converter = await theConverter().catch(() => undefined);
    const styles = [...new Set(converter?.styles().map(({ style }) => style) ?? [])];
    if (styles.length < 2) {
      this.#group.hidden = true;
      return;
    }
    remember(COUNT_KEY, String(styles.length));
    for (const coming of this.#group.querySelectorAll('.coming')) coming.remove();
    const first = lastOf(styles, this.chosen);
    for (const style of [...this.#labels.keys()].filter((style) => !styles.includes(style))) this.#forget(style);
    for (const style of styles) {
      if (!this.#labels.has(style)) this.#labels.set(style, this.#choice(style));
    }
    for (const input of this.#inputs) input.checked = input.value === first;
    this.retranslate();
    this.#group.hidden = false;
  }

  /** Shows the person's own photo in this style. */
  preview(style: string, picture: Blob): void {
    const image = this.#labels.get(style)?.querySelector('img');
    this.#previewed.add(style);
    if (image) void show(image, picture);
  }

  /** What was shown is another picture than this photo now gives. */
  forgetPreviews(): void {
    this.#previewed.clear();
  }

  retranslate(): void {
    for (const [style, label] of this.#labels) {
      const name = label.querySelector('.name');
      if (name) name.textContent = styleName(style);
      label.title = styleAbout(style);
    }
  }

  get #inputs(): NodeListOf<HTMLInputElement> {
    return this.#group.querySelectorAll('input');
  }

  #forget(style: string): void {
    this.#labels.get(style)?.remove();
    this.#labels.delete(style);
    this.#previewed.delete(style);
  }

  #choice(style: string): HTMLLabelElement {
    const label = tile();
    const input = Object.assign(document.createElement('input'), { type: 'radio', name: this.#name, value: style });
    input.className = 'unseen';
    input.addEventListener('change', () => {
      rememberStyle(style);
      this.#onChange(style);
    });
    label.prepend(input);
    this.#group.append(label);
    return label;
  }

  /** As high as a tile with its name. */
  #coming(): HTMLLabelElement {
    const label = tile();
    label.className = 'coming';
    label.querySelector('.name')?.append('\u00a0');
    return label;
  }
}

/** A choice to be: a picture over its name. */
export function tile(): HTMLLabelElement {
  const shown = Object.assign(document.createElement('span'), { className: 'shown' });
  const well = Object.assign(document.createElement('span'), { className: 'well' });
  well.append(Object.assign(new Image(), { alt: '', hidden: true }));
  shown.append(well, Object.assign(document.createElement('span'), { className: 'name' }));
  const label = document.createElement('label');
  label.append(shown);
  return label;
}
