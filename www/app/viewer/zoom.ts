/** How far a picture can be enlarged beyond one of its pixels to one of the screen's. */
const MOST = 4;
/** What a double tap enlarges to. */
const CLOSE_UP = 2.5;
const KEY_STEP = 1.4;
const KEY_PAN_PX = 80;
const DOUBLE_TAP_MS = 350;
const DOUBLE_TAP_PX = 30;
const TAP_PX = 6;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Enlarges and moves all pictures of a stage in step, by the variables `--scale`, `--x` and `--y`. */
export class Zoom {
  readonly #stage: HTMLElement;
  readonly #onChange: (scale: number) => void;
  readonly #pointers = new Map<number, Point>();
  #scale = 1;
  #x = 0;
  #y = 0;
  /** Width over height, and width in pixels, of what is shown. */
  #ratio = 1;
  #width = 1;
  #start: Point | undefined;
  #lastTap: (Point & { readonly time: number }) | undefined;

  /** `drag` gets the page's x of a pointer that moves while there is nothing to pan. */
  constructor(
    stage: HTMLElement,
    onChange: (scale: number) => void,
    readonly drag: (x: number) => void,
  ) {
    this.#stage = stage;
    this.#onChange = onChange;
    stage.addEventListener('wheel', this.#wheel, { passive: false });
    stage.addEventListener('pointerdown', this.#down);
    stage.addEventListener('pointermove', this.#move);
    for (const type of ['pointerup', 'pointercancel'] as const) stage.addEventListener(type, this.#up);
    stage.addEventListener('keydown', this.#key);
    new ResizeObserver(() => {
      this.#apply();
    }).observe(stage);
  }

  /** Begins anew with a picture of this size, all of it in view. */
  reset(width: number, height: number): void {
    this.#ratio = width / height;
    this.#width = width;
    this.fit();
  }

  fit(): void {
    [this.#scale, this.#x, this.#y] = [1, 0, 0];
    this.#apply();
  }

  in(): void {
    this.#to(this.#scale * KEY_STEP);
  }

  out(): void {
    this.#to(this.#scale / KEY_STEP);
  }

  /** The size at which all of it is in view. */
  #fitted(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.#stage;
    const width = Math.min(clientWidth, clientHeight * this.#ratio);
    return { width, height: width / this.#ratio };
  }

  /** `around` stays where it is; it is counted from the middle. */
  #to(scale: number, around: Point = { x: 0, y: 0 }): void {
    const most = Math.max(MOST, (MOST * this.#width) / Math.max(1, this.#fitted().width));
    const next = Math.min(most, Math.max(1, scale));
    const factor = next / this.#scale;
    this.#x = around.x - (around.x - this.#x) * factor;
    this.#y = around.y - (around.y - this.#y) * factor;
    this.#scale = next;
    this.#apply();
  }

  #pan(x: number, y: number): void {
    this.#x += x;
    this.#y += y;
    this.#apply();
  }

  #apply(): void {
    const { width, height } = this.#fitted();
    const spare = (size: number, room: number) => Math.max(0, (size * this.#scale - room) / 2);
    const [across, down] = [spare(width, this.#stage.clientWidth), spare(height, this.#stage.clientHeight)];
    this.#x = Math.min(across, Math.max(-across, this.#x));
    this.#y = Math.min(down, Math.max(-down, this.#y));
    const { style } = this.#stage;
    style.setProperty('--scale', String(this.#scale));
    style.setProperty('--x', `${String(this.#x)}px`);
    style.setProperty('--y', `${String(this.#y)}px`);
    // The share of the stage that is left free at either side, and above and below: what lies on the picture keeps off it.
    const free = (size: number, room: number) => Math.max(0, (1 - (size * this.#scale) / Math.max(1, room)) / 2);
    style.setProperty('--free-x', String(free(width, this.#stage.clientWidth)));
    style.setProperty('--free-y', String(free(height, this.#stage.clientHeight)));
    this.#stage.classList.toggle('enlarged', this.#scale > 1);
    this.#onChange(this.#scale);
  }

  #fromMiddle({ x, y }: Point): Point {
    const { left, top, width, height } = this.#stage.getBoundingClientRect();
    return { x: x - left - width / 2, y: y - top - height / 2 };
  }

  readonly #wheel = (event: WheelEvent): void => {
    event.preventDefault();
    // Lines are some 16 pixels; a pinch on a touchpad comes as small steps with the control key.
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    this.#to(this.#scale * Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), this.#fromMiddle(event));
  };

  readonly #down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.#stage.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#start = this.#pointers.size === 1 ? { x: event.clientX, y: event.clientY } : undefined;
  };

  readonly #move = (event: PointerEvent): void => {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (other) {
      const [was, is] = [before, now].map((point) => Math.hypot(point.x - other.x, point.y - other.y)) as [
        number,
        number,
      ];
      this.#pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      if (was > 0) this.#to((this.#scale * is) / was, this.#fromMiddle(middle));
    } else if (this.#scale > 1) this.#pan(now.x - before.x, now.y - before.y);
    else if (this.#start && distance(this.#start, now) > TAP_PX) this.drag(now.x);
  };

  readonly #up = (event: PointerEvent): void => {
    if (!this.#pointers.delete(event.pointerId) || event.type === 'pointercancel') return;
    const here = { x: event.clientX, y: event.clientY };
    if (!this.#start || distance(this.#start, here) > TAP_PX) return;
    const last = this.#lastTap;
    const again = last && event.timeStamp - last.time < DOUBLE_TAP_MS && distance(last, here) < DOUBLE_TAP_PX;
    this.#lastTap = again ? undefined : { ...here, time: event.timeStamp };
    if (!again) return;
    if (this.#scale > 1) this.fit();
    else this.#to(CLOSE_UP, this.#fromMiddle(here));
  };

  readonly #key = (event: KeyboardEvent): void => {
    const pan = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!pan) return;
    event.preventDefault();
    this.#pan((pan[0] ?? 0) * KEY_PAN_PX, (pan[1] ?? 0) * KEY_PAN_PX);
  };
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
