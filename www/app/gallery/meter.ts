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

/** Makes one continuous bar of a conversion's stages. */
export class Meter {
  #previewed = false;
  #preview = false;
  #downloadPart = 0;

  read({ stage, loaded, total, preview = false }: Progress): Reading {
    if (preview !== this.#preview) this.#downloadPart = 0;
    this.#preview = preview;
    this.#previewed ||= preview;
    const [from, to] = [this.#previewed && !preview ? PREVIEW_PART : 0, preview ? PREVIEW_PART : 1];
    const at = (share: number) => from + share * (to - from);
    const done = loaded / total;
    switch (stage) {
      case 'download':
        this.#downloadPart = DOWNLOAD_PART;
        return {
          share: at(done * this.#downloadPart),
          words: text('status.download', { loaded: megabytes(loaded), total: megabytes(total) }),
        };
      case 'start':
        return { share: at(this.#downloadPart), words: text('status.start') };
      case 'inference': {
        const share = at(this.#downloadPart + done * (1 - this.#downloadPart));
        // As the bar says.
        return { share, words: text('status.inference', { percent: Math.floor(share * 100) }) };
      }
      case 'encode':
        return { share: at(1), words: text('status.encode') };
    }
  }
}
