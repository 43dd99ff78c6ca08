import { closeOutside, find } from './shell/dom.js';
import { KeptList } from './kept/kept.js';
import { Monitor } from './shell/monitor.js';
import { OwnStyles } from './styles/own-styles.js';
import { apply, change, DAYS, onChangeElsewhere, settings, settle, type Settings } from './shell/settings.js';
import { theConverter } from './shell/converter.js';
import { counted, onLanguage, text } from './shell/text.js';
import { OfflineStatusView } from './offline/offline-status.js';

/** The largest distance that each description of likeness is for. */
const LIKENESS = [
  [0, 'identical'],
  [5, 'copies'],
  [10, 'edited'],
  [16, 'loose'],
] as const;

/** The dialog of settings, and of what is kept here. What is chosen for kept pictures holds from when it is closed. */
export class Panel {
  readonly #dialog = find(document, '#panel', HTMLDialogElement);
  readonly #keep = find(this.#dialog, '[name=keep]', HTMLInputElement);
  readonly #threshold = find(this.#dialog, '[name=threshold]', HTMLInputElement);
  readonly #days = find(this.#dialog, '[name=days]', HTMLSelectElement);
  readonly #since = find(this.#dialog, '[name=since]', HTMLSelectElement);
  readonly #persist = find(this.#dialog, '.persist', HTMLButtonElement);
  readonly #kept = new KeptList(
    find(this.#dialog, '.kept', HTMLElement),
    find(this.#dialog, '.close', HTMLButtonElement),
  );
  readonly #own = new OwnStyles(find(this.#dialog, '.own', HTMLElement));
  readonly #offline = new OfflineStatusView(
    find(document, '.offline', HTMLElement),
    find(this.#dialog, '.without', HTMLElement),
    find(this.#dialog, '.close', HTMLButtonElement),
  );

  /** Resolves when styles of one's own are shown. */
  #styled: Promise<void> = Promise.resolve();

  constructor(opener: HTMLButtonElement) {
    this.#days.append(...DAYS.map((days) => new Option('', String(days))));
    this.retranslate();
    onLanguage(this);
    onLanguage(new Monitor(find(this.#dialog, '.monitor', HTMLDetailsElement)));
    opener.addEventListener('click', () => {
      this.open();
    });
    closeOutside(this.#dialog);
    this.#dialog.addEventListener('close', () => void this.#closed());
    // Closed it hears of that a moment later, which the page may not have; one in the background may end without a word.
    addEventListener('pagehide', settle);
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) settle();
    });
    this.#threshold.addEventListener('input', () => {
      this.#describeLikeness();
    });
    this.#dialog.addEventListener('change', () => {
      this.#change();
    });
    this.#persist.addEventListener('click', () => void this.#askToPersist());
    onChangeElsewhere(() => {
      this.#show(settings());
    });
  }

  /** Tries them one after the other, before everybody's eyes. */
  addModels(files: readonly File[]): void {
    this.open();
    this.#own.add(files);
  }

  retranslate(): void {
    for (const option of this.#days.options) option.text = counted('keeping.days', Number(option.value));
    this.#since.ariaLabel = text('keeping.since-label');
  }

  /** Shows what is kept. */
  async openKept(): Promise<void> {
    this.open();
    // Styles of one's own stand above.
    await this.#styled;
    if (this.#dialog.open) find(this.#dialog, '.kept', HTMLElement).scrollIntoView();
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#show(settings());
    this.#dialog.showModal();
    void this.#kept.refresh();
    this.#styled = this.#own.refresh();
    void this.#showPersistence();
    this.#offline.refresh();
  }

  async #closed(): Promise<void> {
    settle();
    await this.#kept.close();
    try {
      const converter = await theConverter();
      apply(converter);
      // What is beyond the limits goes now, not with the next photo.
      await converter.cache.stats();
    } catch {
      // It goes with the next visit.
    }
  }

  #show({ keep, threshold, days, since }: Settings): void {
    this.#keep.checked = keep;
    this.#threshold.value = String(threshold);
    this.#days.value = String(days);
    this.#since.value = since;
    this.#describeLikeness();
  }

  #change(): void {
    const remembered = change({
      keep: this.#keep.checked,
      threshold: this.#threshold.valueAsNumber,
      days: Number(this.#days.value),
      since: this.#since.value === 'use' ? 'use' : 'creation',
    });
    find(this.#dialog, '.forgetful', HTMLElement).hidden = remembered;
  }

  #describeLikeness(): void {
    const bits = this.#threshold.valueAsNumber;
    const [, name] = LIKENESS.find(([most]) => bits <= most) ?? LIKENESS[3];
    const words = text(`keeping.likeness-${name}`);
    find(this.#dialog, '#likeness', HTMLOutputElement).textContent = words;
    this.#threshold.ariaValueText = text('keeping.likeness-value', { bits, most: this.#threshold.max, words });
  }

  async #showPersistence(refused = false): Promise<void> {
    const persisted = await theConverter()
      .then(({ cache }) => cache.persisted())
      .catch(() => false);
    const words = persisted ? 'persisted' : refused ? 'refused' : 'lasting-why';
    find(this.#dialog, '#lasting', HTMLElement).textContent = text(`keeping.${words}`);
    this.#persist.hidden = persisted;
  }

  async #askToPersist(): Promise<void> {
    const agreed = await theConverter()
      .then(({ cache }) => cache.persist())
      .catch(() => false);
    await this.#showPersistence(!agreed);
    if (this.#persist.hidden) find(this.#dialog, '.close', HTMLButtonElement).focus();
  }
}
