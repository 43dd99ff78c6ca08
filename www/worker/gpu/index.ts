// Whether the GPU draws. By itself it does once it has shown on this machine that it gives the same pictures, sooner: the
// first photo is drawn without it, and what there is to find out is found out when nobody waits.
import type { Conversion } from 'nijigen-core';
import type { Backend } from '../../client/protocol.js';
import { report } from '../module.js';
import { checkVisits, guarded, guardedTile } from './guard.js';
import {
  close,
  existing,
  fetchScript,
  fits,
  giveUp,
  isOff,
  mayDraw,
  networkFor,
  open,
  type Drawer,
  type Size,
} from './networks.js';
import { isWorking, tried } from './trial.js';
import { lasting, recall, remember, unlearn, type Finding } from './verdicts.js';

export { gpuFailure, type Drawer, type Size } from './networks.js';
export { begun } from './trial.js';
export { forget } from './verdicts.js';

/** How often it is looked whether nobody waits for a picture, so that the GPU can be tried; after so many times it is. */
const QUIET_MS = 1_000;
const LOOKS = 8;
/** How long a photo waits for a network of its size before the processor draws it: shaders take longer, all else does not. */
const PATIENCE_MS = 400;
/** Tiles of fewer pixels say nothing of a GPU; from so many on they count as large. */
const LEAST = 128 * 128;
const LARGE = 384 * 384;

/** By what they are about. */
const findings = new Map<string, Finding>();
/** The search for those of earlier visits. */
const recalled = new Map<string, Promise<void>>();
/** What is being found out, one after another. */
const trials = new Set<string>();
let lastTrial: Promise<void> = Promise.resolve();

const KINDS = ['small', 'large'] as const;
const about = ({ key }: Drawer, kind: string): string => `${kind} ${report().threads} ${key}`;
const subject = (drawer: Drawer, { width, height }: Size): string =>
  about(drawer, KINDS[width * height < LARGE ? 0 : 1]);
const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether the GPU is to draw a tile of this size, as far as is known, without waiting. */
function gpuDraws({ name }: Backend, drawer: Drawer, size: Size): boolean {
  if (isOff() || name === 'wasm') return false;
  return name === 'webgpu' || findings.get(subject(drawer, size)) === 'faster';
}

/** Makes ready what served on an earlier visit, while other things are fetched. */
export function prepareGpu(backend: Backend, drawer: Drawer): void {
  if (backend.off !== undefined) giveUp(new Error(backend.off));
  if (!mayDraw(backend)) return;
  if (backend.name === 'webgpu') {
    open(backend).catch(giveUp);
    return;
  }
  for (const subject of KINDS.map((kind) => about(drawer, kind)).filter((subject) => !recalled.has(subject)))
    recalled.set(subject, prepare(backend, drawer, subject).catch(giveUp));
}

async function prepare(backend: Backend, drawer: Drawer, subject: string): Promise<void> {
  await checkVisits(backend);
  const known = await recall(lasting(subject));
  if (known?.finding !== 'faster') {
    if (known) findings.set(subject, known.finding);
    return;
  }
  await fetchScript(backend).catch(() => undefined);
  await guarded(backend, drawer, known.width * known.height, async () => {
    const gpu = await existing(backend);
    findings.set(subject, 'faster');
    if (gpu) await networkFor(gpu, drawer, known);
  });
}

/** Throws with the code `cancelled` where nobody wants the picture any more. */
type Check = () => void;

/** What is in the making, unless it takes longer than a photo should wait: then the next one has it. */
async function soon<T>(making: Promise<T>, check: Check, patience: number): Promise<T | undefined> {
  making.catch(() => undefined);
  const until = performance.now() + patience;
  for (;;) {
    const made = await Promise.race([making.then((made) => ({ made })), delay(50)]);
    if (made) return made.made;
    check();
    if (performance.now() >= until) return undefined;
  }
}

/** The first of the ways to cut a photo that the GPU can take; nothing where the processor is to draw it. */
export async function cutForGpu<Cut extends { readonly size: Size }>(
  backend: Backend,
  drawer: Drawer,
  cuts: readonly [Cut, ...Cut[]],
  check: Check,
): Promise<Cut | undefined> {
  if (!gpuDraws(backend, drawer, cuts[0].size)) return undefined;
  try {
    const gpu = await soon(open(backend), check, patienceOf(backend));
    return gpu && cuts.find(({ size }) => fits(gpu, drawer, size));
  } catch (error) {
    given(error, drawer);
    return undefined;
  }
}

