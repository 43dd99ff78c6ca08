import { EngineWorker } from '#engine';
import type { EngineHost } from './host.js';
import { cancelled, NijigenError } from './error.js';
import { someTime } from '#platform';
import type { CacheCommand, CacheReply, CacheSettings, EngineSource } from './protocol.js';
import { mostWorkers, plan, type Machine, type Plan } from './scheduler.js';
import { askAll } from './shared-cache.js';

/** Something that a worker is needed for. */
interface Task {
  /** Tasks that have it in common may be of the same photo: the second finds what the first has made. */
  readonly affinity: unknown;
  readonly reject: (error: NijigenError) => void;
  /** Never rejects. */
  readonly run: (worker: EngineHost) => Promise<void>;
}

/** A worker's place in the pool. */
interface Slot {
  readonly worker: EngineHost;
  readonly threads: number;
  task: Task | undefined;
  /** The last task's. */
  affinity: unknown;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Photos that are announced before they come. */
export interface Batch {
  /** How many more will come, as far as is known. */
  expected: number;
  /** While it is true nothing is started: how it is to be done is decided for all at once. */
  held: boolean;
}

const disposed = () => new NijigenError('cancelled', 'the converter was disposed of');

/** Workers that are started when there is work, share it as the scheduler says, and are ended when there is none. */
export class Pool {
  /** The one used last is the last. */
  readonly #slots = new Set<Slot>();
  /** Of no more use, but not at rest yet. */
  readonly #leaving = new Set<EngineHost>();
  readonly #batches = new Set<Batch>();
  #waiting: Task[] = [];
  #plan: Plan | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  /** Whether engine and model have been fetched once, so that the next worker finds them in the browser's cache. */
  #fetched = false;
  /** What workers have compiled, by URL. */
  readonly #compiled = new Map<string, WebAssembly.Module>();
  #disposed = false;

  constructor(
    readonly url: URL,
    readonly engine: EngineSource,
    readonly machine: Machine,
    /** Milliseconds after which a worker without work is ended. */
    readonly idle: number,
  ) {}

  /** The most tasks that ever run at once. */
  get most(): number {
    return mostWorkers(this.machine);
  }

  /** Runs `work` when its turn comes. An abort while it waits rejects at once and gives the turn up. */
  async run<T>(work: (worker: EngineHost) => Promise<T>, affinity: unknown, signal?: AbortSignal): Promise<T> {
    if (this.#disposed) throw disposed();
    if (signal?.aborted) throw cancelled();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== task);
        reject(cancelled());
      };
      const task: Task = {
        affinity,
        reject: (error) => {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
        run: async (worker) => {
          signal?.removeEventListener('abort', leave);
          await work(worker).then(resolve, reject);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(task);
      this.#reconsider();
    });
  }

  /** Takes a batch into account that is new or has changed. */
  announce(batch: Batch): void {
    this.#batches.add(batch);
    this.#reconsider();
  }

  /** Forgets a batch of which no more will come. */
  forget(batch: Batch): void {
    this.#batches.delete(batch);
    this.#reconsider();
  }

