// What the client needs of whatever runs the engine for it: a worker (engine-worker.ts), or the program itself in Node
// (../node/engine.ts). `imports` of package.json chooses.
import { afterAwake } from '../timer.js';
import type { NijigenError } from './error.js';
import type {
  CacheCommand,
  CacheReply,
  CacheSettings,
  ConversionRequest,
  ConversionResult,
  EngineSource,
  Finish,
  OwnGenerator,
  ProgressListener,
  Revised,
  LocatedGenerator,
  ConversionEvent,
} from './protocol.js';

export interface EngineRequest extends Omit<ConversionRequest, 'engine'> {
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds, as a timer takes them, for a `TimeLimit`. */
  readonly timeout: number;
}

/** One engine, which does one conversion at a time. All rejects with a `NijigenError`. */
export interface EngineHost {
  readonly engine: EngineSource;
  /** Once it is not, it is of no more use. */
  readonly alive: boolean;
  /** Whether it failed by itself. */
  readonly broken: boolean;
  /** The most memory that it is known to hold, in bytes. */
  readonly memory: number;

  convert(request: EngineRequest): Promise<ConversionResult>;
  /** Has the engine and a generator ready before there is a photo. */
  preload(
    generator: LocatedGenerator | OwnGenerator,
    onProgress: ProgressListener,
    signal?: AbortSignal,
  ): Promise<void>;
  /** A file of a drawing that is held here; undefined where it is not. */
  revise(drawing: string, finish: Finish): Promise<Revised | undefined>;
  cache(settings: CacheSettings, command: CacheCommand): Promise<CacheReply>;
  /** Resolves once all that was made is stored. Says whether it is stored beyond this engine. */
  rest(): Promise<{ readonly lasting: boolean }>;
  /** What is being drawn is not to be kept. */
  keepNothing(): void;
  /** Ends it; what is in progress rejects with `error`. */
  end(error?: NijigenError): void;
}

/**
 * The milliseconds that drawing a photo may take. Before, they are those in which nothing comes: a slow line may take its
 * time, one that stands still may not.
 */
export class TimeLimit {
  #forget: (() => void) | undefined;
  #over = false;

  constructor(
    readonly ms: number,
    readonly onOver: () => void,
    /** Where the engine itself keeps the timer waiting a late one says nothing. */
    readonly asleep?: number,
  ) {}

  /** Counts from now. */
  start(): void {
    this.#forget?.();
    if (!this.#over) this.#forget = afterAwake(this.ms, this.onOver, this.asleep);
  }

  /** Counts anew with what comes, and when drawing begins. */
  hear(event: ConversionEvent): void {
    if (event === 'photo' || event.stage === 'download' || event.stage === 'start') this.start();
  }

  /** For good: what is still coming may be told later. */
  stop(): void {
    this.#forget?.();
    this.#over = true;
  }
}