/**
 * Draws with the GPU, as far as it gets; `conversion.run` goes on from there. Whether it drew all, or the
 * core did not take what it drew: if it takes what the processor draws, that is the GPU's fault. `onProgress` is told the
 * share that is done.
 */
export async function drawWithGpu(
  backend: Backend,
  drawer: Drawer,
  conversion: Conversion,
  check: Check,
  onProgress: (share: number) => void,
): Promise<'all' | 'part' | 'refused'> {
  const patience = patienceOf(backend);
  try {
    const gpu = await soon(open(backend), check, patience);
    if (!gpu) return 'part';
    for (let tile = conversion.tile(); tile; tile = conversion.tile()) {
      const { width, height, side, share } = tile;
      const values = tile.take_values();
      tile.free();
      const done = conversion.progress;
      const drawn = await guardedTile(backend, drawer, { width, height }, async () => {
        const network = await soon(networkFor(gpu, drawer, { width, height, side }), check, patience);
        return network?.run(values, (part) => {
          check();
          onProgress(done + part * share);
        });
      });
      if (!drawn) return 'part';
      // What a device gives that did nothing.
      if (!drawn.some(Boolean)) return 'refused';
      try {
        conversion.put(drawn);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        return 'refused';
      }
    }
    return 'all';
  } catch (error) {
    given(error, drawer);
    return 'part';
  }
}

const patienceOf = ({ name }: Backend): number => (name === 'auto' ? PATIENCE_MS : Infinity);

/** Leaves the GPU alone for what went wrong; what is none of its faults is thrown. */
function given(error: unknown, drawer: Drawer): void {
  const { code } = error as { readonly code?: unknown };
  if (code === 'cancelled' || error instanceof WebAssembly.RuntimeError) throw error;
  // What the core says of a tile the processor may have to say, too; then it is the model's fault.
  if (typeof code !== 'string') leave(error, drawer);
  else for (const kind of KINDS) findings.set(about(drawer, kind), 'faulty');
}

/** Leaves the GPU alone for the visit; on the next one it is tried anew, when nobody waits. */
function leave(error: unknown, drawer: Drawer): void {
  giveUp(error);
  for (const kind of KINDS) void unlearn(lasting(about(drawer, kind)));
}

/** The processor drew what the core did not take from the GPU. */
export const gpuDrewNonsense = (drawer: Drawer): void => {
  leave(new Error('the GPU gave no picture'), drawer);
};

/** Has the GPU tried on what the processor took so many milliseconds a pixel for, once nobody waits for a picture. */
export function tryGpu(backend: Backend, drawer: Drawer, sizes: readonly [Size, ...Size[]], perPixel: number): void {
  const name = subject(drawer, sizes[0]);
  if (!mayDraw(backend) || backend.name !== 'auto' || findings.has(name) || trials.has(name)) return;
  if (sizes[0].width * sizes[0].height < LEAST) return;
  trials.add(name);
  lastTrial = lastTrial
    .then(() => decide(backend, drawer, sizes, perPixel))
    .catch(giveUp)
    .finally(() => trials.delete(name));
}

async function decide(
  backend: Backend,
  drawer: Drawer,
  sizes: readonly [Size, ...Size[]],
  perPixel: number,
): Promise<void> {
  const name = subject(drawer, sizes[0]);
  await recalled.get(name);
  if (findings.has(name) || isOff()) return;
  await fetchScript(backend).catch(() => undefined);
  const gpu = await guarded(backend, drawer, 0, () => existing(backend));
  if (!gpu || isOff()) return;
  // A live view is never quiet, and would gain the most.
  for (let look = 0; look < LOOKS && (look === 0 || isWorking()); look++) await delay(QUIET_MS);
  const size = sizes.find((size) => fits(gpu, drawer, size)) ?? sizes[0];
  const finding = await tried(backend, gpu, drawer, size, perPixel * size.width * size.height);
  if (!finding) return;
  findings.set(name, finding);
  await remember(lasting(name), { finding, at: Date.now(), ...size });
  if (![...findings.values()].includes('faster')) close();
}
