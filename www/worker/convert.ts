import type { Conversion } from 'nijigen-core';
import type { ConversionRequest, ConversionResult, ProgressListener } from '../client/protocol.js';
import { engineFor } from './engine.js';
import { WorkerError } from './failure.js';
import { pause } from './pause.js';
import { begin } from './photo.js';

/** How long the core works before it looks up: short enough for smooth progress and a prompt cancel. */
const STEP_MS = 40;

/** One photo's way through the worker. */
export async function convert(
  request: ConversionRequest,
  signal: AbortSignal,
  onProgress: ProgressListener,
): Promise<ConversionResult> {
  const clock = stopwatch();
  const engine = await engineFor(request, signal, (loaded, total) => {
    onProgress({ stage: 'download', loaded, total });
  });
  const load = clock();

  onProgress({ stage: 'start', loaded: 0, total: 1 });
  const conversion = await begin(engine, request.photo, request.options, signal);
  const prepare = clock();

  await infer(conversion, signal, onProgress);
  const inference = clock();

  onProgress({ stage: 'encode', loaded: 0, total: 1 });
  await pause();
  const converted = conversion.finish();
  const { width, height, mime } = converted;
  // A blob made here costs the page's thread nothing.
  const blob = new Blob([converted.take_bytes()], { type: mime });
  converted.free();
  onProgress({ stage: 'encode', loaded: 1, total: 1 });
  return { blob, width, height, variant: 'simd', timings: { load, prepare, inference, encode: clock() } };
}

async function infer(conversion: Conversion, signal: AbortSignal, onProgress: ProgressListener): Promise<void> {
  for (;;) {
    onProgress({ stage: 'inference', loaded: conversion.progress, total: 1 });
    await pause();
    if (signal.aborted) {
      conversion.free();
      throw new WorkerError('cancelled', 'the conversion was cancelled');
    }
    if (conversion.step(STEP_MS)) break;
  }
  onProgress({ stage: 'inference', loaded: 1, total: 1 });
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
