// What crosses the boundary between the client and its worker. Both sides import these types; nothing else crosses.

/** One object of `models/manifest.json`: a generator that can be chosen. */
export interface ModelEntry {
  readonly id: string;
  readonly style: string;
  readonly tier: 'fast' | 'fine';
  /** File name beside the manifest. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** How far a pixel sees, in pixels; `global` where that is the whole picture, which then cannot be drawn in tiles. */
  readonly receptive_field: number | 'global';
  readonly licence: string;
  readonly version: string;
  /** Whether it was added with `addModel`; then `name` is what it was called, and `tier` says nothing. */
  readonly own?: true;
  /** Set for one of your own that the browser would not store: it is gone with the converter. */
  readonly fleeting?: true;
  readonly name?: string;
}

export type OutputFormat = 'png' | 'jpeg' | 'webp';

/** The core's options; every one may be left out and has its default there. */
export interface CoreOptions {
  /**
   * Longer side in pixels of what the generator draws, 256–16384, rounded; default 1024. Smaller photos are not
   * enlarged. Only ours, which work in tiles, go beyond 2048.
   */
  readonly maxSide?: number;
  /** The result gets the photo's own size; detail finer than `maxSide` is taken from the photo. Default false. */
  readonly fullSize?: boolean;
  /** How much of the drawing shows over the photo, 0–1; at 0 it is the photo, without any mark. Default 1. */
  readonly strength?: number;
  /** Default `png`. */
  readonly format?: OutputFormat;
  /** 1–100, rounded, for `jpeg` only: `webp` is lossless here, as `png` is. Default 90. */
  readonly quality?: number;
  /** Language of the small mark in the corner that says how the picture was made; `null` leaves it out. Default `en`. */
  readonly label?: 'en' | 'zh' | 'ja' | null;
  /** Largest file taken, in bytes; default 32 MiB. */
  readonly maxBytes?: number;
  /** Largest photo taken, in pixels; default 64 000 000. */
  readonly maxPixels?: number;
}

/**
 * Where a conversion is. `download` counts bytes of the engine and the model, `inference` the share of
 * multiply-adds done; `start` and `encode` are short and only begin and end.
 */
export interface Progress {
  readonly stage: 'download' | 'start' | 'inference' | 'encode';
  readonly loaded: number;
  readonly total: number;
  /** Whether it is the picture for `onPreview`, which comes before the one that was asked for. */
  readonly preview?: boolean;
}

export type ProgressListener = (progress: Progress) => void;

/** Milliseconds spent in each stage. */
export interface Timings {
  /** Fetching and compiling the engine and fetching the model; near 0 once they are there. */
  readonly load: number;
  /** Decoding, resizing and planning. */
  readonly prepare: number;
  readonly inference: number;
  readonly encode: number;
}

/** The engine's builds; a browser gets the fastest one it can run. Those with threads need an isolated page. */
export type Variant = 'simd' | 'relaxed' | 'simd-threads' | 'relaxed-threads';

/**
 * Where the engine lies, as absolute URLs, and how it may run.
 * @internal
 */
export interface EngineSource {
  /** The builds to choose from; one URL alone is a build that must be taken. */
  readonly wasm: string | Partial<Readonly<Record<Variant, string>>>;
  /** The script of the builds with threads. */
  readonly threadUrl: string;
  /** How many threads those use, the worker's own among them; by default one a core, 8 at most. */
  readonly threads: number | undefined;
  /** Builds that another worker has compiled already. */
  readonly compiled?: readonly Compiled[];
}

/**
 * A build as a worker compiled it, and its URL. The worker posts it to the client, beside its answers.
 * @internal
 */
export interface Compiled {
  readonly url: string;
  readonly module: WebAssembly.Module;
}

export type ErrorCode =
  | 'unsupported-format'
  | 'too-large'
  | 'too-small'
  | 'corrupt-image'
  | 'bad-model'
  | 'out-of-memory'
  | 'cancelled'
  | 'timeout'
  | 'network'
  /** There is no worker or no WebAssembly: on a server, mostly. */
  | 'unsupported-environment'
  | 'internal';

/**
 * A photo in a form that can be posted without copying it on the page's thread; strings are absolute URLs.
 * @internal
 */
export type Photo = Blob | string | ImageBitmap | ImageData;

/** The values that stand for black and white in a generator's input and output. */
export type ValueRange = readonly [-1, 1] | readonly [0, 1];

/** One of ours, and the absolute URL of its file. */
export interface ShippedGenerator {
  readonly entry: ModelEntry;
  readonly url: string;
}

/**
 * A user's own ONNX file, or its absolute URL. Without a range it is guessed.
 * @internal
 */
export interface OwnGenerator {
  readonly name: string;
  readonly file: Blob | string;
  readonly range?: ValueRange;
}

/** How much is kept, for how long, and how alike two photos must be for one result to do for both. */
export interface CacheSettings {
  /** How long an entry is kept, in milliseconds; default 7 days. */
  readonly maxAge?: number;
  /** What the age is counted from; default `creation`. */
  readonly since?: 'creation' | 'use';
  /** Bytes of all entries; default 256 MiB, and never more than a fifth of what the browser grants. */
  readonly maxBytes?: number;
  /** Largest distance of a near hit, in bits of 64, 0–16; default 5. */
  readonly threshold?: number;
  /** Whether the photo's file is kept beside its result; default false. Turning it off removes none that are kept. */
  readonly keepOriginals?: boolean;
}

