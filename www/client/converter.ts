import { CacheControl } from './cache-control.js';
import { EngineWorker } from './engine-worker.js';
import { cancelled, NijigenError } from './error.js';
import { Models } from './models.js';
import { checked, checkedSettings, checkedThreads } from './options.js';
import type {
  Cached,
  CacheMode,
  CacheSettings,
  ConversionRequest,
  CoreOptions,
  EngineSource,
  Finish,
  ModelEntry,
  OwnGenerator,
  ProgressListener,
  ShippedGenerator,
  Timings,
  ValueRange,
  Variant,
} from './protocol.js';
import { madeAhead, type Seed } from './seeds.js';
import { toFile, toPhoto, type Source } from './source.js';
import { Turns } from './turns.js';

/** Where the parts lie; by default beside this script. Relative URLs are resolved against the page. */
export interface ConverterOptions {
  readonly workerUrl?: string | URL;
  /** The engine's builds, of which the fastest one is taken that works. One URL alone: that build and no other. */
  readonly wasmUrl?: string | URL | Partial<Readonly<Record<Variant, string | URL>>>;
  /** The script of the engine's threads. */
  readonly threadUrl?: string | URL;
  /** The folder with `manifest.json`; ends with a slash. */
  readonly modelsUrl?: string | URL;
  /** How many threads draw where the page is cross-origin isolated, 1–64; default one a core, 8 at most. */
  readonly threads?: number;
  /** What is kept of the pictures made; `false` keeps nothing. */
  readonly cache?: CacheSettings | false;
  /** Results made ahead with this very build; they answer like kept pictures, and are not kept themselves. */
  readonly seeds?: readonly Seed[];
}

export interface ConvertOptions extends CoreOptions {
  /** A style of `styles()`; default the first one. */
  readonly style?: string;
  /** Default the first one that the style has. */
  readonly tier?: ModelEntry['tier'];
  /** A generator of your own, in place of `style` and `tier`: the ONNX file of an AnimeGANv2 or the like, or its URL. */
  readonly model?: Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> | string | URL;
  /** The values that `model` takes for black and white; without it they are guessed. */
  readonly modelRange?: ValueRange;
  /** Whether a picture made before may answer, and this one be kept; default `use`. */
  readonly cache?: CacheMode;
  /** Holds the drawing in the engine's memory, as far as there is room, for `revise`; default false. */
  readonly revisable?: boolean;
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
  /** Says which earlier picture answered; missing when this one was made anew. */
  readonly cached?: Cached;
  /** What `revise` finds the drawing by; missing where none is held. */
  readonly drawing?: string;
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
  #drawings = 0;
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

  /** The models on offer. */
  styles(): readonly ModelEntry[] {
    return this.#models.entries;
  }

  /**
   * Converts one photo. Calls wait for those before them. Rejects with a `NijigenError`; an option that is none is a
   * mistake in the program and rejects at once with a `TypeError` or `RangeError`.
   */
  async convert(source: Source, options: ConvertOptions = {}): Promise<Conversion> {
    const core = checked(options);
    return this.#turns.run(() => this.#convert(source, options, core), options.signal);
  }

