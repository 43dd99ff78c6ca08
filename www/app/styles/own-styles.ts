import { NijigenError, type Converter, type ModelEntry, type ModelMeta } from '../../client/index.js';
import { whileUnsaved } from '../shell/activity.js';
import { find } from '../shell/dom.js';
import { ask } from '../shell/question.js';
import { theConverter } from '../shell/converter.js';
import { learnStyles } from '../shell/style-names.js';
import { fillTexts, onLanguage, sentenceFor, size, text } from '../shell/text.js';
import { Trial } from './trial.js';

/** On a small picture all of these are the model's fault. */
const UNUSABLE: readonly string[] = ['bad-model', 'internal', 'out-of-memory'];

/** The list of models that a person has added, and the way in for more. */
export class OwnStyles {
  readonly #root: HTMLElement;
  readonly #list: HTMLElement;
  readonly #add: HTMLButtonElement;
  readonly #notice: HTMLElement;
  readonly #rows = new Map<string, HTMLElement>();
  /** What says in the page's language how it stands with a row that is no style, or not yet. */
  readonly #facts = new WeakMap<Element, () => string>();
  readonly #template = find(document, '#model', HTMLTemplateElement);
  readonly #trials = new Set<Trial>();
  /** Models are tried one at a time: each may take much memory. */
  #last: Promise<void> = Promise.resolve();

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#list = find(root, '.models', HTMLElement);
    this.#add = find(root, '.add', HTMLButtonElement);
    this.#notice = find(root, '.heard', HTMLElement);
    this.#add.addEventListener('click', () => {
      const input = Object.assign(document.createElement('input'), { type: 'file', accept: '.onnx', multiple: true });
      input.addEventListener('change', () => {
        this.add([...(input.files ?? [])]);
      });
      input.click();
    });
    onLanguage(this);
  }

  retranslate(): void {
    this.#notice.textContent = '';
    for (const row of this.#list.children) {
      fillTexts(row);
      const facts = this.#facts.get(row);
      if (facts) find(row, '.facts', HTMLElement).textContent = facts();
    }
    for (const trial of this.#trials) trial.retranslate();
    void this.refresh();
  }

  /** Shows those that are there now. */
  async refresh(): Promise<void> {
    const converter = await theConverter().catch(() => undefined);
    const entries = converter?.styles().filter(({ own }) => own) ?? [];
    for (const entry of entries) {
      const row = this.#rows.get(entry.id) ?? this.#row();
      if (converter) this.#ready(row, converter, entry);
    }
  }

  /** Shows at once what comes of each file. */
  add(files: readonly File[]): void {
    const rows = files.map((file) => ({ file, row: this.#row() }));
    for (const { file, row } of rows) {
      this.#name(row, file.name);
      this.#say(row, () => text('own.waiting'));
    }
    this.#root.scrollIntoView({ block: 'nearest' });
    for (const { file, row } of rows) this.#last = this.#last.then(() => this.#try(file, row));
  }

  /** Resolves once it is known how the model draws; what is decided then is up to the person. */
  async #try(file: File, row: HTMLElement): Promise<void> {
    const name = nameFrom(file);
    row.ariaBusy = 'true';
    this.#say(row, () => text('own.trying'));
    try {
      const converter = await theConverter();
      const trial = await Trial.of(converter, file, name);
      this.#say(row, () => text('own.ready'));
      this.#notice.textContent = `${name}: ${text('own.ready')}`;
      void this.#ask(trial, converter, file, row);
    } catch (error) {
      this.#fail(row, file, error);
    } finally {
      row.ariaBusy = null;
    }
  }

  async #ask(trial: Trial, converter: Converter, file: File, row: HTMLElement): Promise<void> {
    const name = nameFrom(file);
    this.#trials.add(trial);
    const decision = await trial.ask(row);
    this.#trials.delete(trial);
    // The button that had it is gone.
    this.#add.focus();
    if (decision) await whileUnsaved(this.#keep(row, converter, file, { name, ...decision }));
    else {
      row.remove();
      this.#notice.textContent = text('own.left', { name });
    }
  }

  /** Photos that were there before are drawn before. */
  async #keep(row: HTMLElement, converter: Converter, file: File, meta: ModelMeta): Promise<void> {
    row.ariaBusy = 'true';
    this.#say(row, () => text('own.waiting'));
    try {
      const id = await converter.addModel(file, meta);
      const entry = converter.styles().find((known) => known.id === id);
      if (entry) this.#ready(row, converter, entry);
      learnStyles(converter);
      this.#notice.textContent = text('own.added', { name: meta.name });
    } catch (error) {
      this.#fail(row, file, error);
    } finally {
      row.ariaBusy = null;
    }
  }

  #say(row: HTMLElement, facts: () => string): void {
    this.#facts.set(row, facts);
    find(row, '.facts', HTMLElement).textContent = facts();
  }

  #row(): HTMLElement {
    const row = find(document.importNode(this.#template.content, true), '.model', HTMLLIElement);
    this.#list.append(row);
    return row;
  }

  #name(row: HTMLElement, name: string): void {
    find(row, '.file', HTMLElement).textContent = name;
    find(row, '.remove', HTMLButtonElement).ariaLabel = text('own.remove-label', { name });
    find(row, '.dismiss', HTMLButtonElement).ariaLabel = text('own.dismiss-label', { name });
    find(row, ':scope > input', HTMLInputElement).ariaLabel = text('own.name-label', { name });
  }

  #ready(row: HTMLElement, converter: Converter, entry: ModelEntry): void {
    const { id, bytes, file, fleeting, name = id } = entry;
    const input = find(row, ':scope > input', HTMLInputElement);
    const remove = find(row, '.remove', HTMLButtonElement);
    this.#rows.set(id, row);
    this.#name(row, name);
    this.#say(row, () => text(fleeting ? 'own.fleeting' : 'own.facts', { size: size(bytes), file }));
    find(row, '.file', HTMLElement).hidden = true;
    input.hidden = remove.hidden = false;
    if (input !== document.activeElement) input.value = name;
    input.onchange = () => void this.#rename(input, row, converter, id);
    remove.onclick = () => void this.#remove(row, converter, id, input.value);
  }

  #fail(row: HTMLElement, file: File, error: unknown): void {
    const code = error instanceof NijigenError ? error.code : 'internal';
    const sentence = () => (UNUSABLE.includes(code) ? text('own.bad') : sentenceFor(code));
    this.#say(row, sentence);
    find(row, '.detail', HTMLElement).textContent = error instanceof Error ? error.message : String(error);
    Object.assign(find(row, ':scope > details', HTMLDetailsElement), { hidden: false, open: true });
    row.classList.add('bad');
    const dismiss = find(row, '.dismiss', HTMLButtonElement);
    dismiss.hidden = false;
    dismiss.onclick = () => {
      row.remove();
      this.#add.focus();
    };
    this.#notice.textContent = `${file.name}: ${sentence()}`;
  }

  async #rename(input: HTMLInputElement, row: HTMLElement, converter: Converter, id: string): Promise<void> {
    const before = converter.styles().find((entry) => entry.id === id)?.name ?? id;
    const name = (input.value = input.value.trim() || before);
    if (name === before) return;
    if (!(await this.#stored(row, converter.renameModel(id, name)))) {
      input.value = before;
      return;
    }
    this.#name(row, name);
    learnStyles(converter);
    this.#notice.textContent = text('own.renamed', { name });
  }

  async #remove(row: HTMLElement, converter: Converter, id: string, name: string): Promise<void> {
    if (!(await ask(text('own.remove-sure', { name }), text('own.remove'), text('own.keep')))) return;
    if (!(await this.#stored(row, converter.removeModel(id)))) return;
    this.#rows.delete(id);
    row.remove();
    learnStyles(converter);
    this.#notice.textContent = text('own.removed', { name });
    this.#add.focus();
  }

  /** Whether a change of what is stored came about. */
  async #stored(row: HTMLElement, change: Promise<void>): Promise<boolean> {
    try {
      await change;
      return true;
    } catch {
      this.#say(row, () => text('own.unchanged'));
      this.#notice.textContent = text('own.unchanged');
      return false;
    }
  }
}

/** As people write it, from what a file is called. */
const nameFrom = ({ name }: File): string =>
  name
    .replace(/\.onnx$/i, '')
    .replace(/[-_\s]+/g, ' ')
    .trim() || name;
