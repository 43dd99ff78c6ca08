import type { Conversion, Photo } from 'nijigen-core';
import type { Device, Step } from '../client/core.js';
import type { Backend, ConversionRequest, ConversionResult, ProgressListener, Timings } from '../client/protocol.js';
import { shared } from '#shared';
import { cacheWith } from './cache/index.js';
import type { Lookup } from './cache/unshared.js';
import type { Answer } from './cache/types.js';
import { thisDevice } from './device.js';
import { fileOf, hold } from './drawings.js';
import { load, type Loading } from './engine.js';
import { WorkerError } from './failure.js';
import {
  begun,
  cutForGpu,
  drawWithGpu,
  gpuDrewNonsense,
  gpuFailure,
  prepareGpu,
  tryGpu,
  type Drawer,
  type Size,
} from './gpu/index.js';
import { keyOf, keyOfShipped } from './key.js';
import { core, report, shareModule } from './module.js';
import { pause } from '#pause';
import { decode, digest, glimpse, open, see, type Raw, type Seen } from './photo.js';

/** How long the core works before it looks up: short enough for smooth progress and a prompt cancel. */
const STEP_MS = 40;

/** What whoever asked is told and can do meanwhile. */
export interface Surroundings {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
  /** Bytes of the photo have come. */
  readonly onPhoto: () => void;
  /** Whether the picture may still be kept, once it is made. */
  readonly mayKeep: () => Promise<boolean>;
}

/** One photo's way through the worker, in the order that the core's `Lookup` says. */
export async function convert(request: ConversionRequest, around: Surroundings): Promise<ConversionResult> {
  const over = await begun();
  try {
    return await taken(request, around);
  } finally {
    over();
  }
}

async function taken(request: ConversionRequest, around: Surroundings): Promise<ConversionResult> {
  const clock = stopwatch();
  const loading = load(request, around.signal, (loaded, total) => {
    around.onProgress({ stage: 'download', loaded, total });
  });
  const photo = open(request.photo, request.options, around.signal, around.onPhoto);
  const [raw] = await Promise.all([photo, loading.core]);
  const { mode, settings } = request.cache;
  const cache = mode === 'off' ? undefined : shared(await cacheWith(settings), request.engine, settings);
  const keeping = cache && (await Keeping.of(request, raw, loading, cache));
  const pipeline = new Pipeline(request, around, clock, loading, raw, keeping);
  try {
    await core.look_up(mode, (step) => pipeline.take(step));
    return pipeline.answer();
  } finally {
    pipeline.end();
  }
}

/** What a photo is looked up by and kept under. */
class Keeping {
  private constructor(
    readonly cache: Lookup,
    readonly sha256: Uint8Array,
    readonly key: string,
    /** The keys whose pictures answer, the best first. */
    readonly keys: readonly string[],
  ) {}

  static async of(request: ConversionRequest, raw: Raw, loading: Loading, cache: Lookup): Promise<Keeping> {
    const key = await keyOf(request, loading);
    const { preferred, options } = request;
    return new Keeping(cache, await digest(raw), key, [...(preferred ? [keyOfShipped(preferred, options)] : []), key]);
  }

  /** By the very file; once the photo was seen, by what it looks like. */
  async find(seen?: Seen): Promise<{ readonly answer: Answer; readonly key: string } | undefined> {
    const { cache, sha256 } = this;
    for (const key of this.keys) {
      const answer = await cache.find({ key, sha256, ...(seen && { print: seen.print }) });
      if (answer) return { answer, key };
    }
    return undefined;
  }
}

class Pipeline {
  #photo: Photo | undefined;
  #seen: Seen | undefined;
  #drawn = false;
  #result: ConversionResult | undefined;

  constructor(
    readonly request: ConversionRequest,
    readonly around: Surroundings,
    readonly clock: () => number,
    readonly loading: Loading,
    readonly raw: Raw,
    readonly keeping: Keeping | undefined,
  ) {}

