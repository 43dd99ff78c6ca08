import { find } from '../shell/dom.js';
import { rememberStyle } from '../styles/last.js';
import { theConverter } from '../shell/converter.js';
import { styleName } from '../shell/style-names.js';
import { liveStyle, liveStyles } from './live.js';

/** The styles of the live view. The one that is chosen is the next photo's, too. */
export class Looks {
  readonly #group: HTMLFieldSetElement;

  constructor(dialog: HTMLElement) {
    this.#group = find(dialog, '.looks', HTMLFieldSetElement);
    this.#group.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLInputElement) rememberStyle(target.value);
    });
  }

  /** Shows which there are, and which is chosen. */
  async fill(): Promise<void> {
    const converter = await theConverter().catch(() => undefined);
    const styles = converter ? liveStyles(converter) : [];
    const chosen = converter && liveStyle(converter);
    this.#group.hidden = styles.length < 2;
    for (const label of this.#group.querySelectorAll('label')) label.remove();
    this.#group.append(
      ...styles.map((value) => {
        const radio = { type: 'radio', name: 'look', value, checked: value === chosen, className: 'unseen' };
        const name = Object.assign(document.createElement('span'), {
          className: 'button',
          textContent: styleName(value),
        });
        const label = document.createElement('label');
        label.append(Object.assign(document.createElement('input'), radio), name);
        return label;
      }),
    );
  }
}
