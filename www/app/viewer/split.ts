import { text } from '../shell/text.js';

const STEP = 0.02;
const LEAP = 0.1;

/**
 * Where the photo ends and the drawing begins, 0 at the picture's left edge to 1 at its right: the divider, which the keyboard
 * moves, and the variable `--split` of the element around both.
 */
export class Split {
  readonly #root: HTMLElement;
  readonly #divider: HTMLElement;
  #at = 0.5;

  constructor(root: HTMLElement, divider: HTMLElement) {
    this.#root = root;
    this.#divider = divider;
    divider.ariaValueMin = '0';
    divider.ariaValueMax = '100';
    divider.addEventListener('keydown', (event) => {
      const to = this.#target(event);
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.at = to;
    });
    this.at = 0.5;
  }

  get at(): number {
    return this.#at;
  }

  set at(share: number) {
    this.#at = Math.min(1, Math.max(0, share));
    this.#root.style.setProperty('--split', String(this.#at));
    this.retranslate();
  }

  /** The place of the page's x. */
  moveTo(x: number): void {
    const { left, width } = this.#root.getBoundingClientRect();
    // The picture may not fill its frame.
    const free = Number(this.#root.style.getPropertyValue('--free-x')) || 0;
    const room = width * (1 - 2 * free);
    if (room > 0) this.at = (x - left - width * free) / room;
  }

  retranslate(): void {
    const percent = Math.round(this.#at * 100);
    this.#divider.ariaValueNow = String(percent);
    this.#divider.ariaValueText = text('compare.value', { percent });
  }

  #target({ key, shiftKey }: KeyboardEvent): number | undefined {
    const step = shiftKey ? LEAP : STEP;
    switch (key) {
      case 'ArrowLeft':
      case 'ArrowDown':
        return this.#at - step;
      case 'ArrowRight':
      case 'ArrowUp':
        return this.#at + step;
      case 'PageDown':
        return this.#at - LEAP;
      case 'PageUp':
        return this.#at + LEAP;
      case 'Home':
        return 0;
      case 'End':
        return 1;
      default:
        return undefined;
    }
  }
}