  /** Takes a step; the answer where it is a question. */
  async take(step: Exclude<Step, 'answer'>): Promise<boolean> {
    switch (step) {
      case 'findExact':
        return this.#find();
      case 'glimpse':
        this.#seen = glimpse(this.raw, this.request.options);
        return this.#seen !== undefined;
      case 'findNear':
        return this.#find(this.#seen);
      case 'decode':
        this.#photo = await decode(this.raw, this.request.options);
        return true;
      case 'classify':
        return (this.#drawn = this.#decoded.is_drawn());
      case 'fingerprint':
        this.#seen = see(this.#decoded, this.request.options);
        return true;
      case 'draw':
        this.#result = await this.#draw();
        return true;
      case 'keep':
        return this.#keep();
    }
  }

  answer(): ConversionResult {
    if (!this.#result) throw new WorkerError('internal', 'there is no picture');
    return this.#result;
  }

  /** Gives back what was not taken over. */
  end(): void {
    this.#photo?.free();
    this.#photo = undefined;
  }

  get #decoded(): Photo {
    if (!this.#photo) throw new WorkerError('internal', 'the photo is not decoded');
    return this.#photo;
  }

  async #find(seen?: Seen): Promise<boolean> {
    const found = await this.keeping?.find(seen);
    if (!found) return false;
    const timings = { load: 0, prepare: this.clock(), inference: 0, encode: 0 };
    const preferred = found.key !== this.keeping?.key;
    this.#result = { ...resultOf(found.answer, timings), ...(preferred && { preferred }) };
    return true;
  }

  async #draw(): Promise<ConversionResult> {
    const { request, around, clock } = this;
    const prepare = clock();
    const drawer = await this.loading.engine();
    stopIf(around.signal);
    const before = { load: clock(), prepare };

    around.onProgress({ stage: 'start', loaded: 0, total: 1 });
    const photo = this.#decoded;
    const revisable = request.drawing !== undefined;
    const { backend } = request.engine;
    prepareGpu(backend, drawer);
    const device = thisDevice();
    // A GPU may take less at once than the processor: as much as any device.
    const cut = (device: Device) => this.#cut(drawer, photo, device);
    const cuts = [cut(device), cut({ ...device, memory: null })] as const;
    const onGpu = await cutForGpu(backend, drawer, cuts, () => {
      stopIf(around.signal);
    });
    const plan = { backend, drawer, cuts, onGpu: onGpu !== undefined };
    const options = { ...request.options, revisable, device: (onGpu ?? cuts[0]).device };
    // Whichever begins takes it over.
    this.#photo = undefined;
    // A plan for the processor takes time and memory.
    const conversion = onGpu ? drawer.engine.lay_out(photo, options) : drawer.engine.begin(photo, options);
    return { ...(await drawn(conversion, plan, request, before, clock, around)), drawn: this.#drawn };
  }

  /** How a photo is cut for a device. */
  #cut({ engine }: Drawer, photo: Photo, device: Device): Cut {
    const [width = 0, height = 0, side = 0, tiles = 1] = engine.tiles(photo, { ...this.request.options, device });
    return { device, tiles, size: { width, height, side } };
  }

  /** Whoever wants the picture does not wait for the store, unless asked to. */
  async #keep(): Promise<boolean> {
    const { request, keeping } = this;
    const seen = this.#seen;
    if (!keeping || !seen || !this.#result || !(await this.around.mayKeep())) return false;
    const { blob: result, width, height } = this.#result;
    const { cache, key, sha256 } = keeping;
    const storing = cache.put(
      { key, sha256, print: seen.print },
      { result, width, height, thumbnail: seen.thumbnail, ...this.#original() },
      request.supersedes && { key: keyOfShipped(request.supersedes, request.options), sha256 },
    );
    if (!request.cache.wait) return true;
    const kept = await storing;
    this.#result = { ...this.#result, kept };
    return kept;
  }

  #original(): { original?: Blob } {
    const { photo, cache } = this.request;
    if (!cache.settings.keepOriginals || !(this.raw instanceof Uint8Array)) return {};
    return { original: new Blob([this.raw], { type: photo instanceof Blob ? photo.type : '' }) };
  }
}

/** Has the module and the generator ready before there is a photo. */
export async function preload(
  request: Pick<ConversionRequest, 'generator' | 'engine'>,
  signal: AbortSignal,
  onProgress: ProgressListener,
): Promise<void> {
  const { core: ready, engine } = load(request, signal, (loaded, total) => {
    onProgress({ stage: 'download', loaded, total });
  });
  await ready;
  prepareGpu(request.engine.backend, await engine());
  shareModule();
  stopIf(signal);
}

