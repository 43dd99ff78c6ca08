import { closeOutside, find } from '../shell/dom.js';
import { onLanguage, text } from '../shell/text.js';
import { dragged, mirroredBox, moved, shaped, turnedBox, whole, type Box, type Grip } from './box.js';
import { paint, sizeTurned, turned, type Framing, type Size } from './framing.js';

/** Shapes on offer, width over height; `free` is any. */
const SHAPES = { free: undefined, '1:1': 1, '4:5': 4 / 5, '16:9': 16 / 9 } as const;
type Shape = keyof typeof SHAPES;
/** How far the keys move an edge, as a share of the side; with Shift farther. */
const STEP = 0.01;
const LEAP = 0.1;
/** A part that leaves out less than this of a side is all. */
const ALL = 0.002;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export interface Framed {
  readonly name: string;
  /** A copy that is small enough to be painted in no time. */
  readonly small: Blob;
  /** How large the photo itself is. */
  readonly size: Size | undefined;
  readonly framing: Framing;
}

let editor: Editor | undefined;

/** The dialog in which a photo is turned, mirrored and cut. */
export const theEditor = (): Editor => (editor ??= new Editor());

class Editor {
  readonly #dialog = find(document, '#crop', HTMLDialogElement);
  readonly #easel = find(this.#dialog, '.easel', HTMLElement);
  readonly #canvas = find(this.#easel, 'canvas', HTMLCanvasElement);
  readonly #frame = find(this.#easel, '.frame', HTMLElement);
  readonly #measure = find(this.#dialog, '.measure', HTMLElement);
  readonly #grips: readonly HTMLElement[] = [...this.#easel.querySelectorAll<HTMLElement>('.grip')];
  #picture: ImageBitmap | undefined;
  #photo: Size = { width: 1, height: 1 };
  #framing: Framing = {};
  #box: Box = whole(this.#photo);
  #answer: (framing: Framing | undefined) => void = () => undefined;

