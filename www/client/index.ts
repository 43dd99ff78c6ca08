export { createConverter } from './converter.js';
export type { Conversion, Converter, ConverterOptions, ConvertManyOptions, ConvertOptions } from './converter.js';
export { NijigenError } from './error.js';
export type { CacheControl } from './cache-control.js';
export type { Converted, Sources } from './many.js';
export type {
  Cached,
  CacheEntry,
  CacheMode,
  CacheSettings,
  CacheUsage,
  CoreOptions,
  ErrorCode,
  ModelEntry,
  OutputFormat,
  Progress,
  ProgressListener,
  Timings,
  ValueRange,
  Variant,
} from './protocol.js';
export type { Seed } from './seeds.js';
export type { Source } from './source.js';
