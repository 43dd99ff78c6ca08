// Made by wasm-bindgen of src/web/: npm run types
/* tslint:disable */
/* eslint-disable */
import type { CacheMode, CacheSettings, Draw, Finish, Framing, GpuProgram, Limits, Listed, Step } from '../client/core.js';
import type { Answer, DatabaseHost, Photograph, Pictures } from './cache/types.js';
/** What is not named has its default. */
export type Choices = Readonly<Partial<Limits & Framing & Draw & Finish>>;


/**
 * This worker's cache.
 */
export class Cache {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Takes over settings that changed. A database that is gone is made anew only now that it is needed.
     */
    change(settings: Partial<CacheSettings>): Promise<void>;
    /**
     * Those that this worker does not know go, too, and those that are just being stored.
     */
    clear(): Promise<void>;
    /**
     * All entries, the newest first.
     */
    entries(): Promise<(Listed & { thumbnail: Blob })[]>;
    /**
     * The best entry for a photo, if there is one: the very file's, or once it was seen, the nearest.
     */
    find(photo: Photograph): Promise<Answer | undefined>;
    /**
     * Without a database it lasts as long as the worker; one that opens late is taken all the same.
     */
    static open(settings: Partial<CacheSettings>, host: DatabaseHost): Promise<Cache>;
    /**
     * What an entry holds.
     */
    pictures(id: string): Promise<Pictures | undefined>;
    /**
     * Stores what was made of a photo; false if it cannot be stored: then it is made again another time. What is stored of
     * `supersedes` goes once it is.
     */
    put(photo: Photograph, pictures: Pictures, supersedes?: Photograph | null): Promise<boolean>;
    /**
     * Removes entries here and in every tab.
     */
    remove(ids: string[]): Promise<void>;
    /**
     * Resolves when nothing is being stored.
     */
    stored(): Promise<any>;
    /**
     * How much there is, and whether it lasts.
     */
    usage(): { entries: number; bytes: number; lasting: boolean };
    /**
     * Whether what is kept outlives this worker; where nothing is, nothing is lost with it.
     */
    readonly lasting: boolean;
}

/**
 * A conversion under way; `free()` cancels it.
 */
export class Conversion {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * How far what two drew lies apart, 0 to 255.
     */
    difference(other: Conversion): number;
    /**
     * What was drawn, from which files can be made with other choices; begun with `revisable`.
     */
    drawing(): Drawing;
    /**
     * The finished file.
     */
    finish(): Converted;
    /**
     * Takes what was made of that tile; true once inference is done.
     */
    put(values: Float32Array | number[]): boolean;
    /**
     * The same until inference is done, letting the event loop turn in between: `pause` gives a promise of that, `tell` hears
     * the share that is done. Fails with `cancelled` once `signal` is aborted.
     */
    run(budget_ms: number, signal: AbortSignal, pause: () => Promise<void>, tell: (share: number) => void): Promise<void>;
    /**
     * Runs operators, or at least some rows of one, until `budget_ms` have passed; true once inference is done.
     */
    step(budget_ms: number): boolean;
    /**
     * The tile to be drawn next; nothing once all are.
     */
    tile(): ConversionTile | undefined;
    /**
     * Share of the generator's multiply-adds done, 0 to 1.
     */
    readonly progress: number;
}

/**
 * The values of a tile that a generator takes.
 */
export class ConversionTile {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Handed over, so a second call gives nothing.
     */
    take_values(): Float32Array<ArrayBuffer>;
    /**
     * In pixels.
     */
    readonly height: number;
    /**
     * Its share of the whole work, 0 to 1.
     */
    readonly share: number;
    /**
     * Longer side of the whole picture in pixels, where the generator has to know it.
     */
    readonly side: number;
    /**
     * In pixels.
     */
    readonly width: number;
}

/**
 * A finished file.
 */
export class Converted {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The file, with its media type.
     */
    blob(): Blob;
    /**
     * Height in pixels.
     */
    readonly height: number;
    /**
     * Width in pixels.
     */
    readonly width: number;
}

/**
 * What a generator drew, and the photo beside it.
 */
export class Drawing {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * A file of this strength, mark, format and quality, beside the photo where they say so.
     */
    encode(finish: Partial<Finish>): Converted;
    /**
     * Bytes of memory held.
     */
    readonly bytes: number;
}

/**
 * One generator, ready to run.
 */
export class Engine {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Begins to convert a photo.
     */
    begin(photo: Photo, options: Choices): Conversion;
    /**
     * What this generator makes with these options, as the cache's key.
     */
    cache_key(options: Choices): string;
    /**
     * The same for a GPU: what `tile` gives is to be drawn, and `put` takes it. `step` goes on without one.
     */
    lay_out(photo: Photo, options: Choices): Conversion;
    /**
     * Takes one object of `models/manifest.json` and the bytes of its file.
     */
    constructor(entry: object, model: Uint8Array | number[]);
    /**
     * Takes the bytes of a user's own ONNX file; `ranges` holds the values of black and white that it takes and those
     * that it gives, or nothing when they shall be found out. A file that asks for far more memory than its own size ends in a failed allocation.
     */
    static of_user(name: string, model: Uint8Array | number[], ranges: Float32Array | number[]): Engine;
    /**
     * The generator's steps at this size; nothing where a GPU cannot take all of them.
     */
    program(width: number, height: number, side: number): Program | undefined;
    /**
     * How a photo will be cut: width and height of its first tile, the longer side of the whole picture as far as the
     * generator has to know it, and how many tiles there are.
     */
    tiles(photo: Photo, options: Choices): Uint32Array;
}

