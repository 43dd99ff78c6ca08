import { files } from 'nijigen-files';
import { CacheControl } from './cache-control.js';
import { EngineWorker } from './engine-worker.js';
import { cancelled, NijigenError } from './error.js';
import { Models } from './models.js';
import { checked, checkedSettings, checkedThreads } from './options.js';
import type { ModelMeta } from './own-models.js';
import { absolute, requirePlatform } from './platform.js';
import { preload, type PreloadOptions } from './preload.js';
import type {
  Cached,
  CacheMode,
  CacheSettings,
  ConversionRequest,
  CoreOptions,
  EngineSource,
  ModelEntry,
  OwnGenerator,
  ProgressListener,
  ShippedGenerator,
  Timings,
  ValueRange,
  Variant,
} from './protocol.js';
import { madeAhead, type Seed } from './seeds.js';
import { toFile, toPhoto, withPixels, type FileSource, type ReadableSource, type Source } from './source.js';
import { trialPicture } from './trial.js';
import { Turns } from './turns.js';

/** Where the parts lie; by default beside this script. Relative URLs are resolved against the page. */
export interface ConverterOptions {
  /** The folder with all of the package's files, such as a CDN's: where those below are that are not given. */
  readonly baseUrl?: string | URL;
  readonly workerUrl?: string | URL;
  /** The engine's builds, of which the fastest one is taken that works. One URL alone: that build and no other. */
  readonly wasmUrl?: string | URL | Partial<Readonly<Record<Variant, string | URL>>>;
  /** The script of the engine's threads. */
  readonly threadUrl?: string | URL;
  /** The folder with `manifest.json`; ends with a slash. */
  readonly modelsUrl?: string | URL;
  /** The models on offer, each imported as `nijigen/models/<id>`, in place of a folder. */
  readonly models?: readonly ShippedGenerator[];
  /** How many threads draw where the page is cross-origin isolated, 1–64; default one a core, 8 at most. */
  readonly threads?: number;
  /** What is kept of the pictures made; `false` keeps nothing. */
  readonly cache?: CacheSettings | false;
  /** Results made ahead with this very build; they answer like kept pictures, and are not kept themselves. */
  readonly seeds?: readonly Seed[];
}

export interface ConvertOptions extends CoreOptions {
  /** A style of `styles()`, or the id of a model of your own; default the first one. */
  readonly style?: string;
  /** Default the first one that the style has. */
  readonly tier?: ModelEntry['tier'];
  /** A generator of your own, in place of `style` and `tier`: the ONNX file of an AnimeGANv2 or the like, or its URL. */
  readonly model?: FileSource;
  /** The values that `model` takes for black and white; without it they are guessed. */
  readonly modelRange?: ValueRange;
  /** Whether a picture made before may answer, and this one be kept; default `use`. */
  readonly cache?: CacheMode;
  /** Told the fast tier's result, which comes first where the fine tier is asked for and the style has both. */
  readonly onPreview?: (preview: Conversion) => void;
  /** Aborting rejects with code `cancelled` within 300 ms. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

export interface Conversion {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
  /** The style's name, or that of your own model's file. */
  readonly style: string;
  /** Missing for a model of your own. */
  readonly tier?: ModelEntry['tier'];
  readonly timings: Timings;
  /** The engine's build that ran. */
  readonly variant: Variant;
  /** How many threads it had. */
  readonly threads: number;
  /** The most memory that the engine has held until now, in bytes. */
  readonly memory: number;
  /** Whether the input looked like a drawing already: then nothing is kept, nor found by likeness. */
  readonly drawn: boolean;
  /** Whether a picture made before answered: the very file's, or that of one that looks the same. */
  readonly cache: 'exact' | 'similar' | 'miss';
  /** Says which earlier picture answered; missing when this one was made anew. */
  readonly cached?: Cached;
}

/** Turns photos into anime, one at a time, in a worker of its own that starts with the first photo. */
export class Converter {
  readonly #models: Models;
  readonly #workerUrl: URL;
  readonly #engine: EngineSource;
  readonly #seeds: readonly Seed[];
  readonly #turns = new Turns();
  /** Pictures made before, which answer photos that come again. */
  readonly cache: CacheControl;
  #worker: EngineWorker | undefined;
  #disposed = false;

  /** @internal Use `createConverter`. */
  constructor(
    models: Models,
    workerUrl: URL,
    engine: EngineSource,
    cache: CacheSettings | false,
    seeds: readonly Seed[],
  ) {
    this.#models = models;
    this.#workerUrl = workerUrl;
    this.#engine = engine;
    this.#seeds = seeds;
    this.cache = new CacheControl(
      cache,
      (settings, command) => this.#alive().cache(engine, settings, command),
      (source, options) => this.convert(source, options),
    );
  }

  /** The models on offer; those of your own come last. */
  styles(): readonly ModelEntry[] {
    return this.#models.entries;
  }

  /**
   * Keeps a generator of your own, the ONNX file of an AnimeGANv2 or the like, in the browser's database, from where
   * later converters of this origin have it too. Resolves with its id, which `style` takes. It is tried on a small
   * picture first; one that does not work rejects with code `bad-model`.
   */
  async addModel(source: FileSource, meta: ModelMeta): Promise<string> {
    const file = await asBlob(toFile(source));
    const range = meta.range && { modelRange: meta.range };
    await this.convert(trialPicture(), { model: file, ...range, label: null, cache: 'off' });
    const taken = this.#models.shipped.flatMap(({ entry }) => [entry.id, entry.style]);
    return this.#models.own.add(file, meta, taken);
  }

  /** Forgets a model of your own, if there is one of this id. */
  async removeModel(id: string): Promise<void> {
    await this.#models.own.remove(id);
  }

