// Whether the GPU gives the same picture as the processor, sooner.
import type { Choices, Conversion } from 'nijigen-core';
import { core } from '../module.js';
import { pause } from '#pause';
import type { Backend } from '../../client/protocol.js';
import type { Gpu } from './device.js';
import { guardedTile } from './guard.js';
import { giveUp, networkFor, type Drawer, type Size } from './networks.js';
import type { Finding } from './verdicts.js';

/** How long the processor works at a time. */
const STEP_MS = 20;
/** Longer side of the picture that both draw, in pixels. */
const SMALL = 96;
/** How far apart the two may be, of 255. */
const TOLERANCE = 2;
/** The GPU must be faster by this: a change has costs of its own. */
const MARGIN = 1.1;

/** Conversions under way. */
let working = 0;
/** While a time is taken conversions wait. */
let measuring: Promise<void> | undefined;

/** Whether somebody waits for a picture. */
export const isWorking = (): boolean => working > 0;

/** Tells that a conversion begins, once it may; the function that it gives, that it is over. */
export async function begun(): Promise<() => void> {
  while (measuring) await measuring;
  working++;
  return () => {
    working--;
  };
}

/** Of a tile that took the processor so many milliseconds. Nothing where the generator is gone meanwhile. */
export async function tried(
  backend: Backend,
  gpu: Gpu,
  drawer: Drawer,
  size: Size,
  milliseconds: number,
): Promise<Finding | undefined> {
  try {
    const difference = await guardedTile(backend, drawer, size, async () => {
      const difference = await differenceOf(gpu, drawer);
      return difference !== undefined && (await warmUp(gpu, drawer, size)) ? difference : undefined;
    });
    if (!drawer.alive()) return undefined;
    if (difference !== undefined && difference > TOLERANCE) throw new Error(`${gpu.name} draws another picture`);
    const faster = difference !== undefined && (await alone(() => isWithin(gpu, drawer, size, milliseconds / MARGIN)));
    // Of a generator that is gone meanwhile nothing was found.
    return drawer.alive() ? (faster ? 'faster' : 'slower') : undefined;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    // What the core says is of this generator, and no reason to leave the GPU alone with others.
    if (typeof (error as { readonly code?: unknown }).code !== 'string') giveUp(error);
    return 'faulty';
  }
}

/** How far apart the processor's and the GPU's small picture are, 0 to 255; nothing where the GPU cannot draw it. */
async function differenceOf(gpu: Gpu, drawer: Drawer): Promise<number | undefined> {
  if (!drawer.alive()) return undefined;
  const options: Choices = { maxSide: SMALL, strength: 1 };
  const theirs = drawer.engine.lay_out(smallPhoto(), options);
  let ours: Conversion | undefined;
  const free = () => {
    theirs.free();
    ours?.free();
  };
  try {
    ours = drawer.engine.begin(smallPhoto(), options);
    while (!ours.step(STEP_MS)) await pause();
    const drawn = drawer.alive() && (await drawSmall(gpu, drawer, theirs));
    const difference = drawn ? ours.difference(theirs) : undefined;
    free();
    return difference;
  } catch (error) {
    // Not after a trap, which may have left the allocator locked.
    if (!(error instanceof WebAssembly.RuntimeError)) free();
    throw error;
  }
}

/** False where the GPU cannot. */
async function drawSmall(gpu: Gpu, drawer: Drawer, conversion: Conversion): Promise<boolean> {
  for (let tile = conversion.tile(); tile; tile = conversion.tile()) {
    const { width, height, side } = tile;
    const values = tile.take_values();
    tile.free();
    const network = await networkFor(gpu, drawer, { width, height, side });
    if (!network) return false;
    const drawn = await network.run(values, () => undefined);
    try {
      conversion.put(drawn);
    } catch (cause) {
      if (cause instanceof WebAssembly.RuntimeError) throw cause;
      // The processor's was a picture.
      throw new Error(`${gpu.name} gives no picture`, { cause });
    }
  }
  return true;
}

/** 0 to 255, as if by chance. */
const noise = (i: number): number => (Math.imul(i + 1, 0x9e3779b1) >>> 16) & 255;

/** Edges, slopes and noise. */
function smallPhoto() {
  const rgba = new Uint8Array(SMALL * SMALL * 4);
  for (let i = 0; i < SMALL * SMALL; i++) {
    const [x, y, grain] = [i % SMALL, Math.floor(i / SMALL), noise(i) >> 3];
    const square = (x >> 4) % 2 === (y >> 4) % 2 ? 96 : 0;
    rgba.set([x * 2 + grain, y * 2 + (grain >> 1), square + grain, 255], i * 4);
  }
  return core.Photo.of_pixels(rgba, SMALL, SMALL, {});
}

/** Does what conversions would disturb, once the last one is over. */
async function alone<T>(work: () => Promise<T>): Promise<T> {
  let over: () => void = () => undefined;
  measuring = new Promise((resolve) => (over = resolve));
  try {
    while (working > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    return await work();
  } finally {
    measuring = undefined;
    over();
  }
}

/** Like no photo, which takes as long. */
const noiseOf = ({ width, height }: Size) =>
  Float32Array.from({ length: 3 * width * height }, (_, i) => (noise(i) / 255) * 2 - 1);

/** Numbers, and of noise no row that is nothing: what buffers have from where a device did not get on. */
function isPicture(values: Float32Array, { width }: Size): boolean {
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    if (!row.every(Number.isFinite) || !row.some(Boolean)) return false;
  }
  return true;
}

/** The first run has costs that later ones have not. False where the GPU cannot draw such a tile. */
async function warmUp(gpu: Gpu, drawer: Drawer, size: Size): Promise<boolean> {
  const network = await networkFor(gpu, drawer, size);
  const drawn = await network?.run(noiseOf(size), () => undefined);
  if (drawn && !isPicture(drawn, size)) throw new Error(`${gpu.name} gives no picture`);
  return drawn !== undefined;
}

/** Whether a tile takes at most so many milliseconds; after those it is given up, for photos wait meanwhile. */
async function isWithin(gpu: Gpu, drawer: Drawer, size: Size, milliseconds: number): Promise<boolean> {
  const values = noiseOf(size);
  const network = await networkFor(gpu, drawer, size);
  if (!network) return false;
  const end = performance.now() + milliseconds;
  const late = new Error('it takes longer');
  try {
    await network.run(values, () => {
      if (performance.now() > end) throw late;
    });
    return performance.now() <= end;
  } catch (error) {
    if (error === late) return false;
    throw error;
  }
}
