import { fetchNow, onStanding, takeStock, type Standing } from './ahead.js';
import { find } from './dom.js';
import { onLanguage, size, text } from './text.js';

const SHOWN_MS = 200;

/** Says whether the page can draw without a network: while that changes in a line of the page, and in the settings. */
export class Without {
  readonly #line: HTMLElement;
  readonly #section: HTMLElement;
  readonly #words: HTMLElement;
  readonly #meter: HTMLElement;
  readonly #get: HTMLButtonElement;
  #standing: Standing = { name: 'unknown' };
  #shown = 0;

  /** `elsewhere` takes the focus of a button that goes. */
  constructor(line: HTMLElement, section: HTMLElement, elsewhere: HTMLElement) {
    this.#line = line;
    this.#section = section;
    this.#words = find(section, '.words', HTMLElement);
    this.#meter = find(section, '.meter', HTMLElement);
    this.#get = find(section, '.get', HTMLButtonElement);
    this.#get.addEventListener('click', () => {
      elsewhere.focus();
      void fetchNow();
    });
    onLanguage(this);
    onStanding((standing) => {
      const same = standing.name === this.#standing.name;
      this.#standing = standing;
      if (same && standing.name === 'fetching' && performance.now() - this.#shown < SHOWN_MS) return;
      // Who never saw it come need not be told that it is there.
      if (standing.name === 'fetching') this.#line.hidden = false;
      if (standing.name === 'missing' || standing.name === 'unknown') this.#line.hidden = true;
      this.retranslate();
    });
  }

  /** Finds out how it stands. */
  refresh(): void {
    void takeStock();
  }

  retranslate(): void {
    this.#shown = performance.now();
    const standing = this.#standing;
    const fetching = standing.name === 'fetching';
    const words = wordsOf(standing);
    this.#line.textContent = words;
    this.#section.hidden = standing.name === 'unknown';
    this.#get.hidden = standing.name !== 'missing';
    this.#meter.hidden = !fetching;
    // How far it is, the bar tells who asks it.
    this.#words.ariaLive = fetching ? 'off' : 'polite';
    this.#words.textContent = words;
    if (!fetching) return;
    const share = standing.loaded / Math.max(1, standing.total);
    this.#meter.style.setProperty('--share', String(share));
    this.#meter.ariaValueNow = String(Math.round(100 * share));
    this.#meter.ariaValueText = words;
  }
}

function wordsOf(standing: Standing): string {
  switch (standing.name) {
    case 'unknown':
      return '';
    case 'ready':
      return text('offline.ready');
    case 'missing':
      return text(`offline.${standing.broken ? 'broken' : 'missing'}`, { size: size(standing.total) });
    case 'fetching':
      return text('offline.fetching', { loaded: size(standing.loaded), total: size(standing.total) });
  }
}
