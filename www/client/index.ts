export { createConverter } from './converter.js';
export type { Conversion, Converter, ConverterOptions, ConvertOptions } from './converter.js';
export { NijigenError } from './error.js';
export type { CacheControl } from './cache-control.js';
export type {
  Cached,
  CacheEntry,
  CacheMode,
  CacheSettings,
  CacheUsage,
  CoreOptions,
  ErrorCode,
  Finish,
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
