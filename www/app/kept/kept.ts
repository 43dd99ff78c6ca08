import { NijigenError, type CacheEntry, type Converter } from '../../client/index.js';
import { find } from '../shell/dom.js';
import { EntryRow } from './entry.js';
import { extensionOf, saveAs } from '../shell/picture.js';
import { ask } from '../shell/question.js';
import { onCleared, tellCleared } from '../gallery/session/elsewhere.js';
import { theSession } from '../gallery/session/session.js';
import { removals, theConverter } from '../shell/converter.js';
import { styleName } from '../shell/style-names.js';
import { counted, day, sentenceFor, size, text } from '../shell/text.js';
import { theViewer } from '../viewer/viewer.js';

/** Rows that are shown at first, for below them are the settings. */
const FIRST = 6;
/** Rows that are added at a time. */
const PAGE = 50;

/** The list of kept pictures, and what they take. */
export class KeptList {
  readonly #root: HTMLElement;
  readonly #list: HTMLElement;
  readonly #usage: HTMLElement;
  readonly #notice: HTMLElement;
  readonly #clear: HTMLButtonElement;
  readonly #more: HTMLButtonElement;
  readonly #template: HTMLTemplateElement;
  readonly #rows = new Map<string, EntryRow>();
  #converter: Converter | undefined;
  /** The newest first; those beyond the rows are shown when asked for. */
  #entries: readonly CacheEntry[] = [];
  #available: number | undefined;
  /** When another page deleted all; the worker may hear of it later. */
  #cleared = 0;

  /** `elsewhere` takes the focus when nothing is left here that could. */
  constructor(
    root: HTMLElement,
    readonly elsewhere: HTMLElement,
  ) {
    this.#root = root;
    this.#list = find(root, '.entries', HTMLElement);
    this.#usage = find(root, '.usage', HTMLElement);
    this.#notice = find(root, '.notice', HTMLElement);
    this.#clear = find(root, '.clear', HTMLButtonElement);
    this.#more = find(root, '.more', HTMLButtonElement);
    this.#template = find(document, '#entry', HTMLTemplateElement);
    onCleared((cleared) => {
      this.#cleared = Math.max(this.#cleared, cleared);
      if (this.#rows.size > 0) void this.refresh();
    });
    this.#clear.addEventListener('click', () => void this.#clearAll());
    this.#more.addEventListener('click', () => {
      const first = this.#rows.size;
      this.#addRows(PAGE);
      [...this.#rows.values()][first]?.focus();
    });
  }

  /** Shows what is kept now. What was deleted before and is not gone yet is not shown. */
  async refresh(): Promise<void> {
    this.#root.ariaBusy = 'true';
    if (!this.#converter) this.#usage.textContent = text('kept.looking');
    try {
      const { cache } = (this.#converter = await theConverter());
      const [entries, usage] = await Promise.all([cache.list(), cache.stats()]);
      const shown = Math.max(FIRST, this.#rows.size);
      this.#empty();
      this.#entries = entries.filter(({ id, created }) => !removals.has(id) && created > this.#cleared);
      this.#available = usage.available;
      this.#say(usage.lasting ? '' : text('kept.fleeting'));
      this.#addRows(shown);
      this.#sum();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#root.ariaBusy = null;
    }
  }

  /** Carries out what can still be undone, and gives the rows' memory back. What fails is tried with the next visit. */
  async close(): Promise<void> {
    this.#empty();
    if (this.#converter) await removals.carryOut(this.#converter.cache).catch(() => undefined);
  }

  #empty(): void {
    for (const row of this.#rows.values()) row.dispose();
    this.#rows.clear();
  }

  #addRows(count: number): void {
    for (const entry of this.#entries.slice(this.#rows.size, this.#rows.size + count)) this.#addRow(entry);
    const left = this.#entries.length - this.#rows.size;
    this.#more.hidden = left <= 0;
    this.#more.textContent = counted('kept.more', Math.min(left, PAGE));
  }

  #addRow(entry: CacheEntry): void {
    const { id } = entry;
    const row = new EntryRow(this.#template, entry, this.#styleOf(entry), {
      open: () => void this.#open(entry),
      save: () => void this.#save(entry),
      remove: () => {
        removals.add(id);
        this.#sum();
      },
      undo: () => {
        removals.takeBack(id);
        this.#sum();
      },
      removed: () => void this.#removed(id),
    });
    this.#rows.set(id, row);
    this.#list.append(row.element);
  }

  #sum(): void {
    const left = this.#entries.filter(({ id }) => !removals.has(id));
    const bytes = left.reduce((sum, entry) => sum + entry.bytes, 0);
    const room = this.#available === undefined ? '' : text('kept.available', { size: size(this.#available) });
    const sum = left.length === 0 ? text('kept.empty') : counted('kept.sum', left.length, { size: size(bytes) });
    this.#usage.textContent = `${sum} ${room}`;
    this.#clear.hidden = left.length === 0;
  }

  async #removed(id: string): Promise<void> {
    const row = this.#rows.get(id);
    const next = row?.element.nextElementSibling ?? row?.element.previousElementSibling;
    const focused = row?.element.contains(document.activeElement);
    row?.dispose();
    this.#rows.delete(id);
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    if (focused) (next?.querySelector<HTMLElement>('button:not([hidden])') ?? this.elsewhere).focus();
    if (this.#converter) await removals.carryOut(this.#converter.cache, [id]).catch(this.#fail);
  }

  async #clearAll(): Promise<void> {
    const count = this.#entries.filter(({ id }) => !removals.has(id)).length;
    const sure = counted('kept.clear-sure', count);
    if (!this.#converter || !(await ask(sure, text('kept.clear-yes'), text('kept.clear-no')))) return;
    try {
      // What another page makes meanwhile stays.
      const cleared = Date.now();
      await this.#converter.cache.clear();
      await theSession().clear();
      removals.forgetAll();
      tellCleared(cleared);
      await this.refresh();
      this.elsewhere.focus();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #picture(id: string): Promise<Blob | undefined> {
    const picture = await this.#converter?.cache.picture(id).catch(this.#fail);
    // Another tab may have removed it.
    if (!picture) await this.refresh();
    return picture ?? undefined;
  }

  async #open(entry: CacheEntry): Promise<void> {
    const picture = await this.#picture(entry.id);
    if (picture) {
      const title = text('kept.viewer', { style: this.#styleOf(entry), date: day(entry.created) });
      await theViewer().show({ title, picture, fileName: this.#fileName(entry, picture) });
    }
  }

  async #save(entry: CacheEntry): Promise<void> {
    const picture = await this.#picture(entry.id);
    if (picture) saveAs(picture, this.#fileName(entry, picture));
  }

  /** In words; a model that is no longer there, or a user's own, by its name. */
  #styleOf({ model }: CacheEntry): string {
    const style = this.#converter?.styles().find(({ id }) => id === model)?.style ?? model;
    return styleName(style);
  }

  #fileName(entry: CacheEntry, picture: Blob): string {
    const date = new Date(entry.created).toISOString().slice(0, 10);
    return `nijigen-${this.#styleOf(entry).toLowerCase()}-${date}.${extensionOf(picture)}`;
  }

  readonly #fail = (error: unknown): void => {
    const code = error instanceof NijigenError ? error.code : 'internal';
    this.#usage.textContent = '';
    this.#say(text('kept.unreadable', { sentence: sentenceFor(code) }));
  };

  #say(words: string): void {
    this.#notice.textContent = words;
    this.#notice.hidden = words === '';
  }
}
