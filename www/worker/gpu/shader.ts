import type { Place, Weights } from '../../client/core.js';

/** Floats in a vector. */
export const LANES = 4;
/** Vectors that hold so many channels. */
export const vectors = (channels: number): number => Math.ceil(channels / LANES);

/** Words of 32 bits that a value takes. */
const WORDS = { f32: 1, vec2u: 2, vec4f: LANES } as const;

/** What is bound at one place. */
interface Binding {
  readonly buffer: number;
  readonly type: keyof typeof WORDS;
  readonly write: boolean;
}

/** Four of float16. */
const WIDENED = 'fn widened(v: vec2u) -> vec4f { return vec4f(unpack2x16float(v.x), unpack2x16float(v.y)); }';

/**
 * A compute shader in the making. What differs from size to size is a number in its uniforms, so that tiles of all sizes
 * share a pipeline; all else is written into its text.
 */
export class Shader {
  readonly bindings: Binding[] = [];
  readonly numbers: number[] = [];

  /** An expression for the value `index` floats or vectors from a place on. What is written is to be named first. */
  at(place: Place, index: string, { type = 'vec4f', write = false }: Partial<Omit<Binding, 'buffer'>> = {}): string {
    const same = (binding: Binding) => binding.buffer === place.buffer && binding.type === type;
    let binding = this.bindings.findIndex(same);
    if (binding < 0) binding = this.bindings.push({ buffer: place.buffer, type, write }) - 1;
    return `b${binding}[${this.number(place.offset / WORDS[type])} + ${index}]`;
  }

  /** An expression for a vector of weights. */
  weights({ at, halves }: Weights, index: string): string {
    return halves ? `widened(${this.at(at, index, { type: 'vec2u' })})` : this.at(at, index);
  }

  /** An expression for a number, as `u32`. */
  number(value: number): string {
    // Even where it is there already: at another size the two may differ.
    const at = this.numbers.push(value) - 1;
    return `n[${Math.floor(at / 4)}].${'xyzw'.charAt(at % 4)}`;
  }

  /** The text around the functions that it is made of. */
  text(functions: string): string {
    const uniforms = `@group(0) @binding(0) var<uniform> n: array<vec4u, ${Math.ceil(this.numbers.length / 4)}>;`;
    const buffers = this.bindings.map(
      ({ type, write }, i) =>
        `@group(0) @binding(${i + 1}) var<storage, ${write ? 'read_write' : 'read'}> b${i}: array<${type}>;`,
    );
    return [uniforms, ...buffers, WIDENED, functions].join('\n');
  }
}
