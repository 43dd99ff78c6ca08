import type { Conversion } from '../../client/index.js';
import { optionsOf, type Framing, type Size } from '../crop/framing.js';
import { find } from '../shell/dom.js';
import { clear, show } from '../shell/picture.js';
import { Compare } from '../viewer/compare.js';
import { framedCopy, thumbnail } from './thumbnails.js';

export const isWhole = (framing: Framing): boolean => Object.keys(optionsOf(framing)).length === 0;

/** A card's photo, and the picture over it. */
export class Pictures {
  readonly #card: HTMLElement;
  readonly #file: File;
  readonly #compare: Compare;
  readonly #before: HTMLImageElement;
  readonly #after: HTMLImageElement;
  /** Copies of the photo, once there are any: of all of it, and of what is drawn. */
  #small: Blob;
  #framed: Blob;
  #size: Size | undefined;
  /** What `#framed` shows. */
  #framing: Framing = {};
  #photoShown = false;
  /** The picture that is shown, and how much of it over the photo. */
  #shown: Conversion | undefined;
  #strength = 1;

  /** `size` is the photo's, where it is known already. */
  constructor(card: HTMLElement, file: File, size: Size | undefined) {
    this.#card = card;
    if (size) this.#shape(size.width, size.height);
    this.#file = this.#small = this.#framed = file;
    this.#compare = new Compare(find(card, '.compare', HTMLElement));
    this.#before = find(card, '.before img', HTMLImageElement);
    this.#after = find(card, '.after img', HTMLImageElement);
  }

  get split(): Compare['split'] {
    return this.#compare.split;
  }

  /** Whether the photo is seen; not what only other programs show, as TIFF in most browsers. */
  get comparable(): boolean {
    return this.#photoShown;
  }

  get landscape(): boolean {
    return this.#before.naturalWidth > this.#before.naturalHeight;
  }

  get small(): Blob {
    return this.#small;
  }

  get framed(): Blob {
    return this.#framed;
  }

  /** Of the whole photo, once it is known. */
  get size(): Size | undefined {
    return this.#size;
  }

  get framing(): Framing {
    return this.#framing;
  }

  /** The photo as it is framed, at most so large. */
  async photo(side: number): Promise<Blob> {
    return framedCopy(this.#file, this.#framing, side);
  }

  /** Shows the photo framed so; resolves to the size of what is framed, or to false where it was framed anew meanwhile. */
  async showPhoto(framing: Framing): Promise<Size | undefined | false> {
    this.#framing = framing;
    const whole = isWhole(framing);
    if (whole || !this.#size) {
      const { small, size } = await thumbnail(this.#file, this.#card, {});
      this.#small = small;
      this.#size = size;
    }
    const { small, size } = whole
      ? { small: this.#small, size: this.#size }
      : await thumbnail(this.#file, this.#card, framing);
    if (framing !== this.#framing) return false;
    this.#framed = small;
    const shown = await show(this.#before, small);
    if (framing !== this.#framing) return false;
    this.#photoShown = shown;
    if (shown) this.#shape(this.#before.naturalWidth, this.#before.naturalHeight);
    find(this.#card, '.missing', HTMLElement).hidden = shown;
    this.#compare.comparable = shown;
    return size;
  }

  hidePhoto(): void {
    this.#photoShown = false;
    clear(this.#before);
  }

  /** Shows so much of a picture over the photo. What is there stays until then. */
  show(conversion: Conversion, strength = 1): void {
    this.#strength = strength;
    const blend = () => {
      this.#card.style.setProperty('--strength', String(this.#strength));
    };
    if (conversion.blob === this.#shown?.blob) {
      if (!this.#after.hidden) blend();
      return;
    }
    const first = !this.#shown;
    this.#shown = conversion;
    const { classList } = this.#compare.root;
    this.#shape(conversion.width, conversion.height);
    void show(this.#after, conversion.blob).then((shown) => {
      if (!shown) return;
      blend();
      classList.add('drawn');
      classList.toggle('fresh', first);
    });
  }

  hide(): void {
    clear(this.#after);
    this.#shown = undefined;
    this.#compare.root.classList.remove('drawn', 'fresh');
  }

  #shape(width: number, height: number): void {
    this.#card.style.setProperty('--ratio', String(width / height));
  }
}
