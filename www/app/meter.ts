import type { Progress } from '../client/index.js';
import { text } from './text.js';

/** Part of the bar that the download gets, where there is one. */
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
  #downloadPart = 0;

  read({ stage, loaded, total }: Progress): Reading {
    const done = loaded / total;
    switch (stage) {
      case 'download':
        this.#downloadPart = DOWNLOAD_PART;
        return {
          share: done * this.#downloadPart,
          words: text('status.download', { loaded: megabytes(loaded), total: megabytes(total) }),
        };
      case 'start':
        return { share: this.#downloadPart, words: text('status.start') };
      case 'inference': {
        const share = this.#downloadPart + done * (1 - this.#downloadPart);
        // As the bar says.
        return { share, words: text('status.inference', { percent: Math.floor(share * 100) }) };
      }
      case 'encode':
        return { share: 1, words: text('status.encode') };
    }
  }
}