  /** Fetches and compiles the engine and the models of these styles ahead, so that a photo need not wait for them. */
  async preload(styles: readonly string[], options: PreloadOptions = {}): Promise<void> {
    const generators = styles.map((style) => this.#models.find(style, options.tier));
    await this.#turns.run(() => preload(() => this.#alive(), this.#engine, generators, options), options.signal);
  }

  /**
   * Converts one photo. Calls wait for those before them. Rejects with a `NijigenError`; an option that is none is a
   * mistake in the program and rejects at once with a `TypeError` or `RangeError`.
   */
  async convert(source: Source, options: ConvertOptions = {}): Promise<Conversion> {
    const core = checked(options);
    return this.#turns.run(
      () => withPixels(source, (readable) => this.#convert(readable, options, core)),
      options.signal,
    );
  }

  async #convert(source: ReadableSource, options: ConvertOptions, core: CoreOptions): Promise<Conversion> {
    if (this.#disposed) throw new NijigenError('cancelled', 'the converter was disposed of');
    const { signal, onPreview } = options;
    const generator = this.#generator(options);
    const { settings } = this.cache;
    const cache = { mode: settings ? (options.cache ?? 'use') : 'off', settings: settings || {} } as const;
    if (cache.mode === 'use' && 'entry' in generator) {
      const ahead = await madeAhead(this.#seeds, toPhoto(source), generator.entry, core, signal);
      if (ahead) return ahead;
    }
    const preview = onPreview && 'entry' in generator ? this.#models.preview(generator.entry) : undefined;
    if (preview) onPreview?.(await this.#run(source, preview, core, cache, signal));
    return this.#run(source, generator, core, cache, signal, options.onProgress);
  }

  #generator({ style, tier, model, modelRange: range }: ConvertOptions): ShippedGenerator | OwnGenerator {
    if (model === undefined) return this.#models.find(style, tier);
    const file = toFile(model);
    const path = typeof file === 'string' ? new URL(file).pathname : file instanceof File ? file.name : '';
    const name = path.replace(/^.*\//, '').replace(/\.onnx$/i, '') || 'model';
    return { name, file, ...(range && { range }) };
  }

  async #run(
    source: ReadableSource,
    generator: ShippedGenerator | OwnGenerator,
    options: CoreOptions,
    cache: ConversionRequest['cache'],
    signal: AbortSignal | undefined,
    onProgress: ProgressListener = () => undefined,
  ): Promise<Conversion> {
    if (signal?.aborted) throw cancelled();
    const request = { photo: toPhoto(source), generator, cache, engine: this.#engine, options };
    const result = await this.#alive().convert(request, onProgress, signal);
    const answered = { exact: 'exact', near: 'similar', none: 'miss' } as const;
    const made = { ...result, cache: answered[result.cached?.kind ?? 'none'] };
    if (!('entry' in generator)) return { ...made, style: generator.name };
    return { ...made, style: generator.entry.style, tier: generator.entry.tier };
  }

  #alive(): EngineWorker {
    if (this.#disposed) throw new NijigenError('cancelled', 'the converter was disposed of');
    if (!this.#worker?.alive) this.#worker = new EngineWorker(this.#workerUrl);
    return this.#worker;
  }

  /** Ends the worker and with it everything in progress; later calls reject. */
  dispose(): void {
    this.#disposed = true;
    this.#models.own.close();
    this.#worker?.dispose();
  }
}

/** Makes a converter ready for use. Starts nothing: the engine comes with the first photo. */
export async function createConverter(options: ConverterOptions = {}): Promise<Converter> {
  requirePlatform();
  const base = options.baseUrl === undefined ? undefined : folder(options.baseUrl);
  const standard = files();
  // Scripts that are part of this one are never looked for elsewhere.
  const locate = (given: string | URL | undefined, name: string, beside: URL) =>
    new URL(absolute(given ?? (base && beside.protocol !== 'blob:' ? new URL(name, base) : beside)));
  const worker = locate(options.workerUrl, 'worker.js', standard.worker);
  const modules = Object.entries(standard.wasm).map(([variant, beside]) => [
    variant,
    locate(undefined, `nijigen-${variant}.wasm`, beside),
  ]);
  const cache = options.cache === false ? false : checkedSettings(options.cache ?? {});
  const engine = {
    wasm: located(options.wasmUrl ?? (Object.fromEntries(modules) as Partial<Record<Variant, URL>>)),
    threadUrl: locate(options.threadUrl, 'thread.js', standard.thread).href,
    threads: checkedThreads(options.threads),
  };
  return new Converter(await Models.open(modelsOf(options, base)), worker, engine, cache, options.seeds ?? []);
}

function modelsOf({ modelsUrl, models }: ConverterOptions, base: URL | undefined): readonly ShippedGenerator[] | URL {
  if (modelsUrl !== undefined) return new URL(absolute(modelsUrl));
  return models ?? (base ? new URL('models/', base) : []);
}

const folder = (url: string | URL): URL => new URL(absolute(url).replace(/\/?$/, '/'));

function located(wasm: NonNullable<ConverterOptions['wasmUrl']>): EngineSource['wasm'] {
  if (typeof wasm === 'string' || wasm instanceof URL) return absolute(wasm);
  return Object.fromEntries(Object.entries(wasm).map(([variant, url]) => [variant, absolute(url)]));
}

async function asBlob(file: Blob | string): Promise<Blob> {
  if (typeof file !== 'string') return file;
  try {
    const response = await fetch(file);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.blob();
  } catch (cause) {
    throw new NijigenError('network', `the model could not be fetched from ${file}`, { cause });
  }
}
