import { CanvasSource } from 'mediabunny';
import { LONGEST, pixelsOf, type Draw, type Moving, type Size } from './moving.js';
import { codingFor, fileOf, film, QUALITY, TAGS } from './output.js';

const MICROSECONDS = 1e6;

/** A GIF, WebP or PNG of several frames. */
export class MovingPicture implements Moving {
  private constructor(
    readonly decoder: ImageDecoder,
    readonly width: number,
    readonly height: number,
    /** How long each frame is shown, in seconds. */
    readonly durations: readonly number[],
    readonly cut: boolean,
  ) {}

  /** Rejects where the browser cannot decode it. */
  static async open(file: Blob, type: string): Promise<MovingPicture> {
    const decoder = new ImageDecoder({ data: await file.arrayBuffer(), type });
    try {
      await decoder.tracks.ready;
      await decoder.completed;
      const count = decoder.tracks.selectedTrack?.frameCount ?? 0;
      const durations: number[] = [];
      let [size, seconds]: [Size | undefined, number] = [undefined, 0];
      for (let index = 0; index < count && seconds < LONGEST; index++) {
        const { image } = await decoder.decode({ frameIndex: index });
        size ??= { width: image.displayWidth, height: image.displayHeight };
        // Browsers show what says nothing of its time for a tenth of a second.
        durations.push((image.duration ?? 0) / MICROSECONDS || 0.1);
        seconds += durations.at(-1) ?? 0;
        image.close();
      }
      if (!size) throw new Error('there is no frame');
      return new MovingPicture(decoder, size.width, size.height, durations, durations.length < count);
    } catch (error) {
      decoder.close();
      throw error;
    }
  }

  get frames(): number {
    return this.durations.length;
  }

  get seconds(): number {
    return this.durations.reduce((sum, duration) => sum + duration, 0);
  }

  first(size: Size): Promise<ImageData> {
    return this.#frame(0, size);
  }

  async make(size: Size, draw: Draw, signal: AbortSignal): Promise<Blob> {
    const { format, codec } = await codingFor(size);
    const canvas = new OffscreenCanvas(size.width, size.height);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('there is no canvas');
    const output = film(format);
    const source = new CanvasSource(canvas, { codec, quality: QUALITY });
    output.addVideoTrack(source);
    output.setMetadataTags(TAGS);
    await output.start();
    try {
      let time = 0;
      for (const [index, duration] of this.durations.entries()) {
        signal.throwIfAborted();
        context.drawImage(await draw(await this.#frame(index, size)), 0, 0, size.width, size.height);
        await source.add(time, duration);
        time += duration;
      }
      signal.throwIfAborted();
      await output.finalize();
      return fileOf(output);
    } catch (error) {
      await output.cancel();
      throw error;
    }
  }

  close(): void {
    this.decoder.close();
  }

  async #frame(frameIndex: number, size: Size): Promise<ImageData> {
    const { image } = await this.decoder.decode({ frameIndex });
    const pixels = pixelsOf((context) => {
      context.drawImage(image, 0, 0, size.width, size.height);
    }, size);
    image.close();
    return pixels;
  }
}
