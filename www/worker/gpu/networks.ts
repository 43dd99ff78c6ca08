// The GPU and the generators on it: opened where one is tried, given up where it fails.
import type { Engine } from 'nijigen-core';
import { channelNamed } from '../../channel.js';
import type { Backend } from '../../client/protocol.js';
import { thisDevice } from '../device.js';
import { toFailure } from '../failure.js';
import { allocationFailed } from '../module.js';
import type { Gpu } from './device.js';
import type * as Script from './main.js';
import type { Network } from './network.js';

/** Networks that are kept on the device: the tiles of a picture have few sizes, and a preview has its own generator. */
const KEPT = 4;
/** What those take at most that are not in use, and what one may take at all; on phones half. */
const KEPT_BYTES = 512 * 1024 * 1024;
const MOST_BYTES = 1024 * 1024 * 1024;

/** A generator, and what it is known by. */
export interface Drawer {
  readonly key: string;
  readonly engine: Engine;
  /** Whether the engine is still there. */
  readonly alive: () => boolean;
}

/** Of a tile, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
  /** Longer side of the whole picture, where the generator has to know it. */
  readonly side: number;
}

interface Entry {
  readonly made: Promise<Network | undefined>;
  /** Whether it is more than the device takes at once. */
  readonly tooLarge: boolean;
  /** Once it is made. */
  network?: Network | undefined;
  /** There is none to wait for. */
  settled?: boolean;
}

let script: typeof Script | undefined;
let opened: Promise<Gpu> | undefined;
/** Why the GPU is left alone for the rest of the visit; empty where there is none. */
let off: string | undefined;
/** Networks and those in the making, the last used last. */
const networks = new Map<string, Entry>();

const share = (bytes: number): number => (thisDevice().mobile ? bytes / 2 : bytes);

/** What the browser has of WebGPU. */
const webGpu = (): GPU | undefined => (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;

/** Why the GPU does not draw, where there is one that was given up. */
export const gpuFailure = (): string | undefined => (off === '' ? undefined : off);

/** Whether the GPU was given up, or there is none. */
export const isOff = (): boolean => off !== undefined;

/** Whether a GPU might draw here at all. */
export const mayDraw = ({ name, url }: Backend): boolean =>
  off === undefined && name !== 'wasm' && url !== undefined && webGpu() !== undefined;

export const open = (backend: Backend): Promise<Gpu> => (opened ??= opening(backend));

async function opening(backend: Backend): Promise<Gpu> {
  const gpu = webGpu();
  if (!gpu) throw new Error('this browser has no WebGPU');
  const { Gpu } = await fetchScript(backend);
  return Gpu.open(gpu, backend.software ?? false);
}

/** What draws on a GPU. */
export async function fetchScript({ url }: Backend): Promise<typeof Script> {
  if (url === undefined) throw new Error('nothing says where the script is that draws on a GPU');
  return (script ??= (await import(url)) as typeof Script);
}

/** The GPU, if there is one: that there is none is no failure. */
export async function existing(backend: Backend): Promise<Gpu | undefined> {
  const gpu = await open(backend).catch(() => undefined);
  if (!gpu) off ??= '';
  return gpu;
}

/** Leaves the GPU alone from now on. A trap is the module's end, and with it the worker's, whoever was at work. */
export function giveUp(error: unknown): void {
  if (error instanceof WebAssembly.RuntimeError) {
    channelNamed(self.name)?.postMessage(toFailure(error, allocationFailed));
    return;
  }
  if (off !== undefined) return;
  off = error instanceof Error ? error.message : String(error);
  close();
}

/** Gives back all that is on the device. */
export function close(): void {
  for (const { network } of networks.values()) network?.destroy();
  networks.clear();
  opened?.then(
    (gpu) => {
      gpu.close();
    },
    () => undefined,
  );
  opened = undefined;
}

/** A network for tiles of this size; nothing where a GPU cannot take all operators, or not so large a picture. */
export const networkFor = (gpu: Gpu, drawer: Drawer, size: Size): Promise<Network | undefined> =>
  entryFor(gpu, drawer, size).made;

/** Whether tiles of this size are not too large for the device. */
export const fits = (gpu: Gpu, drawer: Drawer, size: Size): boolean => !entryFor(gpu, drawer, size).tooLarge;

function entryFor(gpu: Gpu, drawer: Drawer, size: Size): Entry {
  const name = `${drawer.key} ${size.width}×${size.height} ${size.side}`;
  let entry = networks.get(name);
  if (entry) networks.delete(name);
  else {
    // One that is gone may come again.
    if (!drawer.alive()) return { made: Promise.resolve(undefined), tooLarge: false };
    evict();
    const making = (entry = make(gpu, drawer, size));
    making.made.then(
      (network) => Object.assign(making, { network, settled: true }),
      () => {
        if (networks.get(name) === making) networks.delete(name);
      },
    );
  }
  networks.set(name, entry);
  return entry;
}

function make(gpu: Gpu, drawer: Drawer, size: Size): Entry {
  try {
    return planned(gpu, drawer, size);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as the core throws it
    return { made: Promise.reject(error), tooLarge: false };
  }
}

function planned(gpu: Gpu, { engine }: Drawer, { width, height, side }: Size): Entry {
  const nothing = Promise.resolve(undefined);
  const program = engine.program(width, height, side);
  if (!program || !script) return { made: nothing, tooLarge: false };
  const [steps, constants] = [program.steps, program.take_constants()];
  program.free();
  if (!script.Network.fits(gpu, steps, share(MOST_BYTES))) return { made: nothing, tooLarge: true };
  return { made: script.Network.of(gpu, steps, constants, 3 * width * height), tooLarge: false };
}

/** Makes room for one more. */
function evict(): void {
  // What a GPU cannot draw takes no room.
  const all = [...networks.values()].filter(({ network, settled }) => network ?? !settled);
  let [count, bytes] = [all.length, all.reduce((sum, { network }) => sum + (network?.bytes ?? 0), 0)];
  for (const [key, { network }] of networks) {
    if (count < KEPT && bytes <= share(KEPT_BYTES)) return;
    if (!network || network.running) continue;
    count--;
    bytes -= network.bytes;
    network.destroy();
    networks.delete(key);
  }
}
