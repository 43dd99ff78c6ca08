// Whether the GPU draws. By itself it does once it has shown on this machine that it gives the same pictures, sooner: the
// first photo is drawn without it, and what there is to find out is found out when nobody waits.
import type { Choices, Conversion, Engine } from 'nijigen-core';
import type { Backend } from '../../client/protocol.js';
import { thisDevice } from '../device.js';
import { toFailure } from '../failure.js';
import { allocationFailed, core, report } from '../module.js';
import { pause } from '#pause';
import type { Gpu } from './device.js';
import type * as Script from './main.js';
import type { Network } from './network.js';
import { recall, remember, type Finding } from './verdicts.js';

/** Networks that are kept on the device: the tiles of a picture have few sizes, and a preview has its own generator. */
const KEPT = 4;
/** What those take at most that are not in use, and what one may take at all; on phones a quarter. */
const KEPT_BYTES = 512 * 1024 * 1024;
const MOST_BYTES = 1024 * 1024 * 1024;
/** How often it is looked whether nobody waits for a picture, so that the GPU can be tried; after so many times it is. */
const QUIET_MS = 1_000;
const LOOKS = 8;
/** How long a photo waits for a network of its size before the processor draws it: shaders take longer, all else does not. */
const PATIENCE_MS = 400;
/** How long the processor works at a time during a trial. */
const STEP_MS = 20;
/** Longer side of the picture that both draw then, in pixels. */
const SMALL = 96;
/** How far apart the two may be, of 255. */
const TOLERANCE = 2;
/** Tiles of fewer pixels say nothing of a GPU; from so many on they count as large. */
const LEAST = 128 * 128;
const LARGE = 384 * 384;
/** The GPU must be faster by this: a change has costs of its own. */
const MARGIN = 1.1;

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

let script: typeof Script | undefined;
let opened: Promise<Gpu> | undefined;
/** Why the GPU is left alone for the rest of the visit; empty where there is none. */
let off: string | undefined;
/** By what they are about. */
const findings = new Map<string, Finding>();
const recalled = new Map<string, Promise<void>>();
const trials = new Map<string, Promise<void>>();
/** One trial at a time. */
let lastTrial: Promise<void> = Promise.resolve();
/** Networks and those in the making, the last used last. */
const networks = new Map<string, { readonly made: Promise<Network | undefined>; network?: Network | undefined }>();
/** Conversions under way. */
let working = 0;
/** While a time is taken conversions wait. */
let measuring: Promise<void> | undefined;

/** Why the GPU does not draw, where there is one that was given up. */
export const gpuFailure = (): string | undefined => (off === '' ? undefined : off);

