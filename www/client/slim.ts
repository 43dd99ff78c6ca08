export { createConverter } from './create.js';
export type { ConverterOptions } from './create.js';
export type { Abortable, Conversion, Converter, ConvertManyOptions, ConvertOptions } from './converter.js';
export { NijigenError } from './error.js';
export type { CacheControl } from './cache-control.js';
export type { Converted, Sources } from './many.js';
export type { ModelMeta } from './own-models.js';
export type { PreloadOptions } from './preload.js';
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
  ShippedGenerator,
  Timings,
  ValueRange,
  Variant,
} from './protocol.js';
export type { Seed } from './seeds.js';
export type { FileSource, Source } from './source.js';
