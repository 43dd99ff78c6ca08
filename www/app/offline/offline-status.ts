import { fetchNow, onOfflineStatus, refreshStatus, type OfflineStatus } from './prefetch.js';
import { find } from '../shell/dom.js';
import { styleName } from '../shell/style-names.js';
import { listed, onLanguage, size, text } from '../shell/text.js';

const SHOWN_MS = 200;

/** Says whether the page can draw without a network: while that changes in a line of the page, and in the settings. */
export class OfflineStatusView {
  readonly #line: HTMLElement;
  readonly #section: HTMLElement;
  readonly #words: HTMLElement;
  readonly #meter: HTMLElement;
  readonly #get: HTMLButtonElement;
  #status: OfflineStatus = { name: 'unknown' };
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
    onOfflineStatus((status) => {
      const same = status.name === this.#status.name;
      this.#status = status;
      if (same && status.name === 'fetching' && performance.now() - this.#shown < SHOWN_MS) return;
      // Who never saw it come need not be told that it is there.
      if (status.name === 'fetching') this.#line.hidden = false;
      if (status.name === 'missing' || status.name === 'unknown') this.#line.hidden = true;
      this.retranslate();
    });
  }

  /** Finds out how it stands. */
  refresh(): void {
    void refreshStatus();
  }

  retranslate(): void {
    this.#shown = performance.now();
    const status = this.#status;
    const fetching = status.name === 'fetching';
    const words = wordsOf(status);
    this.#line.textContent = words;
    this.#section.hidden = status.name === 'unknown';
    this.#get.hidden = status.name !== 'missing';
    this.#meter.hidden = !fetching;
    // How far it is, the bar tells who asks it.
    this.#words.ariaLive = fetching ? 'off' : 'polite';
    this.#words.textContent = words;
    if (!fetching) return;
    const share = status.loaded / Math.max(1, status.total);
    this.#meter.style.setProperty('--share', String(share));
    this.#meter.ariaValueNow = String(Math.round(100 * share));
    this.#meter.ariaValueText = words;
  }
}

function wordsOf(status: OfflineStatus): string {
  switch (status.name) {
    case 'unknown':
      return '';
    case 'ready':
      return text('offline.ready');
    case 'missing': {
      const { broken, total, styles } = status;
      const key = styles.length > 0 ? (broken ? 'partly-broken' : 'partly') : broken ? 'broken' : 'missing';
      return text(`offline.${key}`, { size: size(total), styles: listed(styles.map(styleName)) });
    }
    case 'fetching':
      return text('offline.fetching', { loaded: size(status.loaded), total: size(status.total) });
  }
}
