// Whether the GPU draws. By itself it does once it has shown on this machine that it gives the same pictures, sooner: the
// first photo is drawn without it, and what there is to find out is found out when nobody waits.
import type { Choices, Conversion, Engine } from 'nijigen-core';
import type { Backend } from '../../client/protocol.js';
import { core } from '../module.js';
import { pause } from '#pause';
import type { Gpu } from './device.js';
import type * as Script from './main.js';
import type { Network } from './network.js';
import { recall, remember } from './verdicts.js';

/** Networks that are kept on the device: the tiles of a picture have few sizes, and a preview has its own generator. */
const KEPT = 4;
/** What those take at most that are not in use. */
const KEPT_BYTES = 512 * 1024 * 1024;
/** How often it is looked whether nobody waits for a picture, so that the GPU can be tried; after so many times it is. */
const QUIET_MS = 1_000;
const LOOKS = 8;
/** How long the processor works at a time meanwhile. */
const STEP_MS = 20;
/** Longer side of the picture that both draw then, in pixels. */
const SMALL = 96;
/** How far apart the two may be, of 255. */
const TOLERANCE = 2;
/** From so many pixels on a tile counts as large: small ones are no measure for them. */
const LARGE = 384 * 384;
/** The GPU must be faster by this: a change has costs of its own. */
const MARGIN = 1.1;

/** A generator, and what it is known by. */
export interface Drawer {
  readonly key: string;
  readonly engine: Engine;
}

interface Size {
  readonly width: number;
  readonly height: number;
  /** Longer side of the whole picture. */
  readonly side: number;
}

let opened: Promise<Gpu> | undefined;
/** Why the GPU is left alone for the rest of the visit. */
let off: string | undefined;
/** Whether the GPU is the better one, by generator and size. */
const verdicts = new Map<string, boolean>();
/** The last used last. */
const networks = new Map<string, Network>();
/** By what verdicts are about, the search for those of earlier visits. */
const recalled = new Map<string, Promise<void>>();
/** What is being found out. */
const trials = new Set<string>();
/** Conversions under way. */
let working = 0;

/** Why the GPU does not draw, where there is one that was given up. */
export const gpuFailure = (): string | undefined => (off === '' ? undefined : off);

const KINDS = ['small', 'large'] as const;
/** What a verdict is about. */
const subject = ({ key }: Drawer, { width, height }: Size): string => `${key} ${KINDS[width * height < LARGE ? 0 : 1]}`;
const subjects = ({ key }: Drawer): readonly string[] => KINDS.map((kind) => `${key} ${kind}`);
/** What a verdict is remembered by. */
const lasting = ({ name }: Gpu, subject: string): string => `${name} ${VERSION} ${subject}`;
const networkName = ({ key }: Drawer, { width, height, side }: Size): string => `${key} ${width}×${height} ${side}`;

/** What the browser has of WebGPU. */
const webGpu = (): GPU | undefined => (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;

let script: typeof Script | undefined;
const open = (backend: Backend): Promise<Gpu> => (opened ??= opening(backend));

async function opening({ url, software }: Backend): Promise<Gpu> {
  const gpu = webGpu();
  if (!gpu) throw new Error('this browser has no WebGPU');
  if (url === undefined) throw new Error('nothing says where the script is that draws on a GPU');
  script = (await import(url)) as typeof Script;
  return script.Gpu.open(gpu, software ?? false);
}

function giveUp(error: unknown): void {
  off = error instanceof Error ? error.message : String(error);
  forget([...networks.keys()]);
  opened?.then(
    (gpu) => {
      gpu.close();
    },
    () => undefined,
  );
}

function forget(keys: readonly string[]): void {
  for (const key of keys) {
    networks.get(key)?.destroy();
    networks.delete(key);
  }
}

/** Makes room for one more. */
function evict(): void {
  let [count, bytes] = [networks.size, [...networks.values()].reduce((sum, { bytes }) => sum + bytes, 0)];
  for (const [key, network] of networks) {
    if (count < KEPT && bytes <= KEPT_BYTES) return;
    if (network.running) continue;
    count--;
    bytes -= network.bytes;
    forget([key]);
  }
}

/** Tells that a conversion begins; the function that it gives, that it is over. */
export function begun(): () => void {
  working++;
  return () => {
    working--;
  };
}

/** A network for tiles of this size; nothing where a GPU cannot take all operators. */
async function networkFor(gpu: Gpu, drawer: Drawer, size: Size): Promise<Network | undefined> {
  const name = networkName(drawer, size);
  let network = networks.get(name);
  if (!network) {
    const program = drawer.engine.program(size.width, size.height, size.side);
    if (!program || !script) return undefined;
    const values = 3 * size.width * size.height;
    evict();
    const made = await script.Network.of(gpu, program.steps, program.take_constants(), values);
    program.free();
    network = networks.get(name);
    // A trial and a conversion may want the same at once.
    if (network) made.destroy();
    network ??= made;
  }
  networks.delete(name);
  networks.set(name, network);
  return network;
}

/** Whether the GPU is to draw, as far as is known, without waiting: a tile of this size, or of any. */
export function gpuDraws({ name }: Backend, drawer: Drawer, size?: Size): boolean {
  if (off !== undefined || name === 'wasm') return false;
  if (name === 'webgpu') return true;
  return (size ? [subject(drawer, size)] : subjects(drawer)).some((subject) => verdicts.get(subject));
}

/** Makes ready what served on an earlier visit, while other things are fetched. */
export function prepareGpu(backend: Backend, drawer: Drawer): void {
  if (!webGpu() || backend.url === undefined || off !== undefined || backend.name !== 'auto') return;
  for (const subject of subjects(drawer).filter((subject) => !recalled.has(subject))) {
    recalled.set(subject, prepare(backend, drawer, subject).catch(giveUp));
  }
}

async function prepare(backend: Backend, drawer: Drawer, subject: string): Promise<void> {
  const gpu = await existing(backend);
  const known = gpu && (await recall(lasting(gpu, subject)));
  if (!known) return;
  verdicts.set(subject, known.faster);
  if (known.faster) await networkFor(gpu, drawer, known);
}

/** The GPU, if there is one: that there is none is no failure. */
async function existing(backend: Backend): Promise<Gpu | undefined> {
  const gpu = await open(backend).catch(() => undefined);
  if (!gpu) off = '';
  return gpu;
}

/**
 * Draws with the GPU, as far as it gets; `conversion.step` goes on from there. True if it drew all. What `onProgress`
 * throws with the code `cancelled` ends it.
 */
export async function drawWithGpu(
  backend: Backend,
  drawer: Drawer,
  conversion: Conversion,
  onProgress: (share: number) => void,
  trying = false,
): Promise<boolean> {
  try {
    const gpu = await open(backend);
    for (let tile = conversion.tile(); tile; tile = conversion.tile()) {
      const { width, height, side, share } = tile;
      const values = tile.take_values();
      tile.free();
      const size = { width, height, side };
      if (!trying && !gpuDraws(backend, drawer, size)) return false;
      const making = networkFor(gpu, drawer, size);
      if (backend.name === 'auto' && !trying && !networks.has(networkName(drawer, size))) {
        // Nobody waits for shaders to be compiled: the next photo may be one of this size.
        making.catch(giveUp);
        return false;
      }
      const network = await making;
      if (!network) return false;
      const done = conversion.progress;
      const drawn = await network.run(values, (part) => {
        onProgress(done + part * share);
      });
      conversion.put(drawn);
    }
    return true;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === 'cancelled' || error instanceof WebAssembly.RuntimeError) throw error;
    giveUp(error);
    return false;
  }
}

