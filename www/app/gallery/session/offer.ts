import { find } from '../../shell/dom.js';
import type { Gallery } from '../gallery.js';
import { ask } from '../../shell/question.js';
import { onSettled, settings } from '../../shell/settings.js';
import { counted, onLanguage, text } from '../../shell/text.js';
import { theSession } from './session.js';

/**
 * Brings back what this tab had in its list before it was loaded anew. Photos of pages that are gone, as after a crash, are
 * offered: somebody else may be at the device by now. The list is stored as long as pictures are kept.
 */
export async function bringBack(gallery: Gallery, notice: HTMLElement, elsewhere: HTMLElement): Promise<void> {
  let kept = settings().keep;
  onSettled(() => {
    if (settings().keep === kept) return;
    kept = settings().keep;
    void (kept ? gallery.store() : theSession().clear());
  });
  await gallery.restore(await theSession().restore());
  const count = kept ? await theSession().left() : 0;
  if (count > 0) new Offer(gallery, notice, elsewhere, count);
}

class Offer {
  readonly #notice: HTMLElement;
  readonly #count: number;
  readonly #over = new AbortController();

  constructor(gallery: Gallery, notice: HTMLElement, elsewhere: HTMLElement, count: number) {
    this.#notice = notice;
    this.#count = count;
    const { signal } = this.#over;
    const [take, dismiss] = ['.now', '.dismiss'].map((name) => find(notice, name, HTMLButtonElement));
    const end = () => {
      this.#over.abort();
      find(notice, '.words', HTMLElement).textContent = '';
      for (const button of [take, dismiss]) if (button) button.hidden = true;
      elsewhere.focus({ preventScroll: true });
    };
    const bringBack = async () => {
      end();
      await gallery.restore(await theSession().adopt());
    };
    const remove = async () => {
      if (!(await ask(text('session.dismiss-sure'), text('session.dismiss'), text('session.dismiss-no')))) return;
      end();
      await theSession().dismiss();
    };
    take?.addEventListener('click', () => void bringBack(), { signal });
    dismiss?.addEventListener('click', () => void remove(), { signal });
    for (const button of [take, dismiss]) if (button) button.hidden = false;
    this.retranslate();
    onLanguage(this, signal);
  }

  retranslate(): void {
    find(this.#notice, '.words', HTMLElement).textContent = counted('session.left', this.#count);
  }
}
