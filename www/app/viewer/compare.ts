import { find } from '../shell/dom.js';
import { Split } from './split.js';

/** How far a finger may tremble. */
const SLACK_PX = 6;

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

  /** A finger that moves up or down is about to scroll the page, upon which the browser cancels the pointer. */
  #follow({ pointerId, pointerType, clientX, clientY }: PointerEvent): void {
    const { root, split } = this;
    const over = new AbortController();
    const { signal } = over;
    let across = pointerType === 'mouse';
    if (across) split.moveTo(clientX);
    root.setPointerCapture(pointerId);
    const move = (event: PointerEvent) => {
      const [x, y] = [Math.abs(event.clientX - clientX), Math.abs(event.clientY - clientY)];
      across ||= x > SLACK_PX && x > y;
      if (across || (event.type === 'pointerup' && y <= SLACK_PX)) split.moveTo(event.clientX);
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
