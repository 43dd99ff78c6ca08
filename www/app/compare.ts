import { find } from './dom.js';
import { Split } from './split.js';

/** A photo and its drawing in one frame, with a divider between that mouse, finger and keyboard move. */
export class Compare {
  readonly split: Split;

  constructor(readonly root: HTMLElement) {
    this.split = new Split(root, find(root, '.divider', HTMLElement));
    root.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !event.isPrimary || (event.target as Element).closest('button, a')) return;
      if (find(root, '.divider', HTMLElement).hidden) return;
      this.#follow(event);
    });
  }

  /** A finger may be about to scroll the page: then the browser cancels the pointer, and the divider has not moved. */
  #follow({ pointerId, pointerType, clientX }: PointerEvent): void {
    const { root, split } = this;
    const over = new AbortController();
    const { signal } = over;
    if (pointerType === 'mouse') split.moveTo(clientX);
    root.setPointerCapture(pointerId);
    const move = (event: PointerEvent) => {
      split.moveTo(event.clientX);
    };
    root.addEventListener('pointermove', move, { signal });
    root.addEventListener(
      'pointerup',
      (event) => {
        move(event);
        over.abort();
      },
      { signal },
    );
    root.addEventListener(
      'pointercancel',
      () => {
        over.abort();
      },
      { signal },
    );
  }

  /** Without a photo to show there is nothing to compare. */
  set comparable(comparable: boolean) {
    find(this.root, '.divider', HTMLElement).hidden = !comparable;
    if (!comparable) this.split.at = 0;
    this.root.classList.toggle('single', !comparable);
  }
}
