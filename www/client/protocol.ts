// What crosses the boundary between the client and its worker. Both sides import these types; nothing else crosses.
import type * as made from './core.js';
import type { CacheMode } from './core.js';

export type { CacheMode, Comparison, Crop, Language, OutputFormat, Rotation, Since } from './core.js';

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

/** The core's options; every one may be left out and has its default there. */
export interface CoreOptions extends Readonly<
  Partial<made.Limits & made.Framing & Omit<made.Draw, 'revisable' | 'device'> & made.Finish>
> {}

/**
 * Where a conversion is. `download` counts bytes of the engine and the model, where `total` grows if the host of a model
 * of your own does not say how large it is; `inference` is the share of multiply-adds done; `start` and `encode` are short
 * and only begin and end.
 */
export interface Progress {
  readonly stage: 'download' | 'start' | 'inference' | 'encode';
  readonly loaded: number;
  readonly total: number;
  /** Whether it is the picture for `onPreview`, which comes before the one that was asked for. */
  readonly preview?: boolean;
}

export type ProgressListener = (progress: Progress) => void;

/**
 * What is told of a conversion: where it is, or only that bytes of the photo have come.
 * @internal
 */
export type ConversionEvent = Progress | 'photo';

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

/** What draws: `auto` takes the GPU where it has shown that it gives the same pictures, sooner. */
export type BackendName = 'auto' | 'wasm' | 'webgpu';

/**
 * When a visit began, and how the last one ended, in milliseconds since 1970.
 * @internal
 */
export interface Visit {
  readonly since: number;
  /** When a page of this origin was last left or hidden, before this visit; 0 where nobody knows. */
  readonly left: number;
}

/** @internal */
export interface Backend {
  readonly name: BackendName;
  /** The absolute URL of the script that draws on a GPU. */
  readonly url?: string;
  /** Whether an adapter that the processor computes will do: for tests. */
  readonly software?: boolean;
  readonly visit: Visit;
  /** Why one of the converter's workers gave the GPU up: then all leave it alone. */
  off?: string;
}

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
  readonly backend: Backend;
  /** Builds that another worker has compiled already. */
  readonly compiled?: readonly Compiled[];
  /** In Node alone: it cannot be posted. */
  readonly store?: SharedStore;
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

/** The values that stand for black and white. */
export type ValueRange = readonly [-1, 1] | readonly [0, 1] | readonly [0, 255];

/** Those of a generator's input and output: the same, or each its own. */
export type ModelRange = ValueRange | { readonly input: ValueRange; readonly output: ValueRange };

/** The URL of a file, or what says it once it is needed: bundlers hint at files whose URL is in a page's first scripts. */
export type FileUrl = string | (() => Promise<string | URL>);

/** One of ours, as `nijigen/models/<id>` exports it. */
export interface ShippedGenerator {
  readonly entry: ModelEntry;
  readonly url: FileUrl;
}

/** A build of the engine, as `nijigen/engines/<variant>` exports it. */
export interface ShippedEngine {
  readonly variant: Variant;
  readonly url: FileUrl;
}

/**
 * One of ours, and the absolute URL of its file.
 * @internal
 */
export interface LocatedGenerator {
  readonly entry: ModelEntry;
  readonly url: string;
}

/**
 * A user's own ONNX file, or its absolute URL. Without a range it is found out.
 * @internal
 */
export interface OwnGenerator {
  readonly name: string;
  readonly file: Blob | string;
  readonly range?: ModelRange;
}

/** How much is kept, for how long, and how alike two photos must be for one result to do for both. */
export interface CacheSettings extends Readonly<Partial<Omit<made.CacheSettings, 'maxEntries'>>> {}

/** An entry on its way into a store. */
export interface SharedEntry {
  readonly name: string;
  /** All of it, or nothing, is to be kept. */
  readonly value: Uint8Array;
  /** How long it is to be kept, in milliseconds. */
  readonly lifetime: number;
  /** Names of the sets that `member` joins; none for a picture whose likeness proves nothing. */
  readonly sets: readonly string[];
  /** Says in its sets which entry it stands for: 40 bytes, which may go when the entry is gone. */
  readonly member: Uint8Array;
}

/**
 * Where entries are kept that several processes share, in Node: Redis, most likely. Names and values are opaque; the
 * command-line program of the same version has the very same on its servers. A call that rejects, or a look-up that takes
 * longer than a second, costs nothing but the entry: the photo is drawn, and the store is left alone for five seconds.
 *
 * It may name settings, too: `maxAge`, `threshold`, and `maxBytes`, for the largest entry that is stored and for all that
 * this process keeps itself. How much is kept in all is the store's to say.
 */
export interface SharedStore extends CacheSettings {
  /** The value of this name, if it is there. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Keeps an entry, in place of the one of the same name. */
  put(entry: SharedEntry): Promise<void>;
  /** What is in these sets; the same member may come more than once. */
  members(sets: readonly string[]): Promise<readonly Uint8Array[]>;
}

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
export interface CacheEntry extends Readonly<made.Listed> {
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
  readonly generator: LocatedGenerator | OwnGenerator;
  readonly engine: EngineSource;
  readonly options: CoreOptions;
  /** The name under which the drawing is to be held for `revise`. */
  readonly drawing?: string;
  /** For a preview: the generator that comes after it, whose picture is the answer where it is kept. */
  readonly preferred?: LocatedGenerator;
  /** After a preview: its generator. What is kept of it goes once this picture is kept. */
  readonly supersedes?: LocatedGenerator;
}

/** @internal */
export interface ConversionResult {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
  /** The build that ran, or that the GPU did. */
  readonly variant: Variant | 'webgpu';
  /** Why the GPU did not, where there is one that was given up. */
  readonly gpu?: string;
  /** How many threads it had. */
  readonly threads: number;
  /** The most memory that it has held until now, in bytes. */
  readonly memory: number;
  readonly timings: Timings;
  /** Whether the input looked like a drawing already; told only where pictures are kept or looked up. */
  readonly drawn: boolean;
  /** Missing when the picture was made for this call. */
  readonly cached?: Cached;
  /** Whether it is the picture of the generator that the request would rather have. */
  readonly preferred?: boolean;
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
export interface Finish extends Readonly<Partial<made.Finish>> {}

/** @internal */
export interface Revised {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
  /** Milliseconds. */
  readonly encode: number;
}

/** @internal */
export type Revision = { readonly revised?: Revised } | { readonly failure: Failure };

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
  convert(request: ConversionRequest, tell: (event: ConversionEvent) => void): Promise<Reply>;
  /** Fetches and compiles the engine, and fetches and reads a generator, so that a photo need not wait for them. */
  preload(request: Pick<ConversionRequest, 'generator' | 'engine'>, onProgress: ProgressListener): Promise<ReadyReply>;
  /** Makes a file of a drawing that is held, also amid a conversion; none where it no longer is. */
  revise(drawing: string, finish: Finish): Promise<Revision>;
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
