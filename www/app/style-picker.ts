import { remember, remembered } from './memory.js';
import { studio } from './studio.js';
import { textOr } from './text.js';

const KEY = 'nijigen.style';

/** The styles of one photo, one of which is chosen. The next photo begins with the last choice. */
export class StylePicker {
  static #pickers = 0;
  readonly #group: HTMLFieldSetElement;
  readonly #onChange: (style: string) => void;
  readonly #name = `style-${String((StylePicker.#pickers += 1))}`;

  constructor(group: HTMLFieldSetElement, label: string, onChange: (style: string) => void) {
    this.#group = group;
    this.#onChange = onChange;
    const legend = group.querySelector('legend');
    if (legend) legend.textContent = label;
  }

  /** Undefined until the styles are known: then the converter has its own default. */
  get chosen(): string | undefined {
    return this.#group.querySelector<HTMLInputElement>('input:checked')?.value;
  }

  /** Shows what there is. Where the list cannot be had, the conversion itself says why. */
  async fill(): Promise<void> {
    const converter = await studio().catch(() => undefined);
    const styles = [...new Set(converter?.styles().map(({ style }) => style) ?? [])];
    if (styles.length < 2) return;
    const last = remembered(KEY);
    const first = last !== null && styles.includes(last) ? last : styles[0];
    for (const style of styles) this.#group.append(this.#choice(style, style === first));
    this.#group.hidden = false;
  }

  #choice(style: string, checked: boolean): HTMLLabelElement {
    const input = Object.assign(document.createElement('input'), { type: 'radio', name: this.#name, value: style });
    input.className = 'unseen';
    input.checked = checked;
    input.addEventListener('change', () => {
      remember(KEY, style);
      this.#onChange(style);
    });
    const name = document.createElement('span');
    name.textContent = textOr(`style.${style}`, style);
    const label = document.createElement('label');
    label.append(input, name);
    return label;
  }
}
