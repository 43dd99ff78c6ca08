import type { Converter, ConvertOptions } from '../../client/index.js';
import { type Size } from './moving.js';
import { Steady } from './steady.js';

interface Drawn {
  readonly canvas: OffscreenCanvas;
  /** In milliseconds, without what has to be fetched first. */
  readonly took: number;
}

/** Draws the frames of one film. */
export class Painter {
  readonly #converter: Converter;
  readonly #options: ConvertOptions;
  readonly #steady = new Steady();
  #last: { readonly frame: ImageData; readonly drawn: OffscreenCanvas } | undefined;

  constructor(
    converter: Converter,
    readonly size: Size,
    options: Pick<ConvertOptions, 'style' | 'label'>,
  ) {
    this.#converter = converter;
    const fast = converter.styles().some(({ style, tier }) => style === options.style && tier === 'fast');
    this.#options = { ...options, ...(fast && { tier: 'fast' }), format: 'png', cache: 'off' };
  }

  /** Draws a frame by itself. */
  async draw(frame: ImageData, signal: AbortSignal): Promise<Drawn> {
    const { width, height } = this.size;
    const begun = performance.now();
    // What is given may be handed over to the worker.
    const copy = new ImageData(frame.data.slice(), width, height);
    const maxSide = Math.max(width, height, 256);
    const { blob, timings } = await this.#converter.convert(copy, { ...this.#options, maxSide, signal });
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(width, height);
    // Some models give another size than they are asked for.
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    return { canvas, took: performance.now() - begun - timings.load };
  }

  /** Draws the frame that follows. What stands still is not drawn again. */
  async next(frame: ImageData, signal: AbortSignal): Promise<OffscreenCanvas> {
    signal.throwIfAborted();
    if (this.#last && equal(this.#last.frame.data, frame.data)) return this.#last.drawn;
    const { canvas } = await this.draw(frame, signal);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const { width, height } = this.size;
    if (context) context.putImageData(this.#steady.next(frame, context.getImageData(0, 0, width, height)), 0, 0);
    this.#last = { frame, drawn: canvas };
    return canvas;
  }
}

function equal(one: Uint8ClampedArray, other: Uint8ClampedArray): boolean {
  const [a, b] = [new Uint32Array(one.buffer), new Uint32Array(other.buffer)];
  return a.length === b.length && a.every((pixels, at) => pixels === b[at]);
}
