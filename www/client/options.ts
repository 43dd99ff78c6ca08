import { COMPARISONS, FORMATS, LANGUAGES, RANGES, ROTATIONS, SINCE } from './core.js';
import type { BackendName, CacheSettings, CoreOptions, Crop, SharedStore } from './protocol.js';

const THREADS = [1, 64] as const;
const WORKERS = [1, 16] as const;
const BACKENDS: readonly BackendName[] = ['auto', 'wasm', 'webgpu'];
/** 25 days: browsers take a longer time for none. */
const LONGEST_TIME = 2 ** 31 - 1;
const TIMES = [0, Infinity] as const;
/** None at all is a choice, too. */
const SIZES = [0, RANGES.limit[1]] as const;

/** The least and the most. */
type Range = readonly [number, number];

/** The core's part of the options, sizes in whole numbers. Throws a TypeError or RangeError that names what is wrong. */
export function checked(options: CoreOptions): CoreOptions {
  const { maxSide, fullSize, strength, label, format, quality, maxBytes, maxPixels } = options;
  const { comparison, split, rotate, mirror, crop } = options;
  return {
    ...(maxSide !== undefined && { maxSide: whole('maxSide', maxSide, RANGES.maxSide) }),
    ...(fullSize !== undefined && { fullSize: truth('fullSize', fullSize) }),
    ...(strength !== undefined && { strength: within('strength', strength, RANGES.share) }),
    ...(label !== undefined && { label: label === null ? null : oneOf('label', label, LANGUAGES, 'null or one of ') }),
    ...(format !== undefined && { format: oneOf('format', format, FORMATS) }),
    ...(quality !== undefined && { quality: whole('quality', quality, RANGES.quality) }),
    ...(comparison !== undefined && { comparison: oneOf('comparison', comparison, COMPARISONS) }),
    ...(split !== undefined && { split: within('split', split, RANGES.share) }),
    ...(rotate !== undefined && { rotate: oneOf('rotate', rotate, ROTATIONS) }),
    ...(mirror !== undefined && { mirror: truth('mirror', mirror) }),
    ...(crop !== undefined && { crop: part(crop) }),
    ...(maxBytes !== undefined && { maxBytes: whole('maxBytes', maxBytes, RANGES.limit) }),
    ...(maxPixels !== undefined && { maxPixels: whole('maxPixels', maxPixels, RANGES.limit) }),
  };
}

/** Throws a TypeError or RangeError. */
export const checkedThreads = (threads: number | undefined): number | undefined =>
  threads === undefined ? undefined : whole('threads', threads, THREADS);

/** Throws a RangeError. */
export const checkedBackend = (engine: BackendName = 'auto'): BackendName => oneOf('engine', engine, BACKENDS);

/** Throws a TypeError or RangeError. */
export const checkedWorkers = (workers: number | undefined): number | undefined =>
  workers === undefined ? undefined : whole('workers', workers, WORKERS);

/** A time for a timer, in milliseconds; `Infinity` becomes the longest that there is. Throws a TypeError or RangeError. */
export const checkedTime = (name: string, time: number): number => Math.min(whole(name, time, TIMES), LONGEST_TIME);

// Programs without types may pass anything.
const whole = (name: string, value: unknown, range: Range): number => Math.round(within(name, value, range));

function within(name: string, value: unknown, [least, most]: Range): number {
  if (typeof value !== 'number') throw new TypeError(`${name} is ${shown(value)}; it must be a number`);
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name} is ${value}; it must be a number from ${least} to ${most}`);
}

function oneOf<T extends string | number>(name: string, value: T, known: readonly T[], lead = 'one of '): T {
  if (known.includes(value)) return value;
  throw new RangeError(`${name} is ${shown(value)}; it must be ${lead}${known.join(', ')}`);
}

/** Where it reaches beyond the picture it is cut off, so that what is left is what is asked for. */
function part(crop: Crop): Crop {
  const [left, top] = [within('crop.left', crop.left, RANGES.share), within('crop.top', crop.top, RANGES.share)];
  const width = within('crop.width', crop.width, RANGES.share);
  const height = within('crop.height', crop.height, RANGES.share);
  if (left < 1 && top < 1 && width > 0 && height > 0) return { left, top, width, height };
  throw new RangeError('crop leaves nothing of the picture');
}

/** The settings in whole numbers. Throws a TypeError or RangeError that names what is wrong. */
export function checkedSettings(settings: CacheSettings): CacheSettings {
  const { maxAge, since, maxBytes, threshold, keepOriginals } = settings;
  return {
    ...(maxAge !== undefined && { maxAge: whole('maxAge', maxAge, RANGES.limit) }),
    ...(since !== undefined && { since: oneOf('since', since, SINCE) }),
    ...(maxBytes !== undefined && { maxBytes: whole('maxBytes', maxBytes, SIZES) }),
    ...(threshold !== undefined && { threshold: whole('threshold', threshold, RANGES.threshold) }),
    ...(keepOriginals !== undefined && { keepOriginals: truth('keepOriginals', keepOriginals) }),
  };
}

/** Programs without types may pass anything. Throws a TypeError where it is half a store. */
export function isSharedStore(cache: CacheSettings | SharedStore): cache is SharedStore {
  const methods = ['get', 'put', 'members'] as const;
  const there = methods.filter((name) => typeof (cache as Partial<SharedStore>)[name] === 'function');
  if (there.length > 0 && there.length < methods.length) {
    throw new TypeError('cache: a store has the methods get, put and members');
  }
  return there.length > 0;
}

function truth(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name} is ${shown(value)}; it must be true or false`);
}

const shown = (value: unknown): string => (typeof value === 'string' ? `“${value}”` : String(value));