/**
 * A photo that is decoded, upright, framed as the options say, and within the limits.
 */
export class Photo {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Of a file.
     */
    static decode(file: Uint8Array | number[], options: Choices): Photo;
    /**
     * What the cache compares photos by, for what the options make of them, as JSON.
     */
    fingerprint(options: Choices): string;
    /**
     * Of a large JPEG, at an eighth of its size: enough for `fingerprint` and `thumbnail`, and had in a fraction of the
     * time. Nothing for other photos.
     */
    static glimpse(file: Uint8Array | number[], options: Choices): Photo | undefined;
    /**
     * Whether it looks drawn rather than photographed.
     */
    is_drawn(): boolean;
    /**
     * Of pixels that the browser decoded: sRGB, RGBA, straight alpha, upright.
     */
    static of_pixels(rgba: Uint8Array | number[], width: number, height: number, options: Choices): Photo;
    /**
     * A small JPEG of it.
     */
    thumbnail(): Blob;
}

/**
 * A generator as a list of steps.
 */
export class Program {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What the first buffer holds; handed over, so a second call gives nothing.
     */
    take_constants(): Uint32Array<ArrayBuffer>;
    /**
     * The list.
     */
    readonly steps: GpuProgram;
}

/**
 * An entry that answers a photo.
 */
export class SharedAnswer {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What a store's value says to the very file; nothing where it is damaged, too old, or of another.
     */
    static exact(settings: Partial<CacheSettings>, value: Uint8Array | number[], key: string, sha256: Uint8Array | number[], now: number): SharedAnswer | undefined;
    /**
     * What it says to the same picture in another file.
     */
    static near(settings: Partial<CacheSettings>, value: Uint8Array | number[], key: string, fingerprint: string, now: number): SharedAnswer | undefined;
    /**
     * Milliseconds since 1970.
     */
    readonly created: number;
    /**
     * In bits of the hash; nothing for the very file.
     */
    readonly distance: number | undefined;
    /**
     * In pixels.
     */
    readonly height: number;
    /**
     * The result's file.
     */
    readonly result: Uint8Array;
    /**
     * In pixels.
     */
    readonly width: number;
}

/**
 * An entry on its way into such a store.
 */
export class SharedEntry {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Of a result's file; nothing where it is larger than the settings allow.
     */
    static of(settings: Partial<CacheSettings>, key: string, sha256: Uint8Array | number[], fingerprint: string, result: Uint8Array | number[], now: number): SharedEntry | undefined;
    /**
     * How long it is to be kept, in milliseconds.
     */
    readonly lifetime: number;
    /**
     * Stands for the entry in them.
     */
    readonly member: Uint8Array;
    /**
     * The value's name.
     */
    readonly name: string;
    /**
     * The names of the sets that `member` joins.
     */
    readonly sets: string[];
    /**
     * The entry.
     */
    readonly value: Uint8Array;
}

/**
 * Whether an allocation ever failed. Asked after a trap, it tells running out of memory from a fault.
 */
export function allocation_failed(): boolean;

/**
 * The name of the entry of what `key` makes of the file with this SHA-256.
 */
export function cache_id(key: string, sha256: Uint8Array | number[]): string;

/**
 * What a generator of the manifest makes with these options.
 */
export function cache_key(entry: object, options: Choices): string;

/**
 * Takes one photo through all steps, each once the one before is done. `take` carries a step out, and says whether the
 * answer is yes where it is a question; what it throws ends the way.
 */
export function look_up(mode: CacheMode, take: (step: Exclude<Step, 'answer'>) => Promise<boolean>): Promise<void>;

/**
 * SHA-256 of bytes. The browser's own is missing on insecure origins.
 */
export function sha256(bytes: Uint8Array | number[]): Uint8Array<ArrayBuffer>;

/**
 * The name of what was made of the file with this SHA-256.
 */
export function shared_name(key: string, sha256: Uint8Array | number[]): string;

/**
 * The names of what members of sets stand for, the nearest first; those that are none of ours stand for nothing.
 */
export function shared_nearest(settings: Partial<CacheSettings>, fingerprint: string, members: Uint8Array[]): string[];

/**
 * The names of the sets in which whatever may look like the photo is found.
 */
export function shared_sets(settings: Partial<CacheSettings>, key: string, fingerprint: string): string[];

/**
 * Panics are written to the console before the instance traps.
 */
export function start(): void;

/**
 * Which of the builds this is.
 */
export function variant(): string;

/** Begins with a module that is compiled already. */
export default function init(from: {
  module_or_path: WebAssembly.Module;
  /** Of builds with threads. */
  memory?: WebAssembly.Memory;
}): Promise<{ readonly memory: WebAssembly.Memory }>;

/** From now on those in `run_thread` help this thread. Only in builds with threads, like that one. */
export function start_threads(): void;

/** Becomes one of the threads that help; never returns. */
export function run_thread(): void;
