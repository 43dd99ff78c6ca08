import type { CacheSettings, CoreOptions, OutputFormat } from './protocol.js';

const FORMATS: readonly OutputFormat[] = ['png', 'jpeg', 'webp'];
const SIDES = { least: 256, most: 16384 };
const AGES = ['creation', 'use'] as const;
const LANGUAGES = ['en', 'zh', 'ja'] as const;
const THRESHOLDS = { least: 0, most: 16 };
const THREADS = { least: 1, most: 64 };
const WORKERS = { least: 1, most: 16 };
/** 25 days: browsers take a longer time for none. */
const LONGEST_TIME = 2 ** 31 - 1;
const TIMES = { least: 0, most: Infinity };
const QUALITIES = { least: 1, most: 100 };
const STRENGTHS = { least: 0, most: 1 };
const LIMITS = { least: 1, most: Number.MAX_SAFE_INTEGER };

interface Range {
  readonly least: number;
  readonly most: number;
}

/** The core's part of the options, sizes in whole numbers. Throws a TypeError or RangeError that names what is wrong. */
export function checked(options: CoreOptions): CoreOptions {
  const { maxSide, fullSize, strength, label, format, quality, maxBytes, maxPixels } = options;
  return {
    ...(maxSide !== undefined && { maxSide: whole('maxSide', maxSide, SIDES) }),
    ...(fullSize !== undefined && { fullSize: truth('fullSize', fullSize) }),
    ...(strength !== undefined && { strength: within('strength', strength, STRENGTHS) }),
    ...(label !== undefined && { label: language(label) }),
    ...(format !== undefined && { format: known(format) }),
    ...(quality !== undefined && { quality: whole('quality', quality, QUALITIES) }),
    ...(maxBytes !== undefined && { maxBytes: whole('maxBytes', maxBytes, LIMITS) }),
    ...(maxPixels !== undefined && { maxPixels: whole('maxPixels', maxPixels, LIMITS) }),
  };
}

/** Throws a TypeError or RangeError. */
export const checkedThreads = (threads: number | undefined): number | undefined =>
  threads === undefined ? undefined : whole('threads', threads, THREADS);

/** Throws a TypeError or RangeError. */
export const checkedWorkers = (workers: number | undefined): number | undefined =>
  workers === undefined ? undefined : whole('workers', workers, WORKERS);

/** A time for a timer, in milliseconds; `Infinity` becomes the longest that there is. Throws a TypeError or RangeError. */
export const checkedTime = (name: string, time: number): number => Math.min(whole(name, time, TIMES), LONGEST_TIME);

// Programs without types may pass anything.
const whole = (name: string, value: unknown, range: Range): number => Math.round(within(name, value, range));

function within(name: string, value: unknown, { least, most }: Range): number {
  if (typeof value !== 'number') throw new TypeError(`${name} is ${shown(value)}; it must be a number`);
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name} is ${value}; it must be a number from ${least} to ${most}`);
}

function language(label: NonNullable<CoreOptions['label']> | null): NonNullable<CoreOptions['label']> | null {
  if (label === null || LANGUAGES.includes(label)) return label;
  throw new RangeError(`label is ${shown(label)}; it must be null or one of ${LANGUAGES.join(', ')}`);
}

/** The settings in whole numbers. Throws a TypeError or RangeError that names what is wrong. */
export function checkedSettings(settings: CacheSettings): CacheSettings {
  const { maxAge, since, maxBytes, threshold, keepOriginals } = settings;
  if (since !== undefined && !AGES.includes(since)) {
    throw new RangeError(`since is ${shown(since)}; it must be creation or use`);
  }
  return {
    ...(maxAge !== undefined && { maxAge: whole('maxAge', maxAge, LIMITS) }),
    ...(since !== undefined && { since }),
    ...(maxBytes !== undefined && { maxBytes: whole('maxBytes', maxBytes, { least: 0, most: LIMITS.most }) }),
    ...(threshold !== undefined && { threshold: whole('threshold', threshold, THRESHOLDS) }),
    ...(keepOriginals !== undefined && { keepOriginals: truth('keepOriginals', keepOriginals) }),
  };
}

function truth(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name} is ${shown(value)}; it must be true or false`);
}

function known(format: OutputFormat): OutputFormat {
  if (FORMATS.includes(format)) return format;
  throw new RangeError(`format is ${shown(format)}; it must be one of ${FORMATS.join(', ')}`);
}

const shown = (value: unknown): string => (typeof value === 'string' ? `“${value}”` : String(value));
