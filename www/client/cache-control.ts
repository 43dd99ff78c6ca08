import type { ConvertOptions } from './types.js';
import { checkText, checkedConversion, checkedSettings } from './options.js';
import type { CacheCommand, CacheEntry, CacheReply, CacheSettings, CacheUsage } from './protocol.js';
import type { Source } from './source.js';

/**
 * What the converter does for its cache.
 * @internal
 */
export interface Services {
  readonly ask: (settings: CacheSettings, command: CacheCommand) => Promise<CacheReply>;
  /** Converts a photo; true if it answers at once from then on. */
  readonly keep: (source: Source, options: ConvertOptions) => Promise<boolean>;
  /** Called when the cache is turned off: what is being drawn is not to be kept either. */
  readonly keepNothing: () => void;
}

type Answer = Exclude<CacheReply, { readonly failure: unknown }>;

/** The pictures that a converter keeps. They belong to the page's origin: all its converters share them. */
export class CacheControl {
  #on: boolean;
  /** Hold for what is kept even while the cache is off. */
  #limits: CacheSettings;
  readonly #services: Services;

  /** @internal */
  constructor(settings: CacheSettings | false, services: Services) {
    this.#on = settings !== false;
    this.#limits = settings || {};
    this.#services = services;
  }

  /** What was set; `false` when nothing is looked up or stored. */
  get settings(): CacheSettings | false {
    return this.#on && this.#limits;
  }

  /**
   * What is not named stays as it is. Limits hold from the next photo or question on. With `false` not even the picture
   * that is being drawn is kept, but nothing is removed.
   */
  set settings(settings: CacheSettings | false) {
    if (settings === false) this.#services.keepNothing();
    else this.#limits = { ...this.#limits, ...checkedSettings(settings) };
    this.#on = settings !== false;
  }

  /** All entries, the newest first. */
  async list(): Promise<readonly CacheEntry[]> {
    return (await this.#do({ name: 'entries' })).entries ?? [];
  }

  /** An entry's result. */
  async picture(id: string): Promise<Blob | undefined> {
    checkText('id', id);
    return (await this.#do({ name: 'picture', id })).picture;
  }

  /** The photo's file that an entry was made of; there is one if `keepOriginals` was set then. */
  async original(id: string): Promise<Blob | undefined> {
    checkText('id', id);
    return (await this.#do({ name: 'original', id })).picture;
  }

  /** Rejects when it is not certain that they are gone, as while the browser's database cannot be reached. */
  async delete(...ids: readonly string[]): Promise<void> {
    for (const id of ids) checkText('id', id);
    await this.#do({ name: 'remove', ids });
  }

  /** Removes all entries; rejects as `delete` does. */
  async clear(): Promise<void> {
    await this.#do({ name: 'clear' });
  }

  async stats(): Promise<CacheUsage> {
    return (await this.#do({ name: 'usage' })).usage ?? { entries: 0, bytes: 0, lasting: false };
  }

  /** Asks the browser not to clear this origin's storage when it runs short; true if it agreed. It may ask the user. */
  async persist(): Promise<boolean> {
    return (await (navigator as Partial<Navigator>).storage?.persist()) ?? false;
  }

  /** Whether the browser has agreed to that. */
  async persisted(): Promise<boolean> {
    return (await (navigator as Partial<Navigator>).storage?.persisted()) ?? false;
  }

  /**
   * Converts photos one after another while the page is idle, so that they answer at once later; a photo of `convert`
   * waits for one of them at most. Those that fail, that look drawn already or for which there is no room are left out.
   * Resolves with the number that is there, which is 0 while the cache is off.
   */
  async preload(sources: readonly Source[], options: ConvertOptions = {}): Promise<number> {
    checkedConversion(options);
    let ready = 0;
    for (const source of sources) {
      if (!this.#on || options.signal?.aborted) break;
      await idle();
      if (await this.#services.keep(source, options).catch(() => false)) ready += 1;
    }
    return ready;
  }

  async #do(command: CacheCommand): Promise<Answer> {
    return (await this.#services.ask(this.#limits, command)) as Answer;
  }
}

/** Safari has no idle callbacks yet. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) {
      requestIdleCallback(() => {
        resolve();
      });
    } else setTimeout(resolve, 200);
  });
}
