import { readsBack } from '../../canvas.js';
import { find, keepRoom } from '../shell/dom.js';
import { onLanguage, text } from '../shell/text.js';

const SAID_MS = 2500;

/** Whose result it is. While it is stale the one that is coming is handed out, not the one that there is. */
interface Source {
  readonly stale: boolean;
  result(): Promise<File | undefined>;
}

/** The ways out of the page for one result: a file, the clipboard, the system's share sheet, dragging. */
export class HandOut {
  readonly #copy: HTMLButtonElement;
  readonly #share: HTMLButtonElement;
  readonly #say: (words: string) => void;
  readonly #name: string;
  readonly #source: Source;
  readonly #elsewhere: () => void;
  #result: File | undefined;

  /** `elsewhere` gives the focus to what has taken the place of a button that goes. */
  constructor(
    root: HTMLElement,
    name: string,
    source: Source,
    over: AbortSignal,
    say: (words: string) => void,
    elsewhere: () => void,
  ) {
    this.#elsewhere = elsewhere;
    this.#source = source;
    this.#copy = find(root, '.copy', HTMLButtonElement);
    this.#share = find(root, '.share', HTMLButtonElement);
    this.#say = say;
    this.#name = name;
    this.retranslate();
    onLanguage(this, over);
    this.#copy.hidden = !('ClipboardItem' in window && 'clipboard' in navigator);
    this.offer(undefined);
    this.#copy.addEventListener('click', () => void this.#toClipboard());
    this.#share.addEventListener('click', () => void this.#toOthers());
    const save = find(root, '.save', HTMLAnchorElement);
    save.addEventListener('click', (event) => {
      if (!source.stale) return;
      event.preventDefault();
      void this.#saveLater(save);
    });
    save.addEventListener('dragstart', (event) => {
      this.#drag(event);
    });
  }

  retranslate(): void {
    this.#copy.ariaLabel = text('card.copy-label', { name: this.#name });
    this.#share.ariaLabel = text('card.share-label', { name: this.#name });
  }

  /** The result that is handed out; none while there is none. */
  offer(result: File | undefined): void {
    this.#result = result;
    const buttons = [this.#copy, this.#share];
    for (const button of buttons) keepRoom(button, !result);
    this.#share.hidden = !(result ? canShare(result) : sharesPictures());
    const focused = buttons.find((button) => button === document.activeElement);
    if (focused?.matches('[hidden], .coming')) this.#elsewhere();
  }

  async #saveLater(save: HTMLAnchorElement): Promise<void> {
    if (await this.#source.result()) save.click();
  }

  async #toClipboard(): Promise<void> {
    if (!this.#result) return;
    try {
      // A promise, or Safari takes it for something that nobody has asked for.
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': this.#png() })]);
      this.#tell(this.#copy, 'card.copied', 'card.copy');
    } catch {
      this.#tell(this.#copy, 'card.not-copied', 'card.copy');
    }
  }

  async #png(): Promise<Blob> {
    const result = await this.#source.result();
    if (!result || !readsBack()) throw new Error('there is none');
    return asPng(result);
  }

  /** On the button, where the eye is, and to who does not see it. */
  #tell(button: HTMLButtonElement, key: string, usual: string): void {
    button.textContent = text(key);
    this.#say(text(key));
    setTimeout(() => {
      button.textContent = text(usual);
    }, SAID_MS);
  }

  async #toOthers(): Promise<void> {
    try {
      const result = await this.#source.result();
      if (result) await navigator.share({ files: [result] });
    } catch (error) {
      // Closing the system's sheet is an answer, too.
      const closed = error instanceof DOMException && error.name === 'AbortError';
      if (!closed) this.#tell(this.#share, 'card.not-shared', 'card.share');
    }
  }

  #drag(event: DragEvent): void {
    const { target, dataTransfer } = event;
    if (!this.#result || !(target instanceof HTMLAnchorElement)) return;
    if (this.#source.stale) {
      event.preventDefault();
      return;
    }
    const { name, type } = this.#result;
    // Chromium's way to a file; dragging on the picture itself moves the divider.
    dataTransfer?.setData('DownloadURL', `${type}:${name}:${target.href}`);
  }
}

let shares: boolean | undefined;
const sharesPictures = () => (shares ??= canShare(new File([], 'picture.png', { type: 'image/png' })));

/** Whether the system's share sheet takes this file. */
function canShare(file: File): boolean {
  const { canShare } = navigator as Partial<Navigator>;
  return canShare?.call(navigator, { files: [file] }) ?? false;
}

/** What clipboards take. */
async function asPng(picture: Blob): Promise<Blob> {
  if (picture.type === 'image/png') return picture;
  const bitmap = await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap);
  return canvas.convertToBlob();
}
