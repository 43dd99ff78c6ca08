import { NijigenError } from './error.js';
import type { ModelEntry, ShippedGenerator } from './protocol.js';

/** The generators on offer: `manifest.json` in the folder that holds the models. */
export class Models {
  private constructor(
    readonly folder: URL,
    readonly entries: readonly ModelEntry[],
  ) {}

  static async fetch(folder: URL): Promise<Models> {
    const url = new URL('manifest.json', folder);
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`status ${response.status}`);
      return new Models(folder, (await response.json()) as ModelEntry[]);
    } catch (cause) {
      throw new NijigenError('network', `the list of models could not be fetched from ${url.href}`, { cause });
    }
  }

  /** The one of this style and tier; what is left out is taken from the first entry that fits. */
  find(style?: string, tier?: string): ShippedGenerator {
    const entry = this.entries.find((e) => (style ?? e.style) === e.style && (tier ?? e.tier) === e.tier);
    if (!entry) {
      throw new NijigenError('bad-model', `there is no model for style “${style ?? 'any'}”, tier “${tier ?? 'any'}”`);
    }
    return { entry, url: this.#url(entry) };
  }

  /** What shows the same style sooner than `entry`, if anything does. */
  preview({ style, tier }: ModelEntry): ShippedGenerator | undefined {
    const entry = tier === 'fine' && this.entries.find((e) => e.style === style && e.tier === 'fast');
    return entry ? { entry, url: this.#url(entry) } : undefined;
  }

  /** The checksum in the URL makes a cache, whoever's it is, hold a new model apart from the one it replaces. */
  #url(entry: ModelEntry): string {
    const url = new URL(entry.file, this.folder);
    url.searchParams.set('sha256', entry.sha256);
    return url.href;
  }
}
