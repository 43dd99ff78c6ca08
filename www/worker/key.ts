import type { ConversionRequest, CoreOptions, LocatedGenerator } from '../client/protocol.js';
import type { Loading } from './engine.js';
import { core } from './module.js';
import { lossyQuality } from './webp.js';

/** What a picture is kept under. Our own generators' key needs no engine, so that one that is kept needs no model. */
export async function keyOf({ generator, options }: ConversionRequest, { engine }: Loading): Promise<string> {
  if ('entry' in generator) return keyOfShipped(generator, options);
  return withQuality((await engine()).engine.cache_key(options), options);
}

export const keyOfShipped = ({ entry }: LocatedGenerator, options: CoreOptions): string =>
  withQuality(core.cache_key(entry, options), options);

/** The core's key with what it does not know of: at which quality the browser made the file anew. */
function withQuality(key: string, options: CoreOptions): string {
  const quality = lossyQuality(options);
  if (quality === undefined) return key;
  const { making, ...rest } = JSON.parse(key) as { making: string };
  return JSON.stringify({ ...rest, making: `${making} lossyQuality=${quality}` });
}
