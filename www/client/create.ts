import { files } from 'nijigen-files';
import { Converter } from './converter.js';
import { cancelled } from './error.js';
import { Models } from './models.js';
import { checkedSettings, checkedThreads, checkedTime, checkedWorkers } from './options.js';
import { absolute, requirePlatform } from './platform.js';
import { Pool } from './pool.js';
import type { CacheSettings, EngineSource, ShippedGenerator, Variant } from './protocol.js';
import { thisMachine } from './scheduler.js';
import type { Seed } from './seeds.js';

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
  /** How many photos are drawn at once at most, 1–16; default one a core, 4 at most, fewer where memory is short. */
  readonly workers?: number;
  /** Milliseconds after which a worker without work is ended and its memory given back; default 30 000. */
  readonly idle?: number;
  /** What is kept of the pictures made; `false` keeps nothing. */
  readonly cache?: CacheSettings | false;
  /** Results made ahead with this very build; they answer like kept pictures, and are not kept themselves. */
  readonly seeds?: readonly Seed[];
  /** Aborting while the converter is made rejects with code `cancelled`. */
  readonly signal?: AbortSignal;
}

const IDLE_MS = 30_000;

/** Makes a converter ready for use. Starts nothing: the engine comes with the first photo. */
export async function createConverter(options: ConverterOptions = {}): Promise<Converter> {
  requirePlatform();
  const { signal } = options;
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
  const machine = thisMachine(engine.threads, checkedWorkers(options.workers));
  const pool = new Pool(worker, engine, machine, checkedTime('idle', options.idle ?? IDLE_MS));
  const models = await Models.open(modelsOf(options, base), signal);
  if (signal?.aborted) {
    models.own.close();
    throw cancelled();
  }
  return new Converter(models, pool, cache, options.seeds ?? []);
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
