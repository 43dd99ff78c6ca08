export { createConverter } from './create.js';
/** @internal */
export { createWith } from './create.js';
export type { ConverterOptions } from './create.js';
export type { Converter } from './converter.js';
export type { Abortable, Conversion, ConvertManyOptions, ConvertOptions } from './types.js';
export { NijigenError } from './error.js';
export type { CacheControl } from './cache-control.js';
export type { Converted, Sources } from './convert-many.js';
export type { ModelMeta } from './own-models.js';
export type { PreloadOptions } from './preload.js';
export type {
  Cached,
  CacheEntry,
  CacheMode,
  CacheSettings,
  CacheUsage,
  Comparison,
  CoreOptions,
  Crop,
  ErrorCode,
  FileUrl,
  Finish,
  Language,
  ModelEntry,
  OutputFormat,
  Progress,
  ProgressListener,
  Rotation,
  SharedEntry,
  SharedStore,
  ShippedEngine,
  ShippedGenerator,
  Since,
  Timings,
  ModelRange,
  ValueRange,
  Variant,
  BackendName,
} from './protocol.js';
export type { Seed } from './seeds.js';
export type { FileSource, Source } from './source.js';
