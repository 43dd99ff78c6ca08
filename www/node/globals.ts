// What the worker's code asks of a browser and Node lacks or does otherwise. The build puts these names in place of the
// globals, in the bundle for Node alone.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Node's own does not read files. */
export async function fetch(input: string | URL, init?: RequestInit): Promise<Response> {
  const url = new URL(input);
  if (url.protocol !== 'file:') return globalThis.fetch(url, init);
  const { signal } = init ?? {};
  return new Response(await readFile(fileURLToPath(url), { ...(signal && { signal }) }));
}

/** Pixels in sRGB, RGBA, straight alpha. */
export class ImageData {
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {}
}

/** There are none. */
export class ImageBitmap {
  readonly width = 0;
}

/** No decoder beside the core's. */
export const createImageBitmap = (): Promise<never> => Promise.reject(new Error('Node has no picture decoder'));

export const self = { crossOriginIsolated: false, postMessage: (): void => undefined };

/** Only newer versions have one. */
export const navigator = (globalThis as { navigator?: Partial<Navigator> }).navigator ?? {};

/** None of these keeps a program from ending. */
export class BroadcastChannel extends globalThis.BroadcastChannel {
  constructor(name: string) {
    super(name);
    (this as unknown as NodeJS.RefCounted).unref();
  }
}

export const setInterval = (work: () => void, ms: number): unknown => globalThis.setInterval(work, ms).unref();
