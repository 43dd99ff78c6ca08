// The Rust core's bindings as src/web/ makes them. The build resolves the name to wasm-bindgen's output, which is not
// there when only the types are checked.
declare module 'nijigen-core' {
  export default function init(from: { module_or_path: Response }): Promise<{ readonly memory: WebAssembly.Memory }>;

  /** True once an allocation has failed: tells, after a trap, want of memory from a fault. */
  export function allocation_failed(): boolean;

  /** SHA-256 in lower-case hexadecimal. */
  export function sha256(bytes: Uint8Array): string;

  /** A generator ready to run. */
  export class Engine {
    /** `entry` is one object of the manifest as JSON. Verifies the model's checksum. */
    constructor(entry: string, model: Uint8Array);
    /** A user's own ONNX file; `range` is the values of black and white, or empty to have them guessed. */
    static of_user(name: string, model: Uint8Array, range: Float32Array): Engine;
    begin(file: Uint8Array, options: string): Conversion;
    begin_pixels(rgba: Uint8Array, width: number, height: number, options: string): Conversion;
    free(): void;
  }

  export class Conversion {
    /** Works for about this many milliseconds, one operation at least; true once all is done. */
    step(budget: number): boolean;
    /** Share of the multiply-adds done, 0…1. */
    readonly progress: number;
    /** Consumes the conversion. */
    finish(): Converted;
    free(): void;
  }

  export class Converted {
    take_bytes(): Uint8Array<ArrayBuffer>;
    readonly mime: string;
    readonly width: number;
    readonly height: number;
    free(): void;
  }
}