  constructor() {
    closeOutside(this.#dialog);
    this.#hearButtons();
    this.#dialog.addEventListener('close', () => {
      this.#answer(undefined);
      this.#picture?.close();
      this.#picture = undefined;
    });
    find(this.#dialog, '.shapes', HTMLFieldSetElement).addEventListener('change', () => {
      const ratio = this.#ratio;
      if (ratio !== undefined) this.#box = shaped(this.#size, ratio);
      this.#show();
    });
    this.#frame.addEventListener('pointerdown', (event) => {
      this.#follow(event);
    });
    this.#frame.addEventListener('keydown', (event) => {
      this.#press(event);
    });
    onLanguage(this);
  }

  #hearButtons(): void {
    const onPress = (name: string, act: () => void) => {
      find(this.#dialog, name, HTMLButtonElement).addEventListener('click', act);
    };
    onPress('.turn-left', () => {
      this.#turn(-1);
    });
    onPress('.turn-right', () => {
      this.#turn(1);
    });
    onPress('.mirror', () => {
      this.#framing = { ...this.#framing, mirror: !this.#framing.mirror };
      this.#box = mirroredBox(this.#box, this.#size);
      this.#paint();
    });
    onPress('.reset', () => {
      this.#framing = {};
      this.#choose('free');
      this.#box = whole(this.#size);
      this.#paint();
    });
    onPress('.apply', () => {
      const answer = this.#answer;
      this.#answer = () => undefined;
      this.#dialog.close();
      answer(this.#result());
    });
  }

  /** Resolves to what is wanted of the photo; undefined where it shall stay as it is. */
  async edit({ name, small, size, framing }: Framed): Promise<Framing | undefined> {
    const picture = await createImageBitmap(small);
    if (this.#dialog.open) {
      picture.close();
      return undefined;
    }
    this.#picture = picture;
    this.#photo = size ?? picture;
    this.#framing = framing;
    const { width, height } = this.#size;
    const { crop = { left: 0, top: 0, width: 1, height: 1 } } = framing;
    this.#box = {
      left: crop.left * width,
      top: crop.top * height,
      width: Math.min(crop.width, 1 - crop.left) * width,
      height: Math.min(crop.height, 1 - crop.top) * height,
    };
    this.#choose('free');
    this.#canvas.ariaLabel = text('crop.photo', { name });
    this.#dialog.showModal();
    this.#paint();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  retranslate(): void {
    this.#show();
  }

  get #size(): Size {
    return sizeTurned(this.#photo, this.#framing);
  }

  get #shape(): Shape {
    return find(this.#dialog, '.shapes :checked', HTMLInputElement).value as Shape;
  }

  get #ratio(): number | undefined {
    return SHAPES[this.#shape];
  }

  #choose(shape: Shape): void {
    find(this.#dialog, `.shapes [value="${shape}"]`, HTMLInputElement).checked = true;
  }

  #turn(quarters: 1 | -1): void {
    this.#box = turnedBox(this.#box, this.#size, quarters);
    this.#framing = turned(this.#framing, quarters);
    const ratio = this.#ratio;
    if (ratio !== undefined) this.#box = shaped(this.#size, ratio);
    this.#paint();
  }

  /** What is wanted, without a part that is nearly all. */
  #result(): Framing {
    const { rotate = 0, mirror = false } = this.#framing;
    const { width, height } = this.#size;
    const { left, top, width: across, height: down } = this.#box;
    const all = across > width * (1 - ALL) && down > height * (1 - ALL);
    const crop = { left: left / width, top: top / height, width: across / width, height: down / height };
    return { rotate, mirror, ...(!all && { crop }) };
  }

  #paint(): void {
    const picture = this.#picture;
    if (!picture) return;
    const { width, height } = sizeTurned(picture, this.#framing);
    Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d');
    if (context) paint(context, picture, this.#framing, 1);
    this.#easel.style.setProperty('--ratio', String(width / height));
    this.#show();
  }

  #show(): void {
    const { width, height } = this.#size;
    const { left, top, width: across, height: down } = this.#box;
    const { style } = this.#easel;
    for (const [name, share] of Object.entries({
      left: left / width,
      top: top / height,
      right: 1 - (left + across) / width,
      bottom: 1 - (top + down) / height,
    }))
      style.setProperty(`--${name}`, String(Math.max(0, share)));
    const sides = { width: Math.round(across), height: Math.round(down) };
    this.#measure.textContent = text('crop.size', sides);
    for (const grip of this.#grips) {
      if (grip.role !== 'slider') continue;
      const { x, y } = gripOf(grip);
      const share = x === 0 ? (y < 0 ? top : top + down) / height : (x < 0 ? left : left + across) / width;
      const percent = Math.round(share * 100);
      grip.ariaValueNow = String(percent);
      grip.ariaValueText = text('crop.edge', { percent, ...sides });
    }
  }

  #follow(event: PointerEvent): void {
    if (event.button !== 0 || !event.isPrimary || !(event.target instanceof HTMLElement)) return;
    const target = event.target.closest<HTMLElement>('.grip') ?? this.#frame;
    const { width } = this.#easel.getBoundingClientRect();
    const [begin, size, perPixel] = [this.#box, this.#size, this.#size.width / width];
    const over = new AbortController();
    this.#frame.setPointerCapture(event.pointerId);
    const options = { signal: over.signal };
    const move = ({ clientX, clientY }: PointerEvent) => {
      const [x, y] = [(clientX - event.clientX) * perPixel, (clientY - event.clientY) * perPixel];
      this.#box =
        target === this.#frame ? moved(begin, size, x, y) : dragged(begin, size, gripOf(target), x, y, this.#ratio);
      this.#show();
    };
    this.#frame.addEventListener('pointermove', move, options);
    for (const type of ['pointerup', 'pointercancel'] as const)
      this.#frame.addEventListener(
        type,
        () => {
          over.abort();
        },
        options,
      );
  }

  #press(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (!arrow || !(event.target instanceof HTMLElement)) return;
    event.preventDefault();
    const step = event.shiftKey ? LEAP : STEP;
    const size = this.#size;
    const [x, y] = [arrow[0] * step * size.width, arrow[1] * step * size.height];
    if (event.target === this.#frame) this.#box = moved(this.#box, size, x, y);
    else {
      const grip = gripOf(event.target);
      // Of an edge either pair of arrows will do, as of any slider.
      const across = grip.x === 0 ? 0 : x || -arrow[1] * step * size.width;
      const down = grip.y === 0 ? 0 : y || arrow[0] * step * size.height;
      this.#box = dragged(this.#box, size, grip, across, down, this.#ratio);
    }
    this.#show();
  }
}

const gripOf = ({ dataset }: HTMLElement): Grip => ({
  x: Number(dataset['x']) as Grip['x'],
  y: Number(dataset['y']) as Grip['y'],
});