  /** Asks about what is kept. A worker that ends meanwhile for another reason is not the answer. */
  async ask(settings: CacheSettings, command: CacheCommand): Promise<CacheReply> {
    for (;;) {
      if (this.#disposed) throw disposed();
      const workers = this.#live().map(({ worker }) => worker);
      if (workers.length === 0) workers.push(this.#rested(this.#open(plan(1, this.machine).threads)).worker);
      try {
        return await askAll(workers, settings, command);
      } catch (error) {
        if (workers.every(({ alive }) => alive) || workers.some(({ broken }) => broken)) throw error;
      }
    }
  }

  /** Bytes that the engines hold. */
  get memory(): number {
    return this.#live().reduce((sum, { worker }) => sum + worker.memory, 0);
  }

  /** What is being drawn is not to be kept. */
  keepNothing(): void {
    for (const { worker } of this.#live()) worker.keepNothing();
  }

  /** Ends everything in progress. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#soon);
    for (const { reject } of this.#waiting.splice(0)) reject(disposed());
    for (const worker of [...this.#leaving, ...[...this.#slots].map(({ worker }) => worker)]) worker.end(disposed());
    for (const { timer } of this.#slots) clearTimeout(timer);
    this.#slots.clear();
    this.#leaving.clear();
    this.#compiled.clear();
  }

  /** What is asked for in one go is decided on together. */
  #reconsider(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    const batches = [...this.#batches];
    if (this.#disposed || batches.some(({ held }) => held)) return;
    const running = this.#live().filter(({ task }) => task);
    const photos = running.length + this.#waiting.length + batches.reduce((sum, { expected }) => sum + expected, 0);
    if (photos === 0) this.#plan = undefined;
    else this.#revise(plan(photos, this.machine));
    for (const task of [...this.#waiting]) {
      if (task.affinity !== undefined && this.#live().some((slot) => slot.task?.affinity === task.affinity)) continue;
      let slot;
      try {
        slot = this.#slotFor(task);
      } catch (error) {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== task);
        const internal = () => new NijigenError('internal', `no worker can be had: ${String(error)}`, { cause: error });
        task.reject(error instanceof NijigenError ? error : internal());
        continue;
      }
      if (!slot) break;
      this.#start(task, slot);
    }
  }

  /** A plan holds until there is no work left, save that a longer queue may ask for more workers. */
  #revise(next: Plan): void {
    if (!this.#plan || next.workers > this.#plan.workers) this.#plan = next;
  }

  /** A worker that is free, or a new one if there may be more. */
  #slotFor({ affinity }: Task): Slot | undefined {
    const { workers, threads } = this.#plan ?? plan(1, this.machine);
    const live = this.#live();
    const busy = live.filter(({ task }) => task);
    if (busy.length >= workers) return undefined;
    const free = live.filter(({ task }) => !task);
    // Half the threads at once are better than all of them after a start.
    const fit = free.filter((slot) => slot.threads <= threads && slot.threads * 2 >= threads);
    const warm = fit.find((slot) => affinity !== undefined && slot.affinity === affinity) ?? fit.at(-1);
    if (warm) return warm;
    for (const slot of free) void this.#retire(slot);
    const used = busy.reduce((sum, slot) => sum + slot.threads, 0);
    if (busy.length > 0 && (used + threads > workers * threads || !this.#fetched)) return undefined;
    return this.#open(threads);
  }

  #start(task: Task, slot: Slot): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== task);
    clearTimeout(slot.timer);
    slot.task = task;
    void task.run(slot.worker).finally(() => {
      slot.task = undefined;
      slot.affinity = task.affinity;
      this.#rested(slot);
      this.#pump();
    });
  }

  #open(threads: number): Slot {
    const compiled = [...this.#compiled].map(([url, module]) => ({ url, module }));
    const engine = { ...this.engine, threads, ...(compiled.length > 0 && { compiled }) };
    const worker = new EngineWorker(
      this.url,
      engine,
      ({ url, module }) => {
        this.#compiled.set(url, module);
      },
      () => {
        if (this.#fetched) return;
        this.#fetched = true;
        this.#pump();
      },
    );
    const slot: Slot = { worker, threads, task: undefined, affinity: undefined, timer: undefined };
    this.#slots.add(slot);
    return slot;
  }

  #live(): readonly Slot[] {
    for (const slot of this.#slots) {
      if (slot.worker.alive) continue;
      this.#slots.delete(slot);
      // The module itself may be damaged: the next worker fetches it anew.
      if (slot.worker.broken) this.#compiled.clear();
    }
    return [...this.#slots];
  }

  /** Counts from now how long a worker has had nothing to do. */
  #rested(slot: Slot): Slot {
    clearTimeout(slot.timer);
    this.#slots.delete(slot);
    if (!slot.worker.alive) return slot;
    this.#slots.add(slot);
    slot.timer = someTime(() => void this.#endIdle(slot), this.idle);
    return slot;
  }

  async #endIdle(slot: Slot): Promise<void> {
    const { lasting } = await slot.worker.rest();
    // Where nothing else keeps pictures, one worker has to.
    if (!slot.task && (lasting || this.#slots.size > 1)) slot.worker.end();
    // Whoever is to use no memory keeps no code either.
    if (this.#live().length === 0) this.#compiled.clear();
  }

  /** Ends a worker that no task will be given any more, once it has stored what it was storing. */
  async #retire(slot: Slot): Promise<void> {
    clearTimeout(slot.timer);
    this.#slots.delete(slot);
    this.#leaving.add(slot.worker);
    await slot.worker.rest();
    slot.worker.end();
    this.#leaving.delete(slot.worker);
  }
}
