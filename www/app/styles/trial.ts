import { NijigenError, type Converter } from '../../client/index.js';
import { find } from '../shell/dom.js';
import { clear, show } from '../shell/picture.js';
import { others, read, type Drawn, type Range, type Reading } from './readings.js';
import { tile } from './style-picker.js';
import { counted, fillTexts, text } from '../shell/text.js';

/** Which photo a model shows itself with: one that is there without a network. */
const PHOTO = 'hero/photo.jpg';

/** How a model that is kept is to be read. */
interface Decision {
  readonly range?: Range;
}

/** How a model draws, before it is kept; and how it would, were its values read otherwise. */
export class Trial {
  static #trials = 0;
  readonly #converter: Converter;
  readonly #model: Drawn;
  readonly #name: string;
  readonly #root: HTMLElement;
  readonly #radios = `look-${String((Trial.#trials += 1))}`;
  readonly #readings: { readonly reading: Reading; readonly label: HTMLLabelElement }[] = [];
  #chosen: Reading;
  #drawing = true;

  private constructor(converter: Converter, model: Drawn, name: string, found: Reading) {
    const template = find(document, '#trial', HTMLTemplateElement);
    this.#root = find(document.importNode(template.content, true), '.trial', HTMLElement);
    this.#converter = converter;
    this.#model = model;
    this.#name = name;
    this.#chosen = found;
    void show(find(this.#root, '.photo', HTMLImageElement), model.photo);
    this.#choose(found);
    this.#add(found);
  }

  /** Draws a photo; rejects as a conversion does. */
  static async of(converter: Converter, file: File, name: string): Promise<Trial> {
    const model = { model: file, photo: await samplePhoto() };
    return new Trial(converter, model, name, await read(converter, model));
  }

  /** Shows it in the row, and resolves to how the model is to be kept; undefined where it is not. */
  async ask(row: HTMLElement): Promise<Decision | undefined> {
    const over = new AbortController();
    row.append(this.#root);
    // Who is content waits for no others.
    const more = find(this.#root, 'details', HTMLDetailsElement);
    more.addEventListener('toggle', () => void this.#drawOthers(this.#chosen, over.signal), { once: true });
    const decision = await this.#decided();
    over.abort();
    for (const img of this.#root.querySelectorAll('img')) clear(img);
    this.#root.remove();
    return decision;
  }

  retranslate(): void {
    const name = this.#name;
    fillTexts(this.#root);
    find(this.#root, '.keep', HTMLButtonElement).ariaLabel = text('own.take-label', { name });
    find(this.#root, '.leave', HTMLButtonElement).ariaLabel = text('own.leave-label', { name });
    find(this.#root, '.drawn', HTMLImageElement).alt = text('own.drawn', { name });
    for (const [number, { reading, label }] of this.#readings.entries()) {
      const { range } = reading;
      find(label, '.name', HTMLElement).textContent = range ? text('own.look', { number }) : text('own.found');
      find(label, '.values', HTMLElement).textContent = range ? text('own.values', written(range)) : '';
    }
    const count = this.#readings.length - 1;
    const words = this.#drawing ? 'own.drawing' : count === 0 ? 'own.alone' : '';
    find(this.#root, '.drawing', HTMLElement).textContent = words ? text(words) : counted('own.others', count);
  }

  #decided(): Promise<Decision | undefined> {
    return new Promise((resolve) => {
      find(this.#root, '.leave', HTMLButtonElement).onclick = () => {
        resolve(undefined);
      };
      find(this.#root, '.keep', HTMLButtonElement).onclick = () => {
        const { range } = this.#chosen;
        resolve(range ? { range } : {});
      };
    });
  }

  async #drawOthers(found: Reading, signal: AbortSignal): Promise<void> {
    try {
      for await (const reading of others(this.#converter, { ...this.#model, signal }, found)) this.#add(reading);
    } catch {
      // It was decided on meanwhile.
      return;
    }
    this.#drawing = false;
    this.retranslate();
  }

  #add(reading: Reading): void {
    const label = tile();
    const values = Object.assign(document.createElement('span'), { className: 'values' });
    find(label, '.shown', HTMLElement).append(values);
    const radio = { type: 'radio', name: this.#radios, className: 'unseen', checked: !reading.range };
    const input = Object.assign(document.createElement('input'), radio);
    input.addEventListener('change', () => {
      this.#choose(reading);
    });
    label.prepend(input);
    this.#readings.push({ reading, label });
    find(this.#root, 'fieldset', HTMLFieldSetElement).append(label);
    void show(find(label, 'img', HTMLImageElement), reading.picture);
    this.retranslate();
  }

  #choose(reading: Reading): void {
    this.#chosen = reading;
    void show(find(this.#root, '.drawn', HTMLImageElement), reading.picture);
  }
}

async function samplePhoto(): Promise<Blob> {
  try {
    const response = await fetch(PHOTO);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.blob();
  } catch (cause) {
    throw new NijigenError('network', `the photo to try it on could not be fetched from ${PHOTO}`, { cause });
  }
}

const written = ({ input, output }: Range) => ({ input: ends(input), output: ends(output) });
const ends = ([least, most]: Range['input']): string => `${String(least).replace('-', '−')}…${String(most)}`;
