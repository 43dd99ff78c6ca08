// One thread of the pool: an engine of its own, and the cache that all share.
import { createConverter } from 'nijigen';
import { redisStore } from './redis-store.mjs';

const urls = process.env.NIJIGEN_SHARED_CACHE;
const converter = await createConverter(urls ? { cache: redisStore(urls) } : {});

export default async function draw({ photo, timeout, ...options }) {
  try {
    const { blob, cache } = await converter.convert(photo, { ...options, timeout, maxPixels: 40_000_000 });
    const picture = await blob.arrayBuffer();
    return { picture: new Uint8Array(picture), type: blob.type, cache };
  } catch ({ code = 'internal', message }) {
    // The engine may have stopped for good: the pool starts another thread in place of this one.
    if (code === 'internal' || code === 'out-of-memory') setImmediate(() => process.exit(1));
    // An error's code does not cross between threads.
    return { code, message };
  }
}