/** What the browser has of WebGPU. */
const webGpu = (): GPU | undefined => (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;

const KINDS = ['small', 'large'] as const;
const about = ({ key }: Drawer, kind: string): string => `${kind} ${report().threads} ${key}`;
const subject = (drawer: Drawer, { width, height }: Size): string =>
  about(drawer, KINDS[width * height < LARGE ? 0 : 1]);
const networkName = ({ key }: Drawer, { width, height, side }: Size): string => `${key} ${width}×${height} ${side}`;
const share = (bytes: number): number => (thisDevice().mobile ? bytes / 4 : bytes);
const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a finding is remembered by: names of people's own models stay out of it. */
function lasting(subject: string): string {
  const bytes = core.sha256(new TextEncoder().encode(`${VERSION} ${navigator.userAgent} ${subject}`));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const open = (backend: Backend): Promise<Gpu> => (opened ??= opening(backend));

async function opening({ url, software }: Backend): Promise<Gpu> {
  const gpu = webGpu();
  if (!gpu) throw new Error('this browser has no WebGPU');
  if (url === undefined) throw new Error('nothing says where the script is that draws on a GPU');
  script = (await import(url)) as typeof Script;
  return script.Gpu.open(gpu, software ?? false);
}

/** The GPU, if there is one: that there is none is no failure. */
async function existing(backend: Backend): Promise<Gpu | undefined> {
  const gpu = await open(backend).catch(() => undefined);
  if (!gpu) off ??= '';
  return gpu;
}

/** Leaves the GPU alone from now on. A trap is the module's end, and with it the worker's, whoever was at work. */
function giveUp(error: unknown): void {
  if (error instanceof WebAssembly.RuntimeError) {
    new BroadcastChannel(self.name).postMessage(toFailure(error, allocationFailed));
    return;
  }
  if (off !== undefined) return;
  off = error instanceof Error ? error.message : String(error);
  close();
}

function close(): void {
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

/** Tells that a conversion begins, once it may; the function that it gives, that it is over. */
export async function begun(): Promise<() => void> {
  while (measuring) await measuring;
  working++;
  return () => {
    working--;
  };
}

/** Makes room for one more network. */
function evict(): void {
  const all = [...networks.values()];
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

/** A network for tiles of this size; nothing where a GPU cannot take all operators, or not so large a picture. */
function networkFor(gpu: Gpu, drawer: Drawer, size: Size): Promise<Network | undefined> {
  const name = networkName(drawer, size);
  let entry = networks.get(name);
  if (entry) networks.delete(name);
  else {
    evict();
    const made = makeNetwork(gpu, drawer, size);
    const making: { readonly made: Promise<Network | undefined>; network?: Network | undefined } = { made };
    made.then(
      (network) => (making.network = network),
      () => networks.delete(name),
    );
    entry = making;
  }
  networks.set(name, entry);
  return entry.made;
}

async function makeNetwork(gpu: Gpu, drawer: Drawer, size: Size): Promise<Network | undefined> {
  if (!drawer.alive() || !script) return undefined;
  const program = drawer.engine.program(size.width, size.height, size.side);
  if (!program) return undefined;
  const [steps, constants] = [program.steps, program.take_constants()];
  program.free();
  return script.Network.of(gpu, steps, constants, 3 * size.width * size.height, share(MOST_BYTES));
}

/** Whether the GPU is to draw a tile of this size, as far as is known, without waiting. */
export function gpuDraws({ name }: Backend, drawer: Drawer, size: Size): boolean {
  if (off !== undefined || name === 'wasm') return false;
  return name === 'webgpu' || findings.get(subject(drawer, size)) === 'faster';
}

/** Makes ready what served on an earlier visit, while other things are fetched. */
export function prepareGpu(backend: Backend, drawer: Drawer): void {
  if (!webGpu() || backend.url === undefined || off !== undefined || backend.name === 'wasm') return;
  if (backend.name === 'webgpu') {
    open(backend).catch(giveUp);
    return;
  }
  for (const subject of KINDS.map((kind) => about(drawer, kind)).filter((subject) => !recalled.has(subject)))
    recalled.set(subject, prepare(backend, drawer, subject).catch(giveUp));
}

async function prepare(backend: Backend, drawer: Drawer, subject: string): Promise<void> {
  const known = await recall(lasting(subject));
  if (!known) return;
  const gpu = known.finding === 'faster' ? await existing(backend) : undefined;
  findings.set(subject, gpu ? 'faster' : known.finding);
  if (gpu) await networkFor(gpu, drawer, known);
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

/**
 * Draws with the GPU, as far as it gets; `conversion.step` goes on from there. True if it drew all. `onProgress` is told
 * the share that is done.
 */
export async function drawWithGpu(
  backend: Backend,
  drawer: Drawer,
  conversion: Conversion,
  check: Check,
  onProgress: (share: number) => void,
): Promise<boolean> {
  const patience = backend.name === 'auto' ? PATIENCE_MS : Infinity;
  try {
    const gpu = await soon(open(backend), check, patience);
    if (!gpu) return false;
    for (let tile = conversion.tile(); tile; tile = conversion.tile()) {
      const { width, height, side, share } = tile;
      const values = tile.take_values();
      tile.free();
      const network = await soon(networkFor(gpu, drawer, { width, height, side }), check, patience);
      if (!network) return false;
      const done = conversion.progress;
      const drawn = await network.run(values, (part) => {
        check();
        onProgress(done + part * share);
      });
      conversion.put(drawn);
    }
    return true;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === 'cancelled' || error instanceof WebAssembly.RuntimeError) throw error;
    // What the core says of a tile the processor may have to say, too; then it is the model's fault.
    if (typeof code !== 'string') giveUp(error);
    else for (const kind of KINDS) findings.set(about(drawer, kind), 'faulty');
    return false;
  }
}

/** Has the GPU tried on what the processor took `milliseconds` a tile for, once nobody waits for a picture. */
export function tryGpu(backend: Backend, drawer: Drawer, size: Size, milliseconds: number): void {
  const name = subject(drawer, size);
  const known = findings.has(name) || trials.has(name);
  if (!webGpu() || backend.url === undefined || off !== undefined || backend.name !== 'auto' || known) return;
  if (size.width * size.height < LEAST) return;
  const trial = lastTrial.then(() => decide(backend, drawer, size, milliseconds));
  lastTrial = trial.catch(giveUp).finally(() => trials.delete(name));
  trials.set(name, lastTrial);
}

async function decide(backend: Backend, drawer: Drawer, size: Size, milliseconds: number): Promise<void> {
  const name = subject(drawer, size);
  await recalled.get(name);
  const gpu = findings.has(name) ? undefined : await existing(backend);
  if (!gpu || off !== undefined) return;
  // A live view is never quiet, and would gain the most.
  for (let look = 0; look < LOOKS && (look === 0 || working > 0); look++) await delay(QUIET_MS);
  const finding = await found(gpu, drawer, size, milliseconds);
  if (!finding) return;
  findings.set(name, finding);
  await remember(lasting(name), { finding, at: Date.now(), ...size });
  if (finding === 'faulty') throw new Error(`${gpu.name} draws another picture`);
  if (![...findings.values()].includes('faster')) close();
}

/** Nothing where the generator is gone meanwhile. */
async function found(gpu: Gpu, drawer: Drawer, size: Size, milliseconds: number): Promise<Finding | undefined> {
  try {
    const difference = await differenceOf(gpu, drawer);
    if (difference === undefined) return drawer.alive() ? 'slower' : undefined;
    if (difference > TOLERANCE) return 'faulty';
    const network = await networkFor(gpu, drawer, size);
    if (!network) return drawer.alive() ? 'slower' : undefined;
    return (await alone(() => timeOf(network, size))) * MARGIN < milliseconds ? 'faster' : 'slower';
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    giveUp(error);
    return 'faulty';
  }
}

/** How far apart the processor's and the GPU's small picture are, 0 to 255; nothing where the GPU cannot draw it. */
async function differenceOf(gpu: Gpu, drawer: Drawer): Promise<number | undefined> {
  if (!drawer.alive()) return undefined;
  const options: Choices = { maxSide: SMALL, strength: 1 };
  const ours = drawer.engine.begin(smallPhoto(), options);
  const theirs = drawer.engine.lay_out(smallPhoto(), options);
  while (!ours.step(STEP_MS)) await pause();
  for (let tile = theirs.tile(); tile; tile = theirs.tile()) {
    const { width, height, side } = tile;
    const values = tile.take_values();
    tile.free();
    const network = await networkFor(gpu, drawer, { width, height, side });
    if (!network) return undefined;
    theirs.put(await network.run(values, () => undefined));
  }
  const difference = ours.difference(theirs);
  ours.free();
  theirs.free();
  return difference;
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

/** Does what conversions would disturb, once the last one is over. */
async function alone<T>(work: () => Promise<T>): Promise<T> {
  let over: () => void = () => undefined;
  measuring = new Promise((resolve) => (over = resolve));
  try {
    while (working > 0) await delay(10);
    return await work();
  } finally {
    measuring = undefined;
    over();
  }
}

/** Milliseconds that a tile takes. The first run has costs that later ones have not. */
async function timeOf(network: Network, { width, height }: Size): Promise<number> {
  const noise = (i: number) => (((Math.imul(i + 1, 0x9e3779b1) >>> 16) & 255) / 255) * 2 - 1;
  const values = Float32Array.from({ length: 3 * width * height }, (_, i) => noise(i));
  await network.run(values, () => undefined);
  const begin = performance.now();
  const drawn = await network.run(values, () => undefined);
  const time = performance.now() - begin;
  if (!drawn.every(Number.isFinite)) throw new Error(`${network.gpu.name} gives what are no numbers`);
  return time;
}
