import { closeCamera, hasCamera, openCamera, otherCamera, problemWith, takePhoto } from './capture.js';
import { closeOutside, find } from '../shell/dom.js';
import { drawLive } from './live.js';
import { Looks } from './looks.js';
import { Recording } from './recording.js';
import { counted } from '../shell/text.js';

/** The dialog in which the camera's picture is seen, drawn live, and taken. */
export class Camera {
  readonly #dialog = find(document, '#camera', HTMLDialogElement);
  readonly #video = find(this.#dialog, 'video', HTMLVideoElement);
  readonly #canvas = find(this.#dialog, 'canvas', HTMLCanvasElement);
  readonly #problem = find(this.#dialog, '.trouble', HTMLElement);
  readonly #rate = find(this.#dialog, '.rate', HTMLElement);
  readonly #status = find(this.#dialog, '.taken', HTMLElement);
  readonly #shoot = find(this.#dialog, '.shoot', HTMLButtonElement);
  readonly #turn = find(this.#dialog, '.turn', HTMLButtonElement);
  readonly #looks = new Looks(this.#dialog);
  readonly #recording = new Recording(this.#dialog, this.#canvas, (words) => {
    this.#status.textContent = words;
  });
  #stream: MediaStream | undefined;
  /** Ends what was begun with the camera that is open now. */
  #session = new AbortController();
  #taken = 0;

  /** Nothing is asked of the person before the button is pressed. */
  constructor(opener: HTMLButtonElement, take: (photo: File) => void) {
    opener.hidden = !hasCamera();
    opener.addEventListener('click', () => {
      this.open();
    });
    closeOutside(this.#dialog);
    this.#dialog.addEventListener('close', () => {
      this.#end();
    });
    this.#shoot.addEventListener('click', () => void this.#take(take));
    this.#turn.addEventListener('click', () => void this.#other());
    document.addEventListener('visibilitychange', () => {
      for (const track of this.#stream?.getTracks() ?? []) track.enabled = !document.hidden;
    });
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#taken = 0;
    this.#status.textContent = '';
    this.#dialog.showModal();
    void this.#looks.fill();
    void this.#begin();
  }

  async #begin(which?: MediaTrackConstraints): Promise<void> {
    this.#end();
    const { signal } = (this.#session = new AbortController());
    this.#problem.textContent = '';
    try {
      const stream = await openCamera(which);
      // Closed while the browser was asking.
      if (signal.aborted) {
        closeCamera(stream);
        return;
      }
      this.#stream = stream;
      await this.#show(stream, signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  async #show(stream: MediaStream, signal: AbortSignal): Promise<void> {
    const track = stream.getVideoTracks()[0];
    track?.addEventListener('ended', () => {
      if (!signal.aborted) this.#fail(undefined);
    });
    // As in a mirror; the photo itself is as others see it.
    this.#dialog.classList.toggle('mirrored', track?.getSettings().facingMode === 'user');
    this.#video.srcObject = stream;
    await this.#video.play();
    this.#dialog.style.setProperty('--ratio', String(this.#video.videoWidth / this.#video.videoHeight));
    this.#dialog.classList.add('live');
    this.#shoot.disabled = false;
    const other = await otherCamera(stream);
    if (signal.aborted) return;
    this.#turn.hidden = other === undefined;
    const say = (words: string) => {
      if (!signal.aborted) this.#rate.textContent = words;
    };
    await drawLive(this.#video, this.#canvas, signal, say, () => {
      if (!signal.aborted) this.#recording.ready = true;
    });
  }

  #fail(error: unknown): void {
    const focused = document.activeElement;
    this.#end();
    this.#problem.textContent = problemWith(error);
    // The keyboard's focus is not lost with a button that can do nothing now.
    if (focused?.matches(':disabled')) find(this.#dialog, '.close', HTMLButtonElement).focus();
  }

  #end(): void {
    this.#session.abort();
    void this.#recording.stop();
    this.#recording.ready = false;
    closeCamera(this.#stream);
    this.#stream = undefined;
    this.#video.srcObject = null;
    this.#rate.textContent = '';
    this.#shoot.disabled = true;
    this.#dialog.classList.remove('live');
    // A canvas of another size is empty.
    this.#canvas.width = 0;
  }

  async #other(): Promise<void> {
    const { signal } = this.#session;
    const other = this.#stream && (await otherCamera(this.#stream));
    if (other && !signal.aborted) await this.#begin(other);
  }

  async #take(take: (photo: File) => void): Promise<void> {
    try {
      take(await takePhoto(this.#video));
      this.#taken += 1;
      this.#status.textContent = counted('camera.taken', this.#taken);
    } catch (error) {
      this.#fail(error);
    }
  }
}