  async #convert(source: Source, options: ConvertOptions, core: CoreOptions): Promise<Conversion> {
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
    const drawing = options.revisable ? `drawing-${(this.#drawings += 1)}` : undefined;
    return this.#run(source, generator, core, cache, signal, options.onProgress, drawing);
  }

  /**
   * The picture of an earlier `convert` with another strength, format, quality or mark; what is left out has its default.
   * Takes some milliseconds and waits for no other call. Undefined where the drawing is not held, or no longer:
   * then `convert` makes it.
   */
  async revise(conversion: Conversion, finish: Finish): Promise<Conversion | undefined> {
    const { strength, format, quality, label } = checked(finish);
    const chosen = {
      ...(strength !== undefined && { strength }),
      ...(format !== undefined && { format }),
      ...(quality !== undefined && { quality }),
      ...(label !== undefined && { label }),
    };
    const { drawing } = conversion;
    const worker = this.#worker;
    if (drawing === undefined || !worker?.alive) return undefined;
    const revised = await worker.revise(drawing, chosen).catch((error: unknown) => {
      // The drawing is gone with it.
      if (!worker.alive) return undefined;
      throw error;
    });
    if (!revised) return undefined;
    const timings = { load: 0, prepare: 0, inference: 0, encode: revised.encode };
    return { ...conversion, blob: revised.blob, timings };
  }

  /** Bytes that the engine holds now. */
  get memory(): number {
    return this.#worker?.alive ? this.#worker.memory : 0;
  }

  #generator({ style, tier, model, modelRange: range }: ConvertOptions): ShippedGenerator | OwnGenerator {
    if (model === undefined) return this.#models.find(style, tier);
    const file = toFile(model);
    const path = typeof file === 'string' ? new URL(file).pathname : file instanceof File ? file.name : '';
    const name = path.replace(/^.*\//, '').replace(/\.onnx$/i, '') || 'model';
    return { name, file, ...(range && { range }) };
  }

  async #run(
    source: Source,
    generator: ShippedGenerator | OwnGenerator,
    options: CoreOptions,
    cache: ConversionRequest['cache'],
    signal: AbortSignal | undefined,
    onProgress: ProgressListener = () => undefined,
    drawing?: string,
  ): Promise<Conversion> {
    if (signal?.aborted) throw cancelled();
    const held = drawing === undefined ? {} : { drawing };
    const request = { photo: toPhoto(source), generator, cache, engine: this.#engine, options, ...held };
    const result = await this.#alive().convert(request, onProgress, signal);
    if (!('entry' in generator)) return { ...result, style: generator.name };
    return { ...result, style: generator.entry.style, tier: generator.entry.tier };
  }

  #alive(): EngineWorker {
    if (this.#disposed) throw new NijigenError('cancelled', 'the converter was disposed of');
    if (!this.#worker?.alive) this.#worker = new EngineWorker(this.#workerUrl);
    return this.#worker;
  }

  /** Ends the worker and with it everything in progress; later calls reject. */
  dispose(): void {
    this.#disposed = true;
    this.#worker?.dispose();
  }
}

/** Makes a converter ready for use. Fetches the list of models; the engine itself comes with the first photo. */
export async function createConverter(options: ConverterOptions = {}): Promise<Converter> {
  const locate = (given: string | URL | undefined, standard: URL) =>
    given ? new URL(given, document.baseURI) : standard;
  const worker = locate(options.workerUrl, new URL('./worker.js', import.meta.url));
  const models = locate(options.modelsUrl, new URL('./models/', import.meta.url));
  const cache = options.cache === false ? false : checkedSettings(options.cache ?? {});
  const engine = {
    wasm: located(options.wasmUrl ?? standardModules()),
    threadUrl: locate(options.threadUrl, new URL('./thread.js', import.meta.url)).href,
    threads: checkedThreads(options.threads),
  };
  return new Converter(await Models.fetch(models), worker, engine, cache, options.seeds ?? []);
}

/** Written out, so that bundlers see the files. */
const standardModules = (): Record<Variant, URL> => ({
  simd: new URL('./nijigen-simd.wasm', import.meta.url),
  relaxed: new URL('./nijigen-relaxed.wasm', import.meta.url),
  'simd-threads': new URL('./nijigen-simd-threads.wasm', import.meta.url),
  'relaxed-threads': new URL('./nijigen-relaxed-threads.wasm', import.meta.url),
});

function located(wasm: NonNullable<ConverterOptions['wasmUrl']>): EngineSource['wasm'] {
  const absolute = (url: string | URL) => new URL(url, document.baseURI).href;
  if (typeof wasm === 'string' || wasm instanceof URL) return absolute(wasm);
  return Object.fromEntries(Object.entries(wasm).map(([variant, url]) => [variant, absolute(url)]));
}
