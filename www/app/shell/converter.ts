import { createConverter, type Converter } from '../../client/index.js';
import { gpuUrl, modelsUrl, seeds, threadUrl, wasmUrl, workerUrl } from './build.js';
import { controlled } from './service-worker.js';
import { Removals } from './removals.js';
import { apply, limits, onChangeElsewhere } from './settings.js';
import { learnStyles } from './style-names.js';

export const removals = new Removals();

/** Long enough that whoever looks at a picture can still change its strength or format at once. */
const IDLE_MS = 180_000;

let ready: Promise<Converter> | undefined;

/**
 * The page's converter, made when first asked for. An attempt that failed is made again the next time, but not by those who
 * go on from its failure at once: each would have a minute of silence to itself.
 */
export function theConverter(): Promise<Converter> {
  ready ??= controlled
    .then(() =>
      createConverter({ workerUrl, wasmUrl, threadUrl, gpuUrl, modelsUrl, seeds, cache: limits(), idle: IDLE_MS }),
    )
    .then(async (converter) => {
      apply(converter);
      learnStyles(converter);
      onChangeElsewhere(() => {
        apply(converter);
      });
      // What was deleted when a page was closed; where that fails it stays remembered.
      await removals.carryOutLeft(converter.cache).catch(() => undefined);
      return converter;
    })
    .catch((error: unknown) => {
      setTimeout(() => {
        ready = undefined;
      });
      throw error;
    });
  return ready;
}
