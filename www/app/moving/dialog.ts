import { NijigenError } from '../../client/index.js';
import { busyWith, markUnsaved } from '../shell/activity.js';
import { finishOf, lastChoices } from '../finishing/choices.js';
import { offerOnce } from '../finishing/sizes.js';
import { find } from '../shell/dom.js';
import { extensionOf, offer } from '../shell/picture.js';
import { ask } from '../shell/question.js';
import { lastOf } from '../styles/last.js';
import { theConverter } from '../shell/converter.js';
import { styleName } from '../shell/style-names.js';
import { counted, decimal, duration, onLanguage, sentenceFor, text } from '../shell/text.js';
import type { Moving } from './moving.js';
import type { Painter } from './painter.js';

const SIDES = [256, 384, 512, 768] as const;
const USUAL = 512;

/** What is fetched when it is used. */
export type Film = typeof import('./open.js');

type State =
  | { readonly name: 'looking' | 'ready' | 'cancelled' }
  | { readonly name: 'drawing'; readonly done: number }
  | { readonly name: 'done'; readonly film: Blob }
  | { readonly name: 'failed'; readonly code: NijigenError['code'] };

/** In which a moving picture or a video is drawn, frame by frame, and saved as a film. */
export class MovingDialog {
  readonly #root = find(document, '#moving', HTMLDialogElement);
  readonly #canvas = find(this.#root, 'canvas', HTMLCanvasElement);
  readonly #video = find(this.#root, 'video', HTMLVideoElement);
  readonly #meter = find(this.#root, '.meter', HTMLElement);
  readonly #about = find(this.#root, '.about', HTMLElement);
  readonly #told = find(this.#root, '.told', HTMLElement);
  readonly #style = find(this.#root, '[name=style]', HTMLSelectElement);
  readonly #side = find(this.#root, '[name=side]', HTMLSelectElement);
  readonly #sides = SIDES.map((side) => new Option('', String(side), side === USUAL, side === USUAL));
  readonly #draw = find(this.#root, '.draw', HTMLButtonElement);
  readonly #stop = find(this.#root, '.stop', HTMLButtonElement);
  readonly #save = find(this.#root, '.save', HTMLAnchorElement);
  #file = new File([], '');
  #film: Film | undefined;
  #moving: Moving | undefined;
  #state: State = { name: 'looking' };
  /** Ends what is being drawn. */
  #work = new AbortController();
  #saved = false;
  /** Somebody has said that it may close. */
  #left = false;
  /** Style and side of the film. */
  #drawnAs: readonly [string, string] = ['', ''];
  /** Milliseconds that one frame takes as far as is known. */
  #pace: number | undefined;

