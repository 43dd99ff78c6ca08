import { isFile, isUrl } from './brand.js';
import { CacheControl } from './cache-control.js';
import type { EngineHost, EngineRequest } from './host.js';
import { cancelled, NijigenError } from './error.js';
import { convertAll, type Converted, type Sources } from './convert-many.js';
import type { Models } from './models.js';
import {
  checkCall,
  checked,
  checkedConversion,
  checkedTime,
  checkMeta,
  checkStyles,
  checkText,
  truth,
} from './options.js';
import type { ModelMeta } from './own-models.js';
import type { Pool } from './pool.js';
import { preload, type PreloadOptions } from './preload.js';
import type {
  CacheSettings,
  ConversionResult,
  Finish,
  ModelEntry,
  OwnGenerator,
  ProgressListener,
  LocatedGenerator,
} from './protocol.js';
import { madeAhead, type Seed } from './seeds.js';
import { toFile, toPhoto, withPixels, type FileSource, type ReadableSource, type Source } from './source.js';
import { probePicture } from './probe-picture.js';
import type { Abortable, Conversion, ConvertManyOptions, ConvertOptions } from './types.js';

const WINDOW_MS = 200;

/** Turns photos into anime, in workers of its own that start with the first photo. */
export class Converter {
  readonly #models: Models;
  readonly #pool: Pool;
  readonly #seeds: readonly Seed[];
  /** Pictures made before, which answer photos that come again. */
  readonly cache: CacheControl;
  /** Which worker holds which drawing. */
  readonly #holders = new Map<string, EngineHost>();

