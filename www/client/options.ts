import { COMPARISONS, FORMATS, LANGUAGES, RANGES, ROTATIONS, SINCE } from './core.js';
import type { ModelMeta } from './own-models.js';
import type { BackendName, CacheMode, CacheSettings, CoreOptions, Crop, SharedStore } from './protocol.js';
import type { ConvertOptions } from './types.js';

const THREADS = [1, 64] as const;
const WORKERS = [1, 16] as const;
const BACKENDS: readonly BackendName[] = ['auto', 'wasm', 'webgpu'];
const MODES: readonly CacheMode[] = ['use', 'refresh', 'off'];
/** Each `ValueRange`, as JSON. */
const VALUES = ['[-1,1]', '[0,1]', '[0,255]'];
const TIMEOUT_MS = 120_000;
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

/** Of what may be aborted, and what tells how far it is. */
interface Call {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: unknown;
}

/** Throws a TypeError. */
export function checkCall(options: Call): void {
  // A style's name in its place would draw the first style.
  if (Object(options) !== options) throw new TypeError(wrong('options', options, 'an object'));
  const { signal, onProgress } = options;
  listener('onProgress', onProgress);
  // The controller in its place is an easy mistake.
  if (signal && typeof (signal as Partial<AbortSignal>).aborted !== 'boolean')
    throw new TypeError(wrong('signal', signal, 'an AbortSignal'));
}

/** What `convert` needs to know, once all of its options are what they may be. Throws a TypeError or RangeError. */
export function checkedConversion(options: Omit<ConvertOptions, 'onProgress'> & Call): {
  readonly core: CoreOptions;
  readonly cache: CacheMode;
  readonly timeout: number;
} {
  checkCall(options);
  const { cache, timeout, revisable, modelRange, onPreview } = options;
  listener('onPreview', onPreview);
  truth('revisable', revisable ?? false);
  values('modelRange', modelRange);
  return {
    core: checked(options),
    cache: oneOf('cache', cache ?? 'use', MODES),
    timeout: checkedTime('timeout', timeout ?? TIMEOUT_MS),
  };
}

/** Throws a TypeError or RangeError. */
export function checkMeta({ name, range, licence = '' }: ModelMeta): void {
  checkText('name', name);
  checkText('licence', licence);
  values('range', range);
}

/** Throws a TypeError. */
export function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(wrong(name, value, 'a string'));
}

/** Throws a TypeError where one alone is given. */
export function checkStyles(styles: unknown): void {
  if (!Array.isArray(styles)) throw new TypeError(wrong('styles', styles, 'a list of names'));
}

/** Throws a TypeError where one alone is given, or a name in place of what is imported. */
export function checkParts(name: 'engines' | 'models', parts: unknown): void {
  const imported = (part: unknown) => typeof part === 'object' && part !== null && 'url' in part;
  if (parts === undefined || (Array.isArray(parts) && parts.every(imported))) return;
  throw new TypeError(`${name} must be a list of what is imported from nijigen/${name}/…`);
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
  if (typeof value !== 'number') throw new TypeError(wrong(name, value, 'a number'));
  if (value >= least && value <= most) return value;
  throw new RangeError(wrong(name, value, `a number from ${least} to ${most}`));
}

function oneOf<T extends string | number>(name: string, value: T, known: readonly T[], lead = 'one of '): T {
  if (known.includes(value)) return value;
  throw new RangeError(wrong(name, value, lead + known.join(', ')));
}

/** The values of black and white, of both sides or of each apart. */
function values(name: string, range: unknown): void {
  const known = (value: unknown) => VALUES.includes(JSON.stringify(value));
  const { input, output } = Object(range) as Partial<Record<'input' | 'output', unknown>>;
  if (range === undefined || known(range) || (known(input) && known(output))) return;
  throw new RangeError(wrong(name, range, '[-1, 1], [0, 1], [0, 255], or { input, output } of these'));
}

function listener(name: string, value: unknown): void {
  if (value === undefined || value === null || typeof value === 'function') return;
  throw new TypeError(wrong(name, value, 'a function'));
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
  // `off`, as `convert` takes it, would keep everything.
  if (typeof (settings as unknown) !== 'object')
    throw new TypeError(wrong('cache', settings, 'false or an object of settings'));
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

/** Throws a TypeError. */
export function truth(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(wrong(name, value, 'true or false'));
}

const wrong = (name: string, value: unknown, must: string): string =>
  `${name} is ${typeof value === 'string' ? `“${value}”` : String(value)}; it must be ${must}`;