  constructor() {
    this.#side.append(...this.#sides);
    find(this.#root, '.close', HTMLButtonElement).addEventListener('click', () => void this.#leave());
    this.#root.addEventListener('cancel', (event) => {
      if (!event.cancelable) return;
      event.preventDefault();
      void this.#leave();
    });
    this.#draw.addEventListener('click', () => void this.#make());
    this.#stop.addEventListener('click', () => {
      this.#work.abort();
    });
    this.#save.addEventListener('click', () => {
      this.#saved = true;
      markUnsaved(this, false);
    });
    for (const choice of [this.#style, this.#side]) choice.addEventListener('change', () => void this.#choose());
    onLanguage(this);
  }

  /** Resolves once it is closed. */
  async show(film: Film, file: File, moving: Moving, style?: string): Promise<void> {
    this.#film = film;
    this.#file = file;
    this.#moving = moving;
    await this.#fill(style);
    this.#left = false;
    const open = this.#untilClosed();
    void this.#look();
    await open;
    // After a few Escapes in a row, or a phone's “back”, browsers close it whatever the page says.
    while (!(await this.#mayLeave())) await this.#untilClosed();
    this.#work.abort();
    this.#work = new AbortController();
    moving.close();
    this.#moving = undefined;
    this.#forgetFilm();
    this.#canvas.width = 0;
  }

  async #untilClosed(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#root.addEventListener('close', resolve, { once: true });
    });
    this.#root.showModal();
    await closed;
  }

  retranslate(): void {
    for (const option of this.#style.options) option.text = styleName(option.value);
    this.#describeSides();
    this.#tell();
  }

  /** Nothing is drawn larger than it is. */
  #describeSides(): void {
    const { width, height } = this.#moving ?? { width: Infinity, height: Infinity };
    const longer = Math.max(width, height);
    offerOnce(this.#side, this.#sides, ({ value }) => Number(value) >= longer);
    for (const option of this.#side.options)
      option.text = text('finish.pixels', { side: Math.min(longer, Number(option.value)) });
  }

  async #fill(style: string | undefined): Promise<void> {
    const converter = await theConverter();
    const styles = [...new Set(converter.styles().map((model) => model.style))];
    const chosen = lastOf(styles, style);
    this.#style.replaceChildren(...styles.map((name) => new Option('', name, false, name === chosen)));
    this.retranslate();
  }

  /** Another choice gives up the film that there is. */
  async #choose(): Promise<void> {
    if (this.#unsaved && !(await ask(text('moving.another-sure'), text('moving.another'), text('moving.keep')))) {
      [this.#style.value, this.#side.value] = this.#drawnAs;
      return;
    }
    this.#describeSides();
    void this.#look();
  }

  /** Draws the first frame: how it will look, and how long all of it will take. */
  async #look(): Promise<void> {
    await this.#run('looking', async (moving, painter, signal) => {
      const first = await moving.first(painter.size);
      this.#paint(first);
      const { canvas, took } = await painter.draw(first, signal);
      this.#paint(canvas);
      this.#pace = took;
      return { name: 'ready' };
    });
  }

  async #make(): Promise<void> {
    await this.#run('drawing', async (moving, painter, signal) => {
      let done = 0;
      const begun = performance.now();
      this.#become({ name: 'drawing', done });
      const film = await moving.make(
        painter.size,
        async (frame) => {
          const drawn = await painter.next(frame, signal);
          this.#paint(drawn);
          done += 1;
          this.#pace = (performance.now() - begun) / done;
          this.#become({ name: 'drawing', done });
          return drawn;
        },
        signal,
      );
      return { name: 'done', film };
    });
  }

  /** Whatever was begun before ends. */
  async #run(
    name: 'looking' | 'drawing',
    work: (moving: Moving, painter: Painter, signal: AbortSignal) => Promise<State>,
  ): Promise<void> {
    const [moving, film] = [this.#moving, this.#film];
    if (!moving || !film) return;
    this.#work.abort();
    const { signal } = (this.#work = new AbortController());
    this.#forgetFilm();
    this.#become(name === 'drawing' ? { name, done: 0 } : { name });
    try {
      const { label } = finishOf({ format: 'png', ...lastChoices() });
      const size = film.sizeWithin(moving, Number(this.#side.value));
      const painter = new film.Painter(await theConverter(), size, {
        style: this.#style.value,
        ...(label !== undefined && { label }),
      });
      const state = await busyWith(work(moving, painter, signal));
      if (!signal.aborted) this.#become(state);
    } catch (error) {
      // A frame that was chosen anew, or a dialog that is closed, tells nobody.
      if (signal !== this.#work.signal) return;
      if (signal.aborted) this.#become({ name: 'cancelled' });
      else this.#become({ name: 'failed', code: error instanceof NijigenError ? error.code : 'internal' });
    }
  }

  #paint(frame: ImageData | OffscreenCanvas): void {
    const { width, height } = frame;
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    this.#root.style.setProperty('--ratio', String(width / height));
    const context = this.#canvas.getContext('2d');
    if (frame instanceof ImageData) context?.putImageData(frame, 0, 0);
    else context?.drawImage(frame, 0, 0);
  }

  #become(state: State): void {
    const before = this.#state.name;
    this.#state = state;
    if (state.name === 'done') {
      markUnsaved(this, true);
      this.#drawnAs = [this.#style.value, this.#side.value];
      const name = `${this.#file.name.replace(/\.[^.]*$/, '')}-${this.#style.value}.${extensionOf(state.film)}`;
      offer(this.#save, state.film, name);
      this.#video.src = this.#save.href;
      void this.#video.play().catch(() => undefined);
    }
    this.#tell();
    const focused = document.activeElement;
    if (state.name === before || !focused || (focused !== document.body && !focused.matches('[hidden], :disabled')))
      return;
    for (const button of [this.#save, this.#stop, this.#draw]) {
      if (button.hidden || (button instanceof HTMLButtonElement && button.disabled)) continue;
      button.focus();
      return;
    }
  }

  #tell(): void {
    const { name } = this.#state;
    const moving = this.#moving;
    const drawing = name === 'drawing';
    this.#root.dataset['state'] = name;
    this.#draw.disabled = name !== 'ready' && name !== 'cancelled' && name !== 'failed';
    this.#draw.hidden = drawing || name === 'done';
    this.#stop.hidden = !drawing;
    this.#save.hidden = this.#video.hidden = name !== 'done';
    this.#canvas.hidden = name === 'done';
    this.#style.disabled = this.#side.disabled = drawing;
    this.#meter.hidden = !drawing && name !== 'looking';
    if (!moving) return;
    find(this.#root, '#moving-title', HTMLElement).textContent = this.#file.name;
    this.#canvas.ariaLabel = text('moving.frame', { name: this.#file.name });
    this.#video.ariaLabel = text('moving.film', { name: this.#file.name });
    this.#about.textContent = [
      text('moving.about', { frames: counted('moving.frames', moving.frames), seconds: decimal(moving.seconds, 1) }),
      ...(moving.cut ? [text('moving.cut', { seconds: Math.round(moving.seconds) })] : []),
    ].join(' ');
    this.#measure(moving);
    const words = this.#words(moving);
    if (this.#told.textContent !== words) this.#told.textContent = words;
  }

  #measure({ frames }: Moving): void {
    const done = this.#state.name === 'drawing' ? this.#state.done : 0;
    const left = this.#pace === undefined ? '' : duration((this.#pace * (frames - done)) / 1000);
    const words =
      this.#state.name === 'looking' ? text('moving.looking') : text('moving.progress', { done, frames, left });
    // Of a video it is only about known how many there are.
    const share = Math.min(1, done / frames);
    this.#meter.ariaValueNow = String(Math.round(share * 100));
    this.#meter.ariaValueText = words;
    this.#meter.ariaLabel = text('card.progress-label', { name: this.#file.name });
    this.#root.style.setProperty('--share', String(share));
    find(this.#root, '.progress', HTMLElement).textContent = this.#meter.hidden ? '' : words;
  }

  #words({ frames }: Moving): string {
    const state = this.#state;
    const time = this.#pace === undefined ? '' : duration((this.#pace * frames) / 1000);
    switch (state.name) {
      case 'ready':
        return text('moving.ready', { time });
      case 'cancelled':
        return text('moving.cancelled');
      case 'failed':
        return sentenceFor(state.code);
      case 'done':
        return text('moving.done');
      default:
        return '';
    }
  }

  #forgetFilm(): void {
    this.#saved = false;
    markUnsaved(this, false);
    this.#video.removeAttribute('src');
    this.#video.load();
    if (this.#save.href) URL.revokeObjectURL(this.#save.href);
    this.#save.removeAttribute('href');
  }

  get #unsaved(): boolean {
    return this.#state.name === 'done' && !this.#saved;
  }

  async #leave(): Promise<void> {
    this.#left = await this.#mayLeave();
    if (this.#left) this.#root.close();
  }

  /** What took minutes is not lost with a slip of the hand. */
  async #mayLeave(): Promise<boolean> {
    if (this.#left) return true;
    const { name } = this.#state;
    if (name === 'drawing' && !(await ask(text('moving.leave-sure'), text('moving.leave'), text('moving.stay'))))
      return false;
    return !this.#unsaved || ask(text('moving.unsaved-sure'), text('moving.discard'), text('moving.keep'));
  }
}
