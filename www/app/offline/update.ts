import { TAKE_OVER } from '../../take-over.js';
import { find } from '../shell/dom.js';
import { registration } from '../shell/service-worker.js';
import { onLanguage, text } from '../shell/text.js';

/** A page that is just being closed still counts as open, so who was refused asks again after this time. */
const AGAIN_MS = 5000;
/** A version that was let has taken over by then. */
const REFUSED_MS = 2000;

/**
 * Lets a new version take over as soon as it waits, while `untouched` says that nothing is lost with this page; the
 * page is then loaded anew. Otherwise `notice` offers to, and the version waits for that or until every page of the old
 * one is closed. Without this, a page that stays old would ask for an engine and models that the server no longer has.
 */
export async function takeUpdates(
  untouched: () => boolean,
  survives: () => boolean,
  notice: HTMLElement,
): Promise<void> {
  const registered = await registration;
  if (!registered) return;

  let asked = false;
  let wanted = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  const take = () => {
    asked = wanted = true;
    // One that has taken over already, while the page stayed, is only to be loaded.
    if (registered.waiting) registered.waiting.postMessage(TAKE_OVER);
    else location.reload();
  };
  const offer = new Offer(notice, survives, take, () => registered.waiting !== null);
  const ask = () => {
    // With none at work this is the first visit, and its version needs no asking.
    if (!registered.active || !registered.waiting) return;
    if (!untouched()) {
      offer.show();
      return;
    }
    asked = true;
    registered.waiting.postMessage(TAKE_OVER);
    clearTimeout(again);
    again = setTimeout(ask, AGAIN_MS);
  };
  const follow = () => registered.installing?.addEventListener('statechange', ask);

  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!asked) return;
    asked = false;
    const stays = !untouched();
    // Somebody may stay even so: the browser asks where something would be lost.
    if (wanted || stays) offer.ready();
    if (wanted || !stays) location.reload();
  });
  registered.addEventListener('updatefound', follow);
  follow();
  ask();
}

/** Says that there is a new version. It begins only when somebody wants it: what is being drawn goes with the page. */
class Offer {
  readonly #root: HTMLElement;
  readonly #now: HTMLButtonElement;
  #words: 'ready' | 'others' | undefined;
  /** Somebody was told that the list will be empty. */
  #warned = false;

  constructor(
    root: HTMLElement,
    readonly survives: () => boolean,
    take: () => void,
    waits: () => boolean,
  ) {
    this.#root = root;
    this.#now = find(root, '.now', HTMLButtonElement);
    this.#now.addEventListener('click', () => {
      // Nobody was told, for the list would have come back when the words were chosen.
      if (!this.survives() && !this.#warned) {
        this.#tell('ready');
        return;
      }
      take();
      // It is refused while another page uses the old one.
      setTimeout(() => {
        this.#tell(waits() ? 'others' : 'ready');
      }, REFUSED_MS);
    });
    onLanguage(this);
  }

  show(): void {
    if (!this.#words) this.#tell('ready');
  }

  /** Whatever was said before. */
  ready(): void {
    this.#tell('ready');
  }

  retranslate(): void {
    if (this.#words) this.#tell(this.#words);
  }

  #tell(words: 'ready' | 'others'): void {
    this.#words = words;
    const empties = words === 'ready' && !this.survives();
    this.#warned ||= empties;
    const key = empties ? 'ready-empties' : words;
    find(this.#root, '.words', HTMLElement).textContent = text(`update.${key}`);
    this.#now.hidden = false;
  }
}
