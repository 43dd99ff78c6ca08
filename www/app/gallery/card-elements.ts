import { find, keepRoom } from '../shell/dom.js';
import { text } from '../shell/text.js';
import type { Action, View } from './view.js';

/** Labelled with the photo's name: the element, and the key of its words. */
const LABELLED = [
  ['.cancel', 'card.cancel-label'],
  ['.retry', 'card.retry-label'],
  ['.redo', 'card.redo-label'],
  ['.remove', 'card.remove-label'],
  ['.adjust', 'card.adjust-label'],
  ['.open-crop', 'crop.open-label'],
  ['.enlarge', 'card.enlarge-label'],
  ['.meter', 'card.progress-label'],
  ['.divider', 'compare.label'],
] as const;

/** A card's elements: carries out what a view says. */
export class CardElements {
  readonly root: HTMLLIElement;
  readonly save: HTMLAnchorElement;
  readonly #actions: Readonly<Record<Action, HTMLElement>>;
  readonly #meter: HTMLElement;

  constructor(template: HTMLTemplateElement) {
    const root = (this.root = find(document.importNode(template.content, true), '.card', HTMLLIElement));
    this.save = find(root, '.save', HTMLAnchorElement);
    this.#meter = find(root, '.meter', HTMLElement);
    this.#actions = {
      save: this.save,
      cancel: this.button('.cancel'),
      retry: this.button('.retry'),
      redo: this.button('.redo'),
      remove: this.button('.remove'),
    };
  }

  element(selector: string): HTMLElement {
    return find(this.root, selector, HTMLElement);
  }

  button(selector: string): HTMLButtonElement {
    return find(this.root, selector, HTMLButtonElement);
  }

  name(name: string): void {
    const heading = this.element('.name');
    heading.textContent = heading.title = name;
    find(this.root, '.before img', HTMLImageElement).alt = text('card.photo-alt', { name });
    find(this.root, '.after img', HTMLImageElement).alt = text('card.anime-alt', { name });
    for (const [selector, words] of LABELLED) this.element(selector).ariaLabel = text(words, { name });
    this.element('.styles legend').textContent = text('card.styles-label', { name });
  }

  render({ state, hopeless, status, meter, problem, remark, weight, saveLabel, actions }: View): void {
    const { dataset, style } = this.root;
    dataset['state'] = state;
    dataset['fault'] = hopeless ? 'photo' : '';
    // Controls that have been there stay, for somebody may be using them.
    if (state === 'done') dataset['drawn'] = '';
    this.element('.status').textContent = status;
    this.#meter.hidden = !meter;
    // Nothing stale is left for who reads the page otherwise.
    this.#meter.ariaValueText = meter?.words ?? null;
    if (meter) {
      this.#meter.ariaValueNow = String(Math.round(meter.share * 100));
      style.setProperty('--share', String(meter.share));
    }
    this.element('.problem').hidden = !problem;
    this.element('.problem .sentence').textContent = problem?.sentence ?? '';
    this.element('.problem .detail').textContent = problem?.detail ?? '';
    this.element('.likeness').hidden = remark === undefined;
    this.element('.likeness').textContent = remark ?? '';
    this.element('.weight').textContent = weight ?? '';
    this.save.ariaLabel = saveLabel ?? null;
    this.#offer(actions);
  }

  /** The keyboard's focus is not lost with a button that goes. */
  #offer(actions: readonly Action[]): void {
    const focused = document.activeElement;
    for (const [action, element] of Object.entries(this.#actions)) {
      const offered = actions.includes(action as Action);
      if (action === 'save' || action === 'remove') keepRoom(element, !offered);
      else element.hidden = !offered;
    }
    if (focused?.matches('.actions :is([hidden], .coming)') && this.root.contains(focused)) this.focus();
  }

  /** What can be done next has the focus. */
  focus(): void {
    const offered = this.root.querySelectorAll<HTMLElement>('.desk .actions :is(a, button):not([hidden], .coming)');
    // Where photos are few, what opens one is there and not shown.
    [...offered].find(({ offsetParent }) => offsetParent)?.focus();
  }
}
