import { closeOutside, find } from '../shell/dom.js';
import { clear, offer, show } from '../shell/picture.js';
import { Split } from './split.js';
import { text } from '../shell/text.js';
import { Zoom } from './zoom.js';

export interface View {
  readonly title: string;
  /** What is saved, and under which name. */
  readonly picture: Blob;
  readonly fileName: string;
  /** The photo that it was drawn from, where it is there. */
  readonly photo?: Blob;
  readonly split?: number;
}

let viewer: Viewer | undefined;

/** Shows pictures over everything else, large, beside the photo where there is one. */
export const theViewer = (): Viewer => (viewer ??= new Viewer());

class Viewer {
  readonly #dialog = find(document, '#viewer', HTMLDialogElement);
  readonly #stage = find(this.#dialog, '.stage', HTMLElement);
  readonly #divider = find(this.#stage, '.divider', HTMLElement);
  readonly #photo = find(this.#stage, '.before img', HTMLImageElement);
  readonly #drawing = find(this.#stage, '.after img', HTMLImageElement);
  readonly #save = find(this.#dialog, '.save', HTMLAnchorElement);
  readonly #split = new Split(this.#stage, this.#divider);
  readonly #zoom: Zoom;

  constructor() {
    closeOutside(this.#dialog);
    this.#dialog.addEventListener('close', () => {
      clear(this.#photo);
      clear(this.#drawing);
    });
    const scale = find(this.#dialog, 'output', HTMLOutputElement);
    const out = find(this.#dialog, '.out', HTMLButtonElement);
    this.#zoom = new Zoom(
      this.#stage,
      (factor) => {
        scale.textContent = text('viewer.scale', { percent: Math.round(factor * 100) });
        out.ariaDisabled = factor > 1 ? null : 'true';
      },
      (x) => {
        if (!this.#divider.hidden) this.#split.moveTo(x);
      },
    );
    this.#onPress('.in', () => {
      this.#zoom.in();
    });
    this.#onPress('.out', () => {
      this.#zoom.out();
    });
    this.#onPress('.fit', () => {
      this.#zoom.fit();
    });
    this.#dialog.addEventListener('keydown', ({ key }) => {
      if (key === '+' || key === '=') this.#zoom.in();
      if (key === '-') this.#zoom.out();
      if (key === '0') this.#zoom.fit();
    });
    this.#dragDivider();
  }

  async show({ title, picture, fileName, photo, split = 0.5 }: View): Promise<void> {
    find(this.#dialog, '#viewer-title', HTMLElement).textContent = title;
    this.#drawing.alt = title;
    this.#photo.alt = text('card.before');
    this.#compare(photo !== undefined, split);
    offer(this.#save, picture, fileName);
    this.#dialog.showModal();
    const drawn = show(this.#drawing, picture).then(() => {
      this.#zoom.reset(this.#drawing.naturalWidth, this.#drawing.naturalHeight);
    });
    const [, shown] = await Promise.all([drawn, photo && show(this.#photo, photo)]);
    // The browser may know nothing of the photo's format; then there is the finished picture alone.
    if (photo && !shown && this.#dialog.open) this.#compare(false, split);
  }

  #compare(both: boolean, split: number): void {
    this.#divider.hidden = !both;
    this.#split.at = both ? split : 0;
    this.#stage.classList.toggle('single', !both);
  }

  #onPress(button: string, act: () => void): void {
    find(this.#dialog, button, HTMLButtonElement).addEventListener('click', act);
  }

  /** Also while a picture is enlarged, when the stage itself is panned. */
  #dragDivider(): void {
    const divider = this.#divider;
    divider.addEventListener('pointerdown', (event) => {
      event.stopPropagation();
      divider.setPointerCapture(event.pointerId);
    });
    divider.addEventListener('pointermove', (event) => {
      if (divider.hasPointerCapture(event.pointerId)) this.#split.moveTo(event.clientX);
    });
  }
}
