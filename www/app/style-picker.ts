import { remember, remembered } from './memory.js';
import { show } from './picture.js';
import { studio } from './studio.js';
import { styleName } from './styles.js';

export const STYLE_KEY = 'nijigen.style';

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
    const converter = await studio().catch(() => undefined);
    const styles = [...new Set(converter?.styles().map(({ style }) => style) ?? [])];
    if (styles.length < 2) return;
    const last = this.chosen ?? remembered(STYLE_KEY);
    const first = last !== null && styles.includes(last) ? last : styles[0];
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

  retranslate(): void {
    for (const [style, label] of this.#labels) {
      const name = label.querySelector('.name');
      if (name) name.textContent = styleName(style);
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
    const input = Object.assign(document.createElement('input'), { type: 'radio', name: this.#name, value: style });
    input.className = 'unseen';
    input.addEventListener('change', () => {
      remember(STYLE_KEY, style);
      this.#onChange(style);
    });
    const shown = Object.assign(document.createElement('span'), { className: 'shown' });
    const well = Object.assign(document.createElement('span'), { className: 'well' });
    well.append(Object.assign(new Image(), { alt: '', hidden: true }));
    const name = Object.assign(document.createElement('span'), { className: 'name' });
    shown.append(well, name);
    const label = document.createElement('label');
    label.append(input, shown);
    this.#group.append(label);
    return label;
  }
}
