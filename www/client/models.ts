import { absolute } from '#platform';
import { afterAwake, STALLED_MS } from '../timer.js';
import { isUrl } from './brand.js';
import { cancelled, NijigenError } from './error.js';
import { OwnModels } from './own-models.js';
import type { LocatedGenerator, ModelEntry, OwnGenerator, ShippedGenerator } from './protocol.js';
import { urlOf } from './url.js';

/** The generators on offer: those that came with the package or lie in a folder, and those that were added. */
export class Models {
  private constructor(
    readonly shipped: readonly LocatedGenerator[],
    readonly own: OwnModels,
  ) {}

  /** `from` is a list, or a folder that holds `manifest.json`. */
  static async open(from: readonly ShippedGenerator[] | URL, signal?: AbortSignal): Promise<Models> {
    const own = await OwnModels.open();
    try {
      return new Models(isUrl(from) ? await fetched(from, signal) : await located(from), own);
    } catch (error) {
      own.close();
      throw error;
    }
  }

  get entries(): readonly ModelEntry[] {
    return [...this.shipped.map(({ entry }) => entry), ...this.own.entries];
  }

  /** The one of this style and tier; what is left out is taken from the first entry that fits. */
  find(style?: string, tier?: string): LocatedGenerator | OwnGenerator {
    const added = style === undefined ? undefined : this.own.find(style);
    if (added) return added;
    const shipped = this.shipped.find(
      ({ entry }) => (style ?? entry.style) === entry.style && (tier ?? entry.tier) === entry.tier,
    );
    if (!shipped) {
      throw new NijigenError(
        'bad-model',
        `there is no model for style “${style ?? 'any'}”, tier “${tier ?? 'any'}”; on offer: ${this.#offered || 'none'}. ` +
          'Others are imported from nijigen/models/… and given as `models`.',
      );
    }
    return versioned(shipped);
  }

  /** As `style` takes them, with their tiers. */
  get #offered(): string {
    const tiers = new Map<string, string[]>();
    for (const { entry } of this.shipped) tiers.set(entry.style, [...(tiers.get(entry.style) ?? []), entry.tier]);
    const shipped = Array.from(tiers, ([style, tiers]) => `${style} (${tiers.join(', ')})`);
    return [...shipped, ...this.own.entries.map(({ id }) => id)].join(', ');
  }

  /** What shows the same style sooner than `entry`, if anything does. */
  preview({ style, tier }: ModelEntry): LocatedGenerator | undefined {
    if (tier !== 'fine') return undefined;
    const fast = this.shipped.find(({ entry }) => entry.style === style && entry.tier === 'fast');
    return fast && versioned(fast);
  }
}

/** None of the files is fetched for it. */
const located = (models: readonly ShippedGenerator[]): Promise<LocatedGenerator[]> =>
  Promise.all(models.map(async ({ entry, url }) => ({ entry, url: await urlOf(url) })));

async function fetched(folder: URL, signal: AbortSignal | undefined): Promise<LocatedGenerator[]> {
  const url = new URL('manifest.json', folder);
  const download = new AbortController();
  const abort = () => {
    download.abort();
  };
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  const forget = afterAwake(STALLED_MS, abort);
  try {
    const response = await fetch(url, { signal: download.signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const entries = (await response.json()) as ModelEntry[];
    return entries.map((entry) => ({ entry, url: new URL(entry.file, folder).href }));
  } catch (cause) {
    if (signal?.aborted) throw cancelled();
    throw new NijigenError('network', `the list of models could not be fetched from ${url.href}`, { cause });
  } finally {
    forget();
    signal?.removeEventListener('abort', abort);
  }
}

/** The checksum in the URL makes a cache, whoever's it is, hold a new model apart from the one it replaces. */
function versioned({ entry, url }: LocatedGenerator): LocatedGenerator {
  // Turbopack makes a path of the URLs that it sees.
  const dated = new URL(absolute(url));
  if (dated.protocol.startsWith('http')) dated.searchParams.set('sha256', entry.sha256);
  return { entry, url: dated.href };
}
