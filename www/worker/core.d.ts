// Made by wasm-bindgen of src/web/: npm run types
/* tslint:disable */
/* eslint-disable */
import type { Action, CacheMode, CacheSettings, Draw, Finish, Framing, GpuProgram, Hit, Limits, Listed, Step, Stored, Upkeep, WriteOutcome } from '../client/core.js';
/** What is not named has its default. */
export type Choices = Readonly<Partial<Limits & Framing & Draw & Finish>>;


/**
 * The policy of one level.
 */
export class Cache {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The store was asked for the pictures of an entry that is to answer. Gives its new record; nothing where they were
     * not there: the entry is struck out.
     */
    answered(id: string, there: boolean, now: number): string | undefined;
    /**
     * All entries, without pictures.
     */
    entries(): Listed[];
    /**
     * The entry made of the very file.
     */
    exact(key: string, sha256: Uint8Array | number[], now: number): Hit | undefined;
    /**
     * Strikes an entry out.
     */
    forget(id: string): void;
    /**
     * Whether there is an entry of this name.
     */
    holds(id: string): boolean;
    /**
     * Takes in an entry that somebody else has stored.
     */
    insert(record: string): void;
    /**
     * Starts from what a store holds. Records that cannot be read are not taken in: `holds` tells which.
     */
    load(records: string[], now: number): Upkeep;
    /**
     * The entry made of the same picture in another file.
     */
    near(key: string, fingerprint: string, now: number): Hit | undefined;
    /**
     * `in_memory` limits the settings to what may be held in memory.
     */
    constructor(settings: Partial<CacheSettings>, inMemory: boolean);
    /**
     * The next step of storing an entry.
     */
    put(entry: Put, outcome: WriteOutcome, now: number): Action;
    /**
     * Sets a limit in bytes beside the settings' own.
     */
    set_cap(bytes: number, now: number): Upkeep;
    /**
     * Changes the settings.
     */
    set_settings(settings: Partial<CacheSettings>, inMemory: boolean, now: number): Upkeep;
    /**
     * Strikes out what is too old or too much.
     */
    sweep(now: number): Upkeep;
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
     * Runs operators, at least one, until `budget_ms` have passed; true once inference is done.
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
     * The file's bytes; they are handed over, so a second call gives none.
     */
    take_bytes(): Uint8Array<ArrayBuffer>;
    /**
     * Media type of the file.
     */
    readonly mime: string;
    /**
     * Height in pixels.
     */
    height: number;
    /**
     * Width in pixels.
     */
    width: number;
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
 * One photo's way.
 */
export class Lookup {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Before the first step.
     */
    constructor(mode: CacheMode);
    /**
     * The next step; `yes` is the answer to the last one.
     */
    next(yes: boolean): Step;
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
    thumbnail(): Uint8Array<ArrayBuffer>;
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
 * An entry on its way into a store; see `Cache.put`.
 */
export class Put {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Of an entry's record.
     */
    constructor(record: string);
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
 * The place of the best of several levels' hits.
 */
export function best_hit(hits: readonly Hit[]): number | undefined;

/**
 * What a generator of the manifest makes with these options.
 */
export function cache_key(entry: object, options: Choices): string;

/**
 * A new entry.
 */
export function cache_record(key: string, sha256: Uint8Array | number[], fingerprint: string, bytes: number, now: number): Stored;

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
