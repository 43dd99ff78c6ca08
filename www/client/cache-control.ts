import type { Conversion, ConvertOptions } from './converter.js';
import { checkedSettings } from './options.js';
import type { CacheCommand, CacheEntry, CacheReply, CacheSettings, CacheUsage } from './protocol.js';
import type { Source } from './source.js';

type Ask = (settings: CacheSettings, command: CacheCommand) => Promise<CacheReply>;
type Convert = (source: Source, options: ConvertOptions) => Promise<Conversion>;
type Answer = Exclude<CacheReply, { readonly failure: unknown }>;

/** The pictures that a converter keeps. They belong to the page's origin: all its converters share them. */
export class CacheControl {
  #settings: CacheSettings | false;
  /** Hold for what is kept even while the cache is off. */
  #limits: CacheSettings;
  readonly #ask: Ask;
  readonly #convert: Convert;

  /** @internal */
  constructor(settings: CacheSettings | false, ask: Ask, convert: Convert) {
    this.#settings = settings;
    this.#limits = settings || {};
    this.#ask = ask;
    this.#convert = convert;
  }

  /** What was set; `false` when nothing is looked up or stored. */
  get settings(): CacheSettings | false {
    return this.#settings;
  }

  /** Holds from the next photo on. Turning the cache off removes nothing. */
  set settings(settings: CacheSettings | false) {
    this.#settings = settings && checkedSettings(settings);
    this.#limits = this.#settings || this.#limits;
  }

  /** All entries, the newest first. */
  async list(): Promise<readonly CacheEntry[]> {
    return (await this.#do({ name: 'entries' })).entries ?? [];
  }

  /** An entry's result. */
  async picture(id: string): Promise<Blob | undefined> {
    return (await this.#do({ name: 'picture', id })).picture;
  }

  async delete(...ids: readonly string[]): Promise<void> {
    await this.#do({ name: 'remove', ids });
  }

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
   * Converts photos one after another while the page is idle, so that they answer at once later. Those that fail
   * and those that look drawn already are left out. Resolves with the number that is there.
   */
  async preload(sources: readonly Source[], options: ConvertOptions = {}): Promise<number> {
    let ready = 0;
    for (const source of sources) {
      if (options.signal?.aborted) break;
      await idle();
      const made = await this.#convert(source, options).then(
        ({ drawn }) => !drawn,
        () => false,
      );
      if (made) ready += 1;
    }
    return ready;
  }

  async #do(command: CacheCommand): Promise<Answer> {
    return (await this.#ask(this.#limits, command)) as Answer;
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
