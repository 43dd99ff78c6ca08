import { markUnsaved } from '../shell/activity.js';
import { find } from '../shell/dom.js';
import { filmType, Recorder } from '../film/recorder.js';
import { extensionOf, saveAs } from '../shell/picture.js';
import { onLanguage, text } from '../shell/text.js';
import { stamp } from './capture.js';

/** A film is held in memory until it is saved. */
const LONGEST_MS = 60_000;

/** The button that films what is drawn live, and saves it. */
export class Recording {
  readonly #button: HTMLButtonElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #say: (words: string) => void;
  readonly #type = filmType();
  #recorder: Recorder | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(dialog: HTMLElement, canvas: HTMLCanvasElement, say: (words: string) => void) {
    this.#button = find(dialog, '.record', HTMLButtonElement);
    this.#canvas = canvas;
    this.#say = say;
    this.#button.hidden = this.#type === undefined;
    this.#button.addEventListener('click', () => {
      if (this.#recorder) void this.stop();
      else this.#start();
    });
    this.retranslate();
    onLanguage(this);
  }

  /** Whether something is drawn that can be filmed. */
  set ready(ready: boolean) {
    this.#button.disabled = !ready;
  }

  retranslate(): void {
    this.#button.textContent = text(this.#recorder ? 'camera.stop' : 'camera.record');
  }

  /** Saves what was filmed until now, if anything is. */
  async stop(): Promise<void> {
    const recorder = this.#recorder;
    clearTimeout(this.#timer);
    this.#recorder = undefined;
    this.retranslate();
    if (!recorder) return;
    try {
      const film = await recorder.stop().finally(() => {
        markUnsaved(recorder, false);
      });
      const name = text('camera.film', { stamp: stamp() }) + `.${extensionOf(film)}`;
      saveAs(film, name);
      this.#say(text('both.saved', { name }));
    } catch {
      this.#say(text('camera.not-recorded'));
    }
  }

  #start(): void {
    try {
      this.#recorder = new Recorder(this.#canvas, this.#type ?? '');
      markUnsaved(this.#recorder, true);
    } catch {
      this.#say(text('camera.not-recorded'));
      return;
    }
    this.#timer = setTimeout(() => void this.stop(), LONGEST_MS);
    this.#say(text('camera.recording'));
    this.retranslate();
  }
}
