import { closeOutside, find } from './dom.js';
import { clear, show } from './picture.js';

/** Shows one picture over everything else. */
export class Viewer {
  readonly #dialog = find(document, '#viewer', HTMLDialogElement);
  readonly #image = find(this.#dialog, 'img', HTMLImageElement);

  constructor() {
    closeOutside(this.#dialog);
    this.#dialog.addEventListener('close', () => {
      clear(this.#image);
    });
  }

  async show(picture: Blob, title: string, fileName: string): Promise<void> {
    find(this.#dialog, '#viewer-title', HTMLElement).textContent = title;
    this.#image.alt = title;
    this.#dialog.showModal();
    const shown = show(this.#image, picture);
    const save = find(this.#dialog, '.save', HTMLAnchorElement);
    save.href = this.#image.src;
    save.download = fileName;
    await shown;
  }
}
