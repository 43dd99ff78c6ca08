// The Rust core's bindings as src/web/ makes them. The build resolves the name to wasm-bindgen's output, which is not
// there when only the types are checked.
declare module 'nijigen-core' {
  export default function init(from: {
    module_or_path: WebAssembly.Module;
    /** Of builds with threads. */
    memory?: WebAssembly.Memory;
  }): Promise<{ readonly memory: WebAssembly.Memory }>;

  /** A `Variant`. */
  export function variant(): string;

  /** From now on those in `run_thread` help this thread. Only in builds with threads, like that one. */
  export function start_threads(): void;

  /** Becomes one of the threads that help; never returns. */
  export function run_thread(): void;

  /** True once an allocation has failed: tells, after a trap, want of memory from a fault. */
  export function allocation_failed(): boolean;

  export function sha256(bytes: Uint8Array): Uint8Array;

  /** A decoded photo. */
  export class Photo {
    static decode(file: Uint8Array, options: string): Photo;
    /** A large JPEG at an eighth of its size; undefined for other photos. */
    static glimpse(file: Uint8Array, options: string): Photo | undefined;
    static of_pixels(rgba: Uint8Array, width: number, height: number, options: string): Photo;
    /** JSON. */
    fingerprint(): string;
    /** Whether it looks drawn rather than photographed. */
    is_drawn(): boolean;
    /** A small JPEG. */
    thumbnail(): Uint8Array<ArrayBuffer>;
    free(): void;
  }

  /** A generator ready to run. */
  export class Engine {
    /** `entry` is one object of the manifest as JSON. Verifies the model's checksum. */
    constructor(entry: string, model: Uint8Array);
    /** A user's own ONNX file; `range` is the values of black and white, or empty to have them guessed. */
    static of_user(name: string, model: Uint8Array, range: Float32Array): Engine;
    cache_key(options: string): string;
    /** Consumes the photo. */
    begin(photo: Photo, options: string): Conversion;
    free(): void;
  }

  export class Conversion {
    /** Works for about this many milliseconds, one operation at least; true once all is done. */
    step(budget: number): boolean;
    /** Share of the multiply-adds done, 0…1. */
    readonly progress: number;
    /** Consumes the conversion. */
    finish(): Converted;
    /** In place of `finish`, where it was begun with `revisable`. */
    drawing(): Drawing;
    free(): void;
  }

  /** What was drawn, and the photo beside it. */
  export class Drawing {
    encode(options: string): Converted;
    readonly bytes: number;
    free(): void;
  }

  export class Converted {
    take_bytes(): Uint8Array<ArrayBuffer>;
    readonly mime: string;
    readonly width: number;
    readonly height: number;
    free(): void;
  }

  /** What one of our generators makes with these options: JSON that says which entries may answer. */
  export function cache_key(entry: string, options: string): string;

  /** JSON of `{ id, record }`. */
  export function cache_record(key: string, sha256: Uint8Array, print: string, bytes: number, now: number): string;

  /** The policy of one level of the cache. All texts are JSON; what is undefined is not there. */
  export class Cache {
    constructor(settings: string, inMemory: boolean);
    load(records: string[], now: number): string;
    holds(id: string): boolean;
    exact(key: string, sha256: Uint8Array, now: number): string | undefined;
    near(key: string, print: string, now: number): string | undefined;
    used(id: string, now: number): string | undefined;
    room(id: string, bytes: number, now: number): string | undefined;
    relieve(bytes: number): string[];
    insert(record: string): void;
    forget(id: string): void;
    sweep(now: number): string;
    set_settings(settings: string, inMemory: boolean, now: number): string;
    set_cap(bytes: number, now: number): string;
    entries(): string;
    free(): void;
  }
}
