/** What can be shown in most places comes first. */
const TYPES = [
  'video/mp4;codecs=avc1.42E01F',
  'video/mp4',
  'video/webm;codecs=vp9',
  'video/webm;codecs=vp8',
  'video/webm',
];
const RATE = 30;
const BITS_PER_PIXEL = 6;

/** What this browser makes films as; undefined where it makes none. */
export function filmType(): string | undefined {
  const { MediaRecorder: recorder } = window as Partial<Pick<typeof window, 'MediaRecorder'>>;
  return 'captureStream' in HTMLCanvasElement.prototype
    ? TYPES.find((type) => recorder?.isTypeSupported(type))
    : undefined;
}

/** Films what a canvas shows, from when it is made until it is stopped. */
export class Recorder {
  readonly #recorder: MediaRecorder;
  readonly #stream: MediaStream;
  readonly #parts: Blob[] = [];
  readonly #over: Promise<void>;

  /** Throws where the browser refuses. */
  constructor(
    canvas: HTMLCanvasElement,
    readonly type: string,
  ) {
    this.#stream = canvas.captureStream(RATE);
    const videoBitsPerSecond = canvas.width * canvas.height * BITS_PER_PIXEL;
    const recorder = (this.#recorder = new MediaRecorder(this.#stream, { mimeType: type, videoBitsPerSecond }));
    recorder.addEventListener('dataavailable', ({ data }) => this.#parts.push(data));
    this.#over = new Promise((resolve, reject) => {
      recorder.addEventListener('stop', () => {
        resolve();
      });
      recorder.addEventListener('error', () => {
        reject(new Error('the film could not be recorded'));
      });
    });
    recorder.start();
  }

  async stop(): Promise<Blob> {
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    try {
      await this.#over;
    } finally {
      for (const track of this.#stream.getTracks()) track.stop();
    }
    // Parameters of a type are no part of a file's name.
    return new Blob(this.#parts, { type: (this.#recorder.mimeType || this.type).replace(/;.*/, '') });
  }
}
