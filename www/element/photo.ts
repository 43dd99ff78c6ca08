import {
  createConverter,
  NijigenError,
  type CacheMode,
  type Conversion,
  type Converter,
  type CoreOptions,
  type ModelEntry,
  type OutputFormat,
  type Progress,
} from '../client/index.js';
import { CHOICES, choicesOf } from './attributes.js';
import { whenSeen } from './sight.js';
import { styles } from './styles.js';

/** What it dispatches; the events bubble. */
export interface NijigenPhotoEvents {
  'nijigen-progress': CustomEvent<Progress>;
  'nijigen-done': CustomEvent<Conversion>;
  'nijigen-error': CustomEvent<NijigenError>;
}

/** `idle` has nothing to draw, `waiting` is not in view yet. */
export type NijigenPhotoState = 'idle' | 'waiting' | 'working' | 'done' | 'failed';

// A server renders pages that import this, and has no elements.
const Base =
  (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (Object as unknown as typeof HTMLElement);

let make: () => Converter | Promise<Converter> = () => createConverter();
let shared: Promise<Converter> | undefined;

/**
 * `<nijigen-photo look="meadow"><img src="photo.jpg" alt="…"></nijigen-photo>` shows the photo until it is drawn, and
 * goes on showing it where it cannot be. Without the inner image, `src` names the photo. The attributes are those of
 * `convert`, with dashes; `label="none"` leaves the mark out. Parts: `result`, `progress`, and `original`, which
 * is the photo where no inner image is given.
 */
export class NijigenPhoto extends Base {
  static readonly observedAttributes = [...CHOICES, 'loading', 'alt'];

  /**
   * The converter of all elements, made when first needed. Set it to share the page's own; a function that makes it is
   * called again where that failed.
   */
  static get converter(): Promise<Converter> {
    if (shared) return shared;
    const making = (shared = Promise.resolve().then(make));
    making.catch(() => {
      if (shared === making) shared = undefined;
    });
    return making;
  }

  static set converter(converter: Converter | Promise<Converter> | (() => Converter | Promise<Converter>)) {
    make = typeof converter === 'function' ? converter : () => converter;
    shared = undefined;
  }

  #parts: {
    slot: HTMLSlotElement;
    original: HTMLImageElement;
    result: HTMLImageElement;
    progress: HTMLProgressElement;
  };
  #run: AbortController | undefined;
  #conversion: Conversion | undefined;
  #error: NijigenError | undefined;
  #due = false;
  /** The inner image when drawing was planned. */
  #image: HTMLImageElement | null = null;
  /** What it showed when it was drawn. */
  #drawn: string | undefined;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [styles()];
    const slot = document.createElement('slot');
    const [original, result] = ['original', 'result'].map((part) => {
      const image = document.createElement('img');
      image.part.add(part);
      return image;
    }) as [HTMLImageElement, HTMLImageElement];
    const progress = document.createElement('progress');
    progress.part.add('progress');
    // `aria-busy` says it once; a share that changes all the time would be read out.
    progress.setAttribute('aria-hidden', 'true');
    slot.addEventListener('slotchange', () => {
      if (this.#inner !== this.#image) this.#plan();
    });
    // `load` does not bubble.
    this.addEventListener(
      'load',
      ({ target }) => {
        const shown = target === this.#inner && !this.src ? this.#inner?.currentSrc : undefined;
        if (shown !== undefined && this.#drawn !== undefined && shown !== this.#drawn) this.#plan();
      },
      true,
    );
    root.append(slot, result, progress);
    this.#parts = { slot, original, result, progress };
  }

  /** The photo's URL; without it the inner image's. */
  get src(): string {
    return this.getAttribute('src') ?? '';
  }
  set src(value: string | null | undefined) {
    this.#reflect('src', value);
  }

  /** The style, by its name in `styles()`, or the id of a model of your own. */
  get look(): string | null {
    return this.getAttribute('look');
  }
  set look(value: string | null | undefined) {
    this.#reflect('look', value);
  }

  get tier(): ModelEntry['tier'] | null {
    return this.getAttribute('tier') as ModelEntry['tier'] | null;
  }
  set tier(value: ModelEntry['tier'] | null | undefined) {
    this.#reflect('tier', value);
  }

  get maxSide(): number | null {
    return this.#number('max-side');
  }
  set maxSide(value: number | null | undefined) {
    this.#reflect('max-side', value);
  }

  get format(): OutputFormat | null {
    return this.getAttribute('format') as OutputFormat | null;
  }
  set format(value: OutputFormat | null | undefined) {
    this.#reflect('format', value);
  }

  get quality(): number | null {
    return this.#number('quality');
  }
  set quality(value: number | null | undefined) {
    this.#reflect('quality', value);
  }

  /** How much of the drawing shows over the photo, 0–1. */
  get strength(): number | null {
    return this.#number('strength');
  }
  set strength(value: number | null | undefined) {
    this.#reflect('strength', value);
  }

  /** Whether the result gets the photo's own size. */
  get fullSize(): boolean {
    return this.hasAttribute('full-size');
  }
  set fullSize(value: boolean | null | undefined) {
    // Without a second argument it would toggle.
    this.toggleAttribute('full-size', Boolean(value));
  }

  /** Language of the small mark in the corner; `none` leaves it out. */
  get label(): NonNullable<CoreOptions['label']> | 'none' | null {
    return this.getAttribute('label') as NonNullable<CoreOptions['label']> | 'none' | null;
  }
  set label(value: NonNullable<CoreOptions['label']> | 'none' | null | undefined) {
    this.#reflect('label', value);
  }

  get cache(): CacheMode | null {
    return this.getAttribute('cache') as CacheMode | null;
  }
  set cache(value: CacheMode | null | undefined) {
    this.#reflect('cache', value);
  }

  /** `lazy`, which is the default, waits until the element comes near the view. */
  get loading(): 'lazy' | 'eager' {
    return this.getAttribute('loading') === 'eager' ? 'eager' : 'lazy';
  }
  set loading(value: 'lazy' | 'eager' | null | undefined) {
    this.#reflect('loading', value);
  }

  /** Says what the picture shows; without it the inner image's. */
  get alt(): string {
    return this.getAttribute('alt') ?? this.#inner?.alt ?? '';
  }
  set alt(value: string | null | undefined) {
    this.#reflect('alt', value);
  }

  get state(): NijigenPhotoState {
    return (this.dataset['state'] as NijigenPhotoState | undefined) ?? 'idle';
  }

  /** What is shown, once it is drawn. */
  get conversion(): Conversion | undefined {
    return this.#conversion;
  }

  /** Why nothing was drawn, if so. */
  get error(): NijigenError | undefined {
    return this.#error;
  }

  connectedCallback(): void {
    this.#takeOver();
    // The attribute alone does not tell: a copy has it as well.
    if (!this.#run) this.#plan();
  }

  disconnectedCallback(): void {
    // Something that is only moved is back by then.
    queueMicrotask(() => {
      if (!this.isConnected) this.#reset();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === 'alt') this.#describe();
    else if (name !== 'loading' || this.state === 'waiting') this.#plan();
  }

  /** Properties that were set before the element was defined lie on it as its own, and hide those of the class. */
  #takeOver(): void {
    const own = this as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(own)) {
      if (!Object.getOwnPropertyDescriptor(NijigenPhoto.prototype, name)?.set) continue;
      Reflect.deleteProperty(own, name);
      own[name] = value;
    }
  }

  #number(name: string): number | null {
    const value = this.getAttribute(name);
    return value === null ? null : Number(value);
  }

  #reflect(name: string, value: string | number | null | undefined): void {
    if (value === null || value === undefined) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  get #inner(): HTMLImageElement | null {
    return this.querySelector('img');
  }

  /** Draws once all attributes of this moment are set, and the element is in view. */
  #plan(): void {
    if (!this.isConnected || this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.isConnected) this.#begin();
    });
  }

  #begin(): void {
    this.#reset();
    const { slot, original } = this.#parts;
    this.#image = this.#inner;
    if (this.#image || !this.src) {
      original.remove();
      original.removeAttribute('src');
    } else {
      original.src = this.src;
      slot.append(original);
    }
    this.#describe();
    const source = this.src || this.#image;
    if (!source) return;
    const run = new AbortController();
    this.#run = run;
    if (this.loading === 'eager') return void this.#draw(source, run.signal);
    this.#show('waiting');
    const giveUp = whenSeen(this, () => void this.#draw(source, run.signal));
    run.signal.addEventListener('abort', giveUp);
  }

  async #draw(source: string | HTMLImageElement, signal: AbortSignal): Promise<void> {
    this.#show('working');
    const { result, progress } = this.#parts;
    const over = () => signal.aborted;
    try {
      // A page that has just imported this may have a converter of its own to set.
      await new Promise((resolve) => setTimeout(resolve));
      const converter = await NijigenPhoto.converter;
      const onProgress = (told: Progress) => {
        if (over()) return;
        if (told.stage === 'inference') progress.value = told.loaded / told.total;
        this.#tell('nijigen-progress', told);
      };
      if (typeof source !== 'string') {
        await source.decode().catch(() => undefined);
        this.#drawn = source.currentSrc;
      }
      const conversion = await converter.convert(source, { ...choicesOf(this), signal, onProgress });
      if (over()) return;
      result.src = URL.createObjectURL(conversion.blob);
      // Shown whole or not at all.
      await result.decode().catch(() => undefined);
      if (over()) return;
      this.#conversion = conversion;
      this.#show('done');
      this.#tell('nijigen-done', conversion);
    } catch (cause) {
      if (over()) return;
      this.#error = cause instanceof NijigenError ? cause : new NijigenError('internal', String(cause), { cause });
      this.#show('failed');
      this.#tell('nijigen-error', this.#error);
    }
  }

  /** Back to the photo, with nothing under way. */
  #reset(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#conversion = undefined;
    this.#error = undefined;
    this.#drawn = undefined;
    const { result } = this.#parts;
    if (result.src) URL.revokeObjectURL(result.src);
    result.removeAttribute('src');
    this.#show('idle');
  }

  #show(state: NijigenPhotoState): void {
    const { progress } = this.#parts;
    this.dataset['state'] = state;
    this.#reflect('aria-busy', state === 'working' ? 'true' : null);
    progress.toggleAttribute('data-shown', state === 'working');
    progress.removeAttribute('value');
  }

  #describe(): void {
    this.#parts.result.alt = this.#parts.original.alt = this.alt;
  }

  #tell(name: keyof NijigenPhotoEvents, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
