import type { Conversion } from 'nijigen-core';
import type {
  ConversionRequest,
  ConversionResult,
  CoreOptions,
  ProgressListener,
  ShippedGenerator,
  Timings,
} from '../client/protocol.js';
import { cacheWith } from './cache/index.js';
import type { Answer } from './cache/cache.js';
import { core, report, shareModule } from './module.js';
import { fileOf, hold } from './drawings.js';
import { load, type Loading } from './engine.js';
import { WorkerError } from './failure.js';
import { pause } from './pause.js';
import { decode, digest, glimpse, open, see, type Seen } from './photo.js';

/** How long the core works before it looks up: short enough for smooth progress and a prompt cancel. */
const STEP_MS = 40;

/** One photo's way through the worker. */
export async function convert(
  request: ConversionRequest,
  signal: AbortSignal,
  onProgress: ProgressListener,
  mayKeep: () => Promise<boolean>,
): Promise<ConversionResult> {
  const clock = stopwatch();
  const loading = load(request, signal, (loaded, total) => {
    onProgress({ stage: 'download', loaded, total });
  });
  const [raw] = await Promise.all([open(request.photo, request.options, signal), loading.core]);
  const { mode, settings } = request.cache;
  const cache = mode === 'off' ? undefined : await cacheWith(settings);
  const key = cache && (await keyOf(request, loading));
  const sha256 = key === undefined ? undefined : await digest(raw);
  const { rather } = request;
  const keys = [...(rather ? [keyOfShipped(rather, request.options)] : []), ...(key === undefined ? [] : [key])];
  const kept = async (seen?: Seen) => {
    if (mode !== 'use' || !cache || !sha256) return undefined;
    for (const sought of keys) {
      const answer = await cache.find({ key: sought, sha256, ...(seen && { print: seen.print }) });
      if (answer) {
        const timings = { load: 0, prepare: clock(), inference: 0, encode: 0 };
        return { ...found(answer, timings), ...(sought !== key && { rather: true }) };
      }
    }
    return undefined;
  };

  const exact = await kept();
  if (exact) return exact;
  const glimpsed = cache && glimpse(raw, request.options);
  const early = glimpsed && (await kept(glimpsed));
  if (early) return early;

  const photo = await decode(raw, request.options);
  let begun = false;
  try {
    const seen = glimpsed ?? (cache && see(photo));
    // Drawings are neither looked up by likeness nor kept: they can be alike and yet differ in what matters. Told from
    // the whole photo, for which it was measured, and so only after a glimpse was looked up: a drawing in a large JPEG
    // may be taken for a photo that is kept, should it look the same, but not for another drawing, as none is kept.
    const drawn = photo.is_drawn();
    const near = seen && !glimpsed && !drawn && (await kept(seen));
    if (near) return near;
    const prepare = clock();
    const engine = await loading.engine();
    stopIf(signal);
    const timings = { load: clock(), prepare };

    onProgress({ stage: 'start', loaded: 0, total: 1 });
    begun = true;
    const conversion = engine.begin(
      photo,
      JSON.stringify({ ...request.options, revisable: request.drawing !== undefined }),
    );
    const result = { ...(await draw(conversion, request, timings, clock, signal, onProgress)), drawn };
    if (cache && key !== undefined && sha256 && seen && !drawn && (await mayKeep())) {
      const { blob, width, height } = result;
      const original =
        settings.keepOriginals && raw instanceof Uint8Array ? { original: originalOf(raw, request) } : {};
      const storing = cache.put(
        { key, sha256, print: seen.print },
        { result: blob, width, height, thumbnail: seen.thumbnail, ...original },
        request.instead && { key: keyOfShipped(request.instead, request.options), sha256 },
      );
      // Whoever wants the picture does not wait for the store.
      if (request.cache.wait) return { ...result, kept: await storing };
    }
    return result;
  } finally {
    // `begin` takes the photo over.
    if (!begun) photo.free();
  }
}

const originalOf = (bytes: Uint8Array<ArrayBuffer>, { photo }: ConversionRequest): Blob =>
  new Blob([bytes], { type: photo instanceof Blob ? photo.type : '' });

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
  await engine();
  shareModule();
  stopIf(signal);
}

/** Our own generators' key needs no engine, so that a picture that is kept needs no model. */
async function keyOf({ generator, options }: ConversionRequest, { engine }: Loading): Promise<string> {
  return 'entry' in generator ? keyOfShipped(generator, options) : (await engine()).cache_key(JSON.stringify(options));
}

const keyOfShipped = ({ entry }: ShippedGenerator, options: CoreOptions): string =>
  core.cache_key(JSON.stringify(entry), JSON.stringify(options));

async function draw(
  conversion: Conversion,
  { options, drawing }: ConversionRequest,
  before: Pick<Timings, 'load' | 'prepare'>,
  clock: () => number,
  signal: AbortSignal,
  onProgress: ProgressListener,
): Promise<Omit<ConversionResult, 'drawn'>> {
  const prepare = before.prepare + clock();
  await infer(conversion, signal, onProgress);
  const inference = clock();

  onProgress({ stage: 'encode', loaded: 0, total: 1 });
  await pause();
  const { held, file } = finish(conversion, options, drawing);
  onProgress({ stage: 'encode', loaded: 1, total: 1 });
  return { ...file, ...held, ...report(), timings: { load: before.load, prepare, inference, encode: clock() } };
}

/** The file, and under which name the drawing that it was made of is held. */
function finish(conversion: Conversion, options: CoreOptions, name: string | undefined) {
  if (name === undefined) return { file: fileOf(conversion.finish()) };
  const drawing = conversion.drawing();
  const file = fileOf(drawing.encode(JSON.stringify(options)));
  return { file, held: hold(name, drawing) ? { drawing: name } : {} };
}

function found({ pictures, distance, created }: Answer, timings: Timings): ConversionResult {
  const { result: blob, width, height } = pictures;
  const cached = { kind: distance === null ? ('exact' as const) : ('near' as const), distance: distance ?? 0, created };
  return { blob, width, height, ...report(), timings, drawn: false, cached };
}

async function infer(conversion: Conversion, signal: AbortSignal, onProgress: ProgressListener): Promise<void> {
  for (;;) {
    onProgress({ stage: 'inference', loaded: conversion.progress, total: 1 });
    await pause();
    try {
      stopIf(signal);
    } catch (error) {
      conversion.free();
      throw error;
    }
    const over = conversion.step(STEP_MS);
    shareModule();
    if (over) break;
  }
  onProgress({ stage: 'inference', loaded: 1, total: 1 });
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