  /** @internal Use `createConverter`. */
  constructor(models: Models, pool: Pool, cache: CacheSettings | false, seeds: readonly Seed[]) {
    this.#models = models;
    this.#pool = pool;
    this.#seeds = seeds;
    this.cache = new CacheControl(cache, {
      ask: (settings, command) => pool.ask(settings, command),
      keep: async (source, options) => {
        const { cached, kept } = await withPixels(source, (readable) => this.#convert(readable, options, true));
        return cached !== undefined || kept === true;
      },
      keepNothing: () => {
        pool.keepNothing();
      },
    });
  }

  /** The models on offer; those of your own come last. */
  styles(): readonly ModelEntry[] {
    return this.#models.entries;
  }

  /**
   * Keeps a generator of your own, the ONNX file of an AnimeGANv2 or the like, in the browser's database, from where
   * later converters of this origin have it too; where the browser stores nothing its entry is `fleeting`. Resolves
   * with its id, which `style` takes. It is tried on a small picture first; one that does not work rejects with code
   * `bad-model`.
   */
  async addModel(source: FileSource, meta: ModelMeta, { signal }: Abortable = {}): Promise<string> {
    checkMeta(meta);
    checkCall({ signal });
    const file = await asBlob(toFile(source), signal);
    const range = meta.range && { modelRange: meta.range };
    const settings = { model: file, ...range, label: null, cache: 'off', ...(signal && { signal }) } as const;
    await this.convert(probePicture(), settings).catch(asModels);
    if (signal?.aborted) throw cancelled();
    const taken = this.#models.shipped.flatMap(({ entry }) => [entry.id, entry.style]);
    return this.#models.own.add(file, meta, taken);
  }

  /** Calls a model of your own something else; its id stays. */
  async renameModel(id: string, name: string): Promise<void> {
    checkText('name', name);
    await this.#models.own.rename(id, name);
  }

  /** Forgets a model of your own, if there is one of this id. */
  async removeModel(id: string): Promise<void> {
    await this.#models.own.remove(id);
  }

  /** Fetches and compiles the engine and the models of these styles ahead, so that a photo need not wait for them. */
  async preload(styles: readonly string[], options: PreloadOptions = {}): Promise<void> {
    checkStyles(styles);
    checkCall(options);
    const generators = styles.map((style) => this.#models.find(style, options.tier));
    await this.#pool.run((worker) => preload(worker, generators, options), undefined, options.signal);
  }

  /**
   * Converts one photo. Calls are begun in the order they came. Rejects with a `NijigenError`; an option that is none is
   * a mistake in the program and rejects at once with a `TypeError` or `RangeError`.
   */
  async convert(source: Source, options: ConvertOptions = {}): Promise<Conversion> {
    return withPixels(source, (readable) => this.#convert(readable, options), options.signal);
  }

  /** With `wait` it is told whether the picture is kept. */
  async #convert(
    source: ReadableSource,
    options: ConvertOptions,
    wait = false,
  ): Promise<Conversion & Pick<ConversionResult, 'kept'>> {
    const { core, timeout, cache: wanted } = checkedConversion(options);
    const { signal, onPreview, onProgress = () => undefined } = options;
    const generator = this.#generator(options);
    const shipped = 'entry' in generator ? generator : undefined;
    // Asked anew for each picture: the cache may be turned off meanwhile.
    const cache = () => {
      const { settings } = this.cache;
      return { mode: settings ? wanted : 'off', settings: settings || {}, wait } as const;
    };
    const { mode } = cache();
    if (mode === 'use' && shipped && !signal?.aborted) {
      const ahead = await madeAhead(this.#seeds, toPhoto(source), shipped.entry, core, signal);
      if (ahead) return ahead;
    }
    const preview = onPreview && shipped && this.#models.preview(shipped.entry);
    const request = () => ({ photo: toPhoto(source), cache: cache(), options: core, signal, timeout });
    const before: ProgressListener = (progress) => {
      onProgress({ ...progress, preview: true });
    };
    const drawing = options.revisable ? drawingName() : undefined;
    return this.#pool.run(
      async (worker) => {
        if (preview) {
          const asked = { generator: preview, preferred: shipped, onProgress: before };
          const { preferred, ...first } = await this.#run(worker, { ...request(), ...asked });
          if (preferred) return first;
          onPreview(first);
        }
        const rest = { ...(preview && { supersedes: preview }), ...(drawing && { drawing }) };
        const made = await this.#run(worker, { ...request(), generator, onProgress, ...rest });
        if (made.drawing !== undefined) this.#hold(made.drawing, worker);
        return made;
      },
      mode === 'use' ? kinOf(source) : undefined,
      signal,
    );
  }

  /**
   * Converts photos as they come, several at once where that is faster. One that fails does not stop the others. No more
   * sources are taken before their results are, than can be drawn at once, and one. Leaving the loop, like aborting,
   * stops what is in progress.
   *
   *     for await (const item of converter.convertMany(files)) if (item.conversion) show(item.conversion.blob);
   */
  convertMany(sources: Sources, options: ConvertManyOptions = {}): AsyncGenerator<Converted, void, undefined> {
    const { ordered = true, window = WINDOW_MS, onProgress, signal, model, ...given } = options;
    checkedConversion(options);
    const course = { ordered: truth('ordered', ordered), window: checkedTime('window', window), signal };
    const each = { ...given, ...(model !== undefined && { model: toFile(model) }) };
    return convertAll(sources, course, this.#pool, (source, index, signal) =>
      this.convert(source, {
        ...each,
        signal,
        ...(onProgress && {
          onProgress: (told) => {
            onProgress(told, index);
          },
        }),
      }),
    );
  }

  /**
   * The picture of an earlier `convert` with another strength, format, quality, mark or comparison; what is left out has
   * its default.
   * Takes some milliseconds and waits for no other call. Undefined where the drawing is not held, or no longer:
   * then `convert` makes it.
   */
  async revise(conversion: Conversion, finish: Finish, { signal }: Abortable = {}): Promise<Conversion | undefined> {
    checkCall({ signal });
    const { strength, format, quality, label, comparison, split } = checked(finish);
    const chosen = {
      ...(strength !== undefined && { strength }),
      ...(format !== undefined && { format }),
      ...(quality !== undefined && { quality }),
      ...(label !== undefined && { label }),
      ...(comparison !== undefined && { comparison }),
      ...(split !== undefined && { split }),
    };
    const { drawing } = conversion;
    const worker = drawing === undefined ? undefined : this.#holders.get(drawing);
    if (drawing === undefined || !worker?.alive) return undefined;
    const revised = await worker.revise(drawing, chosen).catch((error: unknown) => {
      // The drawing is gone with it.
      if (!worker.alive) return undefined;
      throw error;
    });
    if (signal?.aborted) throw cancelled();
    if (!revised) return undefined;
    const { encode, ...file } = revised;
    return { ...conversion, ...file, timings: { load: 0, prepare: 0, inference: 0, encode } };
  }

  #hold(drawing: string, worker: EngineHost): void {
    for (const [name, { alive }] of this.#holders) if (!alive) this.#holders.delete(name);
    this.#holders.set(drawing, worker);
  }

  /** Bytes that the engine holds now. */
  get memory(): number {
    return this.#pool.memory;
  }

  #generator({ style, tier, model, modelRange: range }: ConvertOptions): LocatedGenerator | OwnGenerator {
    if (model === undefined) return this.#models.find(style, tier);
    const file = toFile(model);
    const path = typeof file === 'string' ? new URL(file).pathname : isFile(file) ? file.name : '';
    const name = path.replace(/^.*\//, '').replace(/\.onnx$/i, '') || 'model';
    return { name, file, ...(range && { range }) };
  }

  async #run(
    worker: EngineHost,
    request: EngineRequest,
  ): Promise<Conversion & Pick<ConversionResult, 'kept' | 'preferred'>> {
    if (request.signal?.aborted) throw cancelled();
    const result = await worker.convert(request);
    const { preferred } = result.preferred ? request : {};
    const generator = preferred ?? request.generator;
    const cache: Conversion['cache'] = result.cached?.kind ?? 'miss';
    const made = { ...result, cache };
    if (!('entry' in generator)) return { ...made, style: generator.name };
    return { ...made, style: generator.entry.style, tier: generator.entry.tier };
  }

  /** Ends the workers and with them everything in progress; later calls reject. */
  dispose(): void {
    this.#models.own.close();
    this.#pool.dispose();
  }
}

/** No other converter's: in Node all have one engine, and a page may have two copies of this package. */
const drawingName = (): string => `drawing-${Math.random().toString(36).slice(2)}`;

/** What the same photos have in common without being read. */
function kinOf(source: Source): unknown {
  if (isFile(source)) return `${source.size} ${source.lastModified}`;
  return isUrl(source) ? source.href : source;
}

/** That a small picture brings the engine down, or takes more memory than there is, is the model's fault. */
function asModels(error: unknown): never {
  if (!(error instanceof NijigenError) || !['internal', 'out-of-memory'].includes(error.code)) throw error;
  throw new NijigenError(
    'bad-model',
    `This model cannot be used: a small picture is too much for it (${error.message}).`,
    {
      cause: error,
    },
  );
}

async function asBlob(file: Blob | string, signal: AbortSignal | undefined): Promise<Blob> {
  if (typeof file !== 'string') return file;
  try {
    const response = await fetch(file, signal ? { signal } : {});
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.blob();
  } catch (cause) {
    if (signal?.aborted) throw cancelled();
    throw new NijigenError('network', `the model could not be fetched from ${file}`, { cause });
  }
}
