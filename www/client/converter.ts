import { EngineWorker } from './engine-worker.js';
import { cancelled, NijigenError } from './error.js';
import { Models } from './models.js';
import { checked } from './options.js';
import type { CoreOptions, ModelEntry, ProgressListener, Timings, Variant } from './protocol.js';
import { toPhoto, type Source } from './source.js';
import { Turns } from './turns.js';

/** Where the parts lie; by default beside this script. Relative URLs are resolved against the page. */
export interface ConverterOptions {
  readonly workerUrl?: string | URL;
  readonly wasmUrl?: string | URL;
  /** The folder with `manifest.json`; ends with a slash. */
  readonly modelsUrl?: string | URL;
}

export interface ConvertOptions extends CoreOptions {
  /** A style of `styles()`; default the first one. */
  readonly style?: string;
  /** Default the first one that the style has. */
  readonly tier?: ModelEntry['tier'];
  /** Aborting rejects with code `cancelled` within 300 ms. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

export interface Conversion {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
  readonly style: string;
  readonly timings: Timings;
  readonly variant: Variant;
}

/** Turns photos into anime, one at a time, in a worker of its own that starts with the first photo. */
export class Converter {
  readonly #models: Models;
  readonly #workerUrl: URL;
  readonly #wasmUrl: URL;
  readonly #turns = new Turns();
  #worker: EngineWorker | undefined;
  #disposed = false;

  /** @internal Use `createConverter`. */
  constructor(models: Models, workerUrl: URL, wasmUrl: URL) {
    this.#models = models;
    this.#workerUrl = workerUrl;
    this.#wasmUrl = wasmUrl;
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
    const { style, tier, signal, onProgress = () => undefined } = options;
    const model = this.#models.find(style, tier);
    if (signal?.aborted) throw cancelled();
    if (!this.#worker?.alive) this.#worker = new EngineWorker(this.#workerUrl);
    const request = {
      photo: toPhoto(source),
      model,
      modelUrl: this.#models.url(model),
      wasmUrl: this.#wasmUrl.href,
      options: core,
    };
    const result = await this.#worker.convert(request, onProgress, signal);
    return { ...result, style: model.style };
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
  const wasm = locate(options.wasmUrl, new URL('./nijigen_bg.wasm', import.meta.url));
  const models = locate(options.modelsUrl, new URL('./models/', import.meta.url));
  return new Converter(await Models.fetch(models), worker, wasm);
}
