import { isUrl } from './brand.js';
import { builds, inlined, scripts, type parts } from 'nijigen-files';
import { Converter } from './converter.js';
import { cancelled } from './error.js';
import { loaded } from './loaded.js';
import { Models } from './models.js';
import {
  checkCall,
  checkParts,
  checkedBackend,
  checkedSettings,
  checkedThreads,
  checkedTime,
  checkedWorkers,
  isSharedStore,
} from './options.js';
import { absolute, checkedStore, requirePlatform, thisVisit } from '#platform';
import { Pool } from './pool.js';
import type {
  Backend,
  BackendName,
  CacheSettings,
  EngineSource,
  SharedStore,
  ShippedEngine,
  ShippedGenerator,
  Variant,
} from './protocol.js';
import { thisMachine } from './scheduler.js';
import type { Seed } from './seeds.js';
import { urlOf } from './url.js';

/** Where the parts lie; by default beside this script. Relative URLs are resolved against the page. */
export interface ConverterOptions {
  /** The folder with all of the package's files, such as a CDN's: where those below are that are not given. */
  readonly baseUrl?: string | URL;
  readonly workerUrl?: string | URL;
  /** The engine's builds, of which the fastest one is taken that works. One URL alone: that build and no other. */
  readonly wasmUrl?: string | URL | Partial<Readonly<Record<Variant, string | URL>>>;
  /** The script of the engine's threads. */
  readonly threadUrl?: string | URL;
  /** The script that draws on a GPU; fetched where one is tried. */
  readonly gpuUrl?: string | URL;
  /** The folder with `manifest.json`; ends with a slash. */
  readonly modelsUrl?: string | URL;
  /** The engine's builds to choose from, each imported as `nijigen/engines/<variant>`, in place of `wasmUrl`. */
  readonly engines?: readonly ShippedEngine[];
  /** The models on offer, each imported as `nijigen/models/<id>`, in place of a folder. */
  readonly models?: readonly ShippedGenerator[];
  /** How many threads draw where the page is cross-origin isolated, 1–64; default one a core, 8 at most. */
  readonly threads?: number;
  /**
   * What draws; default `auto`: the GPU from the second photo on, where it has WebGPU and has shown in a trial that it
   * gives the same pictures, sooner; else the processor. `webgpu` does without the trial. Where the GPU fails the
   * processor finishes the picture, always.
   */
  readonly engine?: BackendName;
  /**
   * Whether a GPU that the processor computes counts as one: for tests.
   * @internal
   */
  readonly softwareGpu?: boolean;
  /** How many photos are drawn at once at most, 1–16; default one a core, 4 at most, fewer where memory is short. */
  readonly workers?: number;
  /** Milliseconds after which a worker without work is ended and its memory given back; default 30 000. */
  readonly idle?: number;
  /** What is kept of the pictures made; `false` keeps nothing. In Node also a store that other processes share. */
  readonly cache?: CacheSettings | SharedStore | false;
  /** Results made ahead with this very build; they answer like kept pictures, and are not kept themselves. */
  readonly seeds?: readonly Seed[];
  /** Aborting while the converter is made rejects with code `cancelled`. */
  readonly signal?: AbortSignal;
}

const IDLE_MS = 30_000;

/** Engines and models that an entry of the package offers. */
type Parts = typeof parts;

/** Makes a converter ready for use. Starts nothing: the engine comes with the first photo. */
export const createConverter = (options: ConverterOptions = {}): Promise<Converter> =>
  createWith(() => Promise.resolve({ engines: [], models: [] }), options);

/**
 * With the parts that are offered, where the options name none.
 * @internal
 */
export async function createWith(offered: Parts, options: ConverterOptions): Promise<Converter> {
  requirePlatform();
  checkCall(options);
  checkParts('engines', options.engines);
  checkParts('models', options.models);
  const { signal } = options;
  const base = options.baseUrl === undefined ? undefined : folder(options.baseUrl);
  const { worker, thread, gpu } = await scriptsOf(options, base);
  const cache = options.cache === false ? false : checkedSettings(options.cache ?? {});
  const store = options.cache && isSharedStore(options.cache) ? checkedStore(options.cache) : undefined;
  const { wasm, from } = await partsOf(options, base ? () => Promise.resolve(partsIn(base)) : offered);
  const threads = checkedThreads(options.threads);
  const backend: Backend = {
    name: checkedBackend(options.engine),
    visit: thisVisit(),
    ...(gpu !== undefined && { url: absolute(gpu) }),
    ...(options.softwareGpu && { software: true }),
  };
  const engine = { wasm, threadUrl: absolute(thread), threads, backend, ...(store && { store }) };
  const machine = thisMachine(engine.threads, checkedWorkers(options.workers));
  const pool = new Pool(new URL(absolute(worker)), engine, machine, checkedTime('idle', options.idle ?? IDLE_MS));
  const models = await Models.open(from, signal);
  if (signal?.aborted) {
    models.own.close();
    throw cancelled();
  }
  return new Converter(models, pool, cache, options.seeds ?? []);
}

/** Without a script for it no GPU draws. */
async function scriptsOf({ workerUrl, threadUrl, gpuUrl }: ConverterOptions, base: URL | undefined) {
  if (workerUrl !== undefined && threadUrl !== undefined) return { worker: workerUrl, thread: threadUrl, gpu: gpuUrl };
  const standard =
    base && !inlined
      ? { worker: new URL('worker.js', base), thread: new URL('thread.js', base), gpu: new URL('gpu.js', base) }
      : await loaded(scripts());
  return { worker: workerUrl ?? standard.worker, thread: threadUrl ?? standard.thread, gpu: gpuUrl ?? standard.gpu };
}

interface Offer {
  readonly engines: readonly ShippedEngine[];
  readonly models: readonly ShippedGenerator[] | URL;
}

const partsIn = (base: URL): Offer => ({
  engines: builds.map((variant) => ({ variant, url: new URL(`nijigen-${variant}.wasm`, base).href })),
  models: new URL('models/', base),
});

/** Engines and models as the options say; what they do not name is taken from what is offered. */
async function partsOf({ engines, wasmUrl, models, modelsUrl }: ConverterOptions, offered: () => Promise<Offer>) {
  const named = modelsUrl === undefined ? models : new URL(absolute(modelsUrl));
  const complete = named !== undefined && (wasmUrl ?? engines) !== undefined;
  const offer = complete ? undefined : await loaded(offered());
  const wasm = wasmUrl === undefined ? await choice(engines ?? offer?.engines ?? []) : located(wasmUrl);
  return { wasm, from: named ?? offer?.models ?? [] };
}

async function choice(engines: readonly ShippedEngine[]): Promise<EngineSource['wasm']> {
  if (engines.length === 0) {
    throw new TypeError(
      "There is no engine: import one, as in `import simd from 'nijigen/engines/simd'`, and give it as " +
        '`engines: [simd]`, or say with `baseUrl` where all files are.',
    );
  }
  return Object.fromEntries(
    await Promise.all(engines.map(async ({ variant, url }) => [variant, await urlOf(url)] as const)),
  );
}

const folder = (url: string | URL): URL => new URL(absolute(url).replace(/\/?$/, '/'));

function located(wasm: NonNullable<ConverterOptions['wasmUrl']>): EngineSource['wasm'] {
  if (typeof wasm === 'string' || isUrl(wasm)) return absolute(wasm);
  return Object.fromEntries(Object.entries(wasm).map(([variant, url]) => [variant, absolute(url)]));
}