/**
 * Has the GPU tried on what the processor took `milliseconds` a tile for, once nobody waits for a picture. `alive` says
 * whether the generator is still there.
 */
export function tryGpu(backend: Backend, drawer: Drawer, size: Size, milliseconds: number, alive: () => boolean): void {
  const name = subject(drawer, size);
  const known = verdicts.has(name) || trials.has(name);
  if (!webGpu() || backend.url === undefined || off !== undefined || backend.name !== 'auto' || known) return;
  trials.add(name);
  decide(backend, drawer, size, milliseconds, alive)
    .catch(giveUp)
    .finally(() => trials.delete(name));
}

async function decide(
  backend: Backend,
  drawer: Drawer,
  size: Size,
  milliseconds: number,
  alive: () => boolean,
): Promise<void> {
  const name = subject(drawer, size);
  const gpu = await existing(backend);
  await recalled.get(name);
  if (!gpu || off !== undefined || verdicts.has(name)) return;
  await quiet();
  if (!alive()) return;
  const same = await alike(gpu, backend, drawer);
  if (!alive()) return;
  const better = same && (await faster(gpu, drawer, size, milliseconds));
  verdicts.set(name, better);
  await remember(lasting(gpu, name), { faster: better, ...size });
}

/** A live view is never quiet, and would gain the most. */
async function quiet(): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    if (working === 0) return;
  }
}

/** Whether a small picture comes out the same. */
async function alike(gpu: Gpu, backend: Backend, drawer: Drawer): Promise<boolean> {
  const options: Choices = { maxSide: SMALL, strength: 1 };
  const ours = drawer.engine.begin(smallPhoto(), options);
  const theirs = drawer.engine.lay_out(smallPhoto(), options);
  try {
    while (!ours.step(STEP_MS)) await pause();
    const drawn = await drawWithGpu(backend, drawer, theirs, () => undefined, true);
    const difference = drawn ? ours.difference(theirs) : 0;
    if (difference > TOLERANCE) throw new Error(`${gpu.name} draws another picture: ${difference.toFixed(1)} of 255`);
    return drawn;
  } finally {
    ours.free();
    theirs.free();
  }
}

/** Edges, slopes and noise. */
function smallPhoto() {
  const rgba = new Uint8Array(SMALL * SMALL * 4);
  for (let i = 0; i < SMALL * SMALL; i++) {
    const [x, y] = [i % SMALL, Math.floor(i / SMALL)];
    const noise = (Math.imul(i + 1, 0x9e3779b1) >>> 26) & 31;
    const square = (x >> 4) % 2 === (y >> 4) % 2 ? 96 : 0;
    rgba.set([x * 2 + noise, y * 2 + (noise >> 1), square + noise, 255], i * 4);
  }
  return core.Photo.of_pixels(rgba, SMALL, SMALL, {});
}

/** Whether a tile takes the GPU less time than it took the processor. */
async function faster(gpu: Gpu, drawer: Drawer, size: Size, milliseconds: number): Promise<boolean> {
  const values = new Float32Array(3 * size.width * size.height);
  const network = await networkFor(gpu, drawer, size);
  if (!network) return false;
  // The first run has costs that later ones have not.
  await network.run(values, () => undefined);
  const begin = performance.now();
  await network.run(values, () => undefined);
  return (performance.now() - begin) * MARGIN < milliseconds;
}
