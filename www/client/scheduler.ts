import { threadsFor } from './threads.js';

/** What the machine, the browser and the embedder allow. */
export interface Machine {
  readonly cores: number;
  /** Whether threads can share a memory. */
  readonly isolated: boolean;
  /** GiB that the machine has, where the browser says so; it never says more than 8 or, of late, 32. */
  readonly memory: number | undefined;
  /** Threads of all workers together, as the embedder wants it. */
  readonly threads: number | undefined;
  /** Photos at once, as the embedder wants it. */
  readonly workers: number | undefined;
}

/** How many photos are drawn at once, and by how many threads each. */
export interface Plan {
  readonly workers: number;
  readonly threads: number;
}

/** More workers only fetch, compile and hold the same weights once more. */
const MOST_WORKERS = 4;
/** What a worker may come to hold: 24 megapixels in full resolution take as much. */
const WORKER_GIB = 0.4;
/** The part of the machine's memory that is ours. */
const SHARE = 0.25;
/** Taken for the memory where the browser does not say. */
const USUAL_GIB = 4;
/** Photos for each worker from which on it pays to start several: by then what they save is more than they cost. */
const LONG = 2;

/** The most photos that are ever drawn at once here. */
export const mostWorkers = ({ cores, memory = USUAL_GIB, workers }: Machine): number =>
  workers ?? Math.max(1, Math.min(cores, MOST_WORKERS, Math.floor((memory * SHARE) / WORKER_GIB)));

/**
 * How to draw so many photos. Several at once with a thread each give most pictures a second, for no thread ever waits
 * for another; all threads at one photo give the first picture soonest, and need a single engine's memory. So a few
 * photos are drawn one after another where threads can be had, and many at once.
 */
export function plan(photos: number, machine: Machine): Plan {
  const most = mostWorkers(machine);
  const threads = machine.isolated ? threadsFor(machine.threads, machine.cores) : 1;
  if (threads === 1) return { workers: Math.max(1, Math.min(most, photos)), threads };
  if (photos < LONG * most) return { workers: 1, threads };
  return { workers: most, threads: Math.max(1, Math.floor(threads / most)) };
}

/** The machine that this page runs on. */
export function thisMachine(threads: number | undefined, workers: number | undefined): Machine {
  const { navigator, crossOriginIsolated: isolated = false } = globalThis as Partial<typeof globalThis>;
  const { hardwareConcurrency: cores = 1, deviceMemory: memory } = (navigator ?? {}) as Partial<Navigator> & {
    deviceMemory?: number;
  };
  return { cores, isolated, memory, threads, workers };
}