/** `use` looks up and stores, `refresh` only stores: the picture is made anew; `off` does neither. */
export type CacheMode = 'use' | 'refresh' | 'off';

/** Says that a result was not made but found. */
export interface Cached {
  /** `exact`: of the very file; `near`: of a picture that looks the same. */
  readonly kind: 'exact' | 'near';
  /** Bits of 64 in which a near picture's hash differs. */
  readonly distance: number;
  /** When it was made, in milliseconds since 1970. */
  readonly created: number;
  /** It was made ahead and came with the page. */
  readonly ahead?: true;
}

/** A picture that is kept. Times are milliseconds since 1970. */
export interface CacheEntry {
  readonly id: string;
  /** The model's `id`. */
  readonly model: string;
  readonly created: number;
  readonly used: number;
  /** How many photos it has answered. */
  readonly hits: number;
  readonly bytes: number;
  /** The photo, small. */
  readonly thumbnail: Blob;
}

export interface CacheUsage {
  readonly entries: number;
  readonly bytes: number;
  /** Whether entries outlive the page. */
  readonly lasting: boolean;
  /** Bytes that the browser would still grant, where it says so. */
  readonly available?: number;
}

/** @internal */
export interface ConversionRequest {
  readonly photo: Photo;
  readonly cache: {
    readonly mode: CacheMode;
    readonly settings: CacheSettings;
    /** Whether to answer only when the result is stored, or cannot be. */
    readonly wait?: boolean;
  };
  readonly generator: ShippedGenerator | OwnGenerator;
  readonly engine: EngineSource;
  readonly options: CoreOptions;
  /** The name under which the drawing is to be held for `revise`. */
  readonly drawing?: string;
  /** For a preview: the generator that comes after it, whose picture is the answer where it is kept. */
  readonly rather?: ShippedGenerator;
  /** After a preview: its generator. What is kept of it goes once this picture is kept. */
  readonly instead?: ShippedGenerator;
}

/** @internal */
export interface ConversionResult {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
  /** The build that ran. */
  readonly variant: Variant;
  /** How many threads it had. */
  readonly threads: number;
  /** The most memory that it has held until now, in bytes. */
  readonly memory: number;
  readonly timings: Timings;
  /** Whether the input looked like a drawing already: then nothing is kept, nor found by likeness. */
  readonly drawn: boolean;
  /** Missing when the picture was made for this call. */
  readonly cached?: Cached;
  /** Whether it is the picture of the generator that the request would rather have. */
  readonly rather?: boolean;
  /** Whether one that was made is stored; told only to who waits for it. */
  readonly kept?: boolean;
  /** The request's name, where the drawing is held under it. */
  readonly drawing?: string;
}

/**
 * An error cannot carry its code through `postMessage`, so failures are values here.
 * @internal
 */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** The engine can no longer be trusted: end this worker. */
  readonly fatal: boolean;
}

/** @internal */
export type Reply = { readonly result: ConversionResult } | { readonly failure: Failure };

/** What can be chosen anew without drawing anew. */
export type Finish = Pick<CoreOptions, 'strength' | 'format' | 'quality' | 'label'>;

/** @internal */
export type Revision =
  { readonly blob?: Blob; /** Milliseconds. */ readonly encode: number } | { readonly failure: Failure };

/** @internal */
export type CacheCommand =
  | { readonly name: 'entries' | 'clear' | 'usage' }
  | { readonly name: 'picture' | 'original'; readonly id: string }
  | { readonly name: 'remove'; readonly ids: readonly string[] };

/** @internal */
export type CacheReply =
  | {
      readonly entries?: readonly CacheEntry[];
      readonly usage?: CacheUsage;
      readonly picture?: Blob | undefined;
    }
  | { readonly failure: Failure };

/** @internal */
export type ReadyReply = { readonly ready: true } | { readonly failure: Failure };

/**
 * The worker's methods. It does one conversion at a time.
 * @internal
 */
export interface WorkerApi {
  convert(request: ConversionRequest, onProgress: ProgressListener): Promise<Reply>;
  /** Fetches and compiles the engine, and fetches and reads a generator, so that a photo need not wait for them. */
  preload(request: Pick<ConversionRequest, 'generator' | 'engine'>, onProgress: ProgressListener): Promise<ReadyReply>;
  /** Makes a file of a drawing that is held, also amid a conversion; none where it no longer is. */
  revise(drawing: string, finish: Finish): Revision;
  /** Ends the conversion or preload in progress, if any, at its next pause. */
  cancel(): void;
  /** The result of the conversion in progress, if any, is not to be stored. */
  keepNothing(): void;
  /** Makes the engine's module ready and opens the cache, save where nothing was ever kept. */
  cache(engine: EngineSource, settings: CacheSettings, command: CacheCommand): Promise<CacheReply>;
  /** Resolves when nothing is being stored; says whether what is kept outlives the worker. */
  rest(): Promise<{ readonly lasting: boolean }>;
  /** Takes the Web Lock named like the worker and never gives it back: it falls free when the worker dies. */
  holdLock(): Promise<void>;
}
