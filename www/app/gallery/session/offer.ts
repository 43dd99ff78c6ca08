import { find } from '../../shell/dom.js';
import type { Gallery } from '../gallery.js';
import { ask } from '../../shell/question.js';
import { onSettled, settings } from '../../shell/settings.js';
import { counted, onLanguage, text } from '../../shell/text.js';
import { onCleared } from './elsewhere.js';
import { theSession } from './session.js';

/**
 * Brings back what this tab had in its list before it was loaded anew. Photos of pages that are gone, as after a crash, are
 * offered: somebody else may be at the device by now. The list is stored as long as pictures are kept; what was left before
 * is offered all the same, until somebody deletes it.
 */
export async function bringBack(gallery: Gallery, notice: HTMLElement, elsewhere: HTMLElement): Promise<void> {
  let kept = settings().keep;
  onSettled(() => {
    if (settings().keep === kept) return;
    kept = settings().keep;
    void (kept ? gallery.store() : theSession().forget());
  });
  let offer: Offer | undefined;
  onCleared(() => {
    offer?.end();
    void theSession().forget();
    if (!gallery.empty) gallery.say(() => text('session.cleared'));
  });
  await gallery.restore(await theSession().restore());
  const count = await theSession().left();
  if (count > 0) offer = new Offer(gallery, notice, elsewhere, count);
}

class Offer {
  readonly #notice: HTMLElement;
  readonly #elsewhere: HTMLElement;
  #count: number;
  readonly #over = new AbortController();

  constructor(gallery: Gallery, notice: HTMLElement, elsewhere: HTMLElement, count: number) {
    this.#notice = notice;
    this.#elsewhere = elsewhere;
    this.#count = count;
    const { signal } = this.#over;
    const [take, dismiss] = ['.now', '.dismiss'].map((name) => find(notice, name, HTMLButtonElement));
    const bringBack = async () => {
      this.end();
      const back = await theSession().adopt();
      if (back.photos.length + back.lost === 0) gallery.say(() => text('session.gone'));
      await gallery.restore(back);
    };
    const remove = async () => {
      if (!(await ask(text('session.dismiss-sure'), text('session.dismiss'), text('session.dismiss-no')))) return;
      this.end();
      await theSession().dismiss();
    };
    take?.addEventListener('click', () => void bringBack(), { signal });
    dismiss?.addEventListener('click', () => void remove(), { signal });
    for (const button of [take, dismiss]) if (button) button.hidden = false;
    this.retranslate();
    onLanguage(this, signal);
    theSession().onLeft(() => void this.#recount(), signal);
    // Meanwhile another page may have brought them back, or deleted them.
    document.addEventListener('visibilitychange', () => void this.#recount(), { signal });
  }

  async #recount(): Promise<void> {
    const count = await theSession().left();
    if (this.#over.signal.aborted || count === this.#count) return;
    this.#count = count;
    if (count === 0) this.end();
    else this.retranslate();
  }

  end(): void {
    const focused = this.#notice.contains(document.activeElement);
    this.#over.abort();
    find(this.#notice, '.words', HTMLElement).textContent = '';
    for (const button of this.#notice.querySelectorAll('button')) button.hidden = true;
    if (focused) this.#elsewhere.focus({ preventScroll: true });
  }

  retranslate(): void {
    find(this.#notice, '.words', HTMLElement).textContent = counted('session.left', this.#count);
  }
}