/** In how many tiles of which size a photo is drawn on a device. */
interface Cut {
  readonly device: Device;
  readonly tiles: number;
  readonly size: Size;
}

/** How a photo is drawn: by which generator, and whether on the GPU; how it can be cut, the best way first. */
interface Plan {
  readonly backend: Backend;
  readonly drawer: Drawer;
  readonly cuts: readonly [Cut, ...Cut[]];
  readonly onGpu: boolean;
}

async function drawn(
  conversion: Conversion,
  plan: Plan,
  request: ConversionRequest,
  before: Pick<Timings, 'load' | 'prepare'>,
  clock: () => number,
  { signal, onProgress }: Surroundings,
): Promise<Omit<ConversionResult, 'drawn'>> {
  const prepare = before.prepare + clock();
  // At no strength nothing is drawn, which takes no time.
  const nothing = conversion.progress >= 1;
  const onGpu = await infer(conversion, plan, signal, onProgress);
  const inference = clock();
  if (!onGpu && !nothing) {
    const [{ tiles, size }, ...others] = plan.cuts;
    const sizes = [size, ...others.map(({ size }) => size)] as const;
    tryGpu(plan.backend, plan.drawer, sizes, inference / (tiles * size.width * size.height));
  }

  onProgress({ stage: 'encode', loaded: 0, total: 1 });
  await pause();
  const { held, file } = await finish(conversion, request);
  onProgress({ stage: 'encode', loaded: 1, total: 1 });
  return { ...file, ...held, ...reported(onGpu), timings: { load: before.load, prepare, inference, encode: clock() } };
}

/** What a result says of what made it. */
function reported(onGpu: boolean): Pick<ConversionResult, 'variant' | 'threads' | 'memory' | 'gpu'> {
  const gpu = gpuFailure();
  return { ...report(), ...(onGpu && { variant: 'webgpu' }), ...(gpu !== undefined && { gpu }) };
}

/** The file, and under which name the drawing that it was made of is held. */
async function finish(conversion: Conversion, { options, drawing: name }: ConversionRequest) {
  if (name === undefined) return { file: await fileOf(conversion.finish(), options) };
  const drawing = conversion.drawing();
  const file = await fileOf(drawing.encode(options), options);
  return { file, held: hold(name, drawing) ? { drawing: name } : {} };
}

function resultOf({ pictures, distance, created }: Answer, timings: Timings): ConversionResult {
  const { result: blob, width, height } = pictures;
  const cached = { kind: distance === null ? ('exact' as const) : ('near' as const), distance: distance ?? 0, created };
  return { blob, width, height, ...report(), timings, drawn: false, cached };
}

/** Draws; true if the GPU did all of it. */
async function infer(
  conversion: Conversion,
  { backend, drawer, onGpu: wanted }: Plan,
  signal: AbortSignal,
  onProgress: ProgressListener,
): Promise<boolean> {
  let most = 0;
  const tell = (loaded: number) => {
    if (loaded > 0) shareModule();
    // Where a GPU gives up on the way its tile begins anew.
    most = Math.min(Math.max(most, loaded), 1);
    onProgress({ stage: 'inference', loaded: most, total: 1 });
  };
  const check = () => {
    stopIf(signal);
  };
  try {
    const may = wanted && conversion.progress < 1;
    const drawn = may ? await drawWithGpu(backend, drawer, conversion, check, tell) : 'part';
    if (drawn !== 'all') await conversion.run(STEP_MS, signal, pause, tell);
    if (drawn === 'refused') gpuDrewNonsense(drawer);
    shareModule();
    onProgress({ stage: 'inference', loaded: 1, total: 1 });
    return drawn === 'all';
  } catch (error) {
    // Not after a trap, which may have left the allocator locked.
    if (!(error instanceof WebAssembly.RuntimeError)) conversion.free();
    throw error;
  }
}

function stopIf(signal: AbortSignal): void {
  if (signal.aborted) throw new WorkerError('cancelled', 'the conversion was cancelled');
}

/** Each call gives the milliseconds since the last one. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const passed = performance.now() - last;
    last += passed;
    return passed;
  };
}
