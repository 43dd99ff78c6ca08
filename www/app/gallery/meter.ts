import type { Progress } from '../../client/index.js';
import { text } from '../shell/text.js';

/** Part of the bar that a preview gets, where there is one, and of a picture's that its download gets. */
const PREVIEW_PART = 0.4;
const DOWNLOAD_PART = 0.3;

// Not `Intl`, whose first use holds the page up for 30 ms.
const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** Where the bar stands, 0…1, and what is happening, in words. */
export interface Reading {
  readonly share: number;
  readonly words: string;
}

/** What is told one after the other, never back again. */
const ORDER = ['download', 'start', 'inference', 'encode'] as const;

/** Makes one bar and one story of a conversion's stages, those of its preview included: neither ever goes back. */
export class Meter {
  #previewed = false;
  #preview = false;
  #downloadPart = 0;
  #share = 0;
  /** How far in `ORDER`. */
  #told = 0;

  read(progress: Progress): Reading {
    this.#share = Math.max(this.#share, this.#shareOf(progress));
    return { share: this.#share, words: this.#words(progress) };
  }

  #shareOf({ stage, loaded, total, preview = false }: Progress): number {
    if (preview !== this.#preview) this.#downloadPart = 0;
    this.#preview = preview;
    this.#previewed ||= preview;
    if (stage === 'download') this.#downloadPart = DOWNLOAD_PART;
    const [from, to] = [this.#previewed && !preview ? PREVIEW_PART : 0, preview ? PREVIEW_PART : 1];
    const done = { download: 0, start: 0, inference: loaded / total, encode: 1 }[stage];
    const within =
      stage === 'download' ? (loaded / total) * DOWNLOAD_PART : this.#downloadPart + done * (1 - this.#downloadPart);
    return from + within * (to - from);
  }

  /** What a preview ends with is no end, and what comes after it no beginning: that is all drawing. */
  #words({ stage, loaded, total, preview }: Progress): string {
    const at = ORDER.indexOf(stage === 'encode' && preview ? 'inference' : stage);
    this.#told = at < this.#told ? Math.max(this.#told, ORDER.indexOf('inference')) : at;
    switch (ORDER[this.#told]) {
      case 'download':
        return text('status.download', { loaded: megabytes(loaded), total: megabytes(total) });
      case 'start':
        return text('status.start');
      case 'encode':
        return text('status.encode');
      default:
        // As the bar says.
        return text('status.inference', { percent: Math.floor(this.#share * 100) });
    }
  }
}
