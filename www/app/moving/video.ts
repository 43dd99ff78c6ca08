import { BlobSource, CanvasSink, Conversion, Input, MATROSKA, MP4, QTFF, WEBM, type InputVideoTrack } from 'mediabunny';
import { LONGEST, pixelsOf, RATE, type Draw, type Moving, type Size } from './moving.js';
import { codingFor, fileOf, film, QUALITY, TAGS } from './output.js';

/** A video that this browser decodes; its sound stays. */
export class Video implements Moving {
  private constructor(
    readonly input: Input,
    readonly track: InputVideoTrack,
    readonly width: number,
    readonly height: number,
    readonly start: number,
    readonly seconds: number,
    readonly cut: boolean,
  ) {}

  /** Rejects where the browser cannot decode it. */
  static async open(file: Blob): Promise<Video> {
    const input = new Input({ source: new BlobSource(file), formats: [MP4, QTFF, WEBM, MATROSKA] });
    try {
      const track = await input.getPrimaryVideoTrack();
      if (!track || !(await track.canDecode())) throw new Error('this browser does not decode it');
      const [width, height] = await Promise.all([track.getDisplayWidth(), track.getDisplayHeight()]);
      const start = await track.getFirstTimestamp();
      const length = (await track.computeDuration()) - start;
      return new Video(input, track, width, height, start, Math.min(length, LONGEST), length > LONGEST);
    } catch (error) {
      input.dispose();
      throw error;
    }
  }

  get frames(): number {
    return Math.max(1, Math.round(this.seconds * RATE));
  }

  async first(size: Size): Promise<ImageData> {
    const found = await new CanvasSink(this.track, { ...size, fit: 'fill' }).getCanvas(this.start);
    if (!found) throw new Error('there is no frame');
    return pixelsOf((context) => {
      context.drawImage(found.canvas, 0, 0);
    }, size);
  }

  async make(size: Size, draw: Draw, signal: AbortSignal): Promise<Blob> {
    const { format, codec } = await codingFor(size);
    const output = film(format);
    const conversion = await Conversion.init({
      input: this.input,
      output,
      tracks: 'primary',
      trim: { start: this.start, end: this.start + this.seconds },
      // Where and when it was filmed is nobody's business.
      tags: TAGS,
      video: {
        ...size,
        fit: 'fill',
        frameRate: RATE,
        codec,
        quality: QUALITY,
        forceTranscode: true,
        allowTransformationMetadata: false,
        process: async (sample) => {
          signal.throwIfAborted();
          return draw(
            pixelsOf((context) => {
              sample.draw(context, 0, 0, size.width, size.height);
            }, size),
          );
        },
        processedWidth: size.width,
        processedHeight: size.height,
      },
      showWarnings: false,
    });
    const stop = () => void conversion.cancel();
    signal.addEventListener('abort', stop);
    try {
      await conversion.execute();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    return fileOf(output);
  }

  close(): void {
    this.input.dispose();
  }
}
