// What the dispatches of all steps are made of: their texts around a body, and functions that read pictures.
import type { Beyond, Coefficient, GpuStep, Part } from '../../client/core.js';
import { vectors, type Shader } from './shader.js';

/** A shader's text, what is bound to it, and its workgroups. */
export interface Dispatch {
  readonly shader: Shader;
  readonly text: string;
  readonly groups: readonly [number, number, number];
}

export type Step<Kind> = Extract<GpuStep, { readonly kind: Kind }>;

/** Invocations of a workgroup: every device has so many. */
export const GROUP = 64;
/** The sides of a workgroup that runs over vectors of channels and over the pixels of a row. */
export const SQUARE = 8;
/** Workgroups in a row; more are more rows. */
const MOST_GROUPS = 32_768;

/** A float's literal. */
export const float = (value: number | string): string => `f32(${value})`;

/** Runs `body` for every vector `c` of every pixel `x`, `y`. */
export function perVector(
  shader: Shader,
  [height, width]: readonly [number, number],
  count: number,
  body: string,
  functions = '',
): Dispatch {
  const text = shader.text(`${functions}
@compute @workgroup_size(${SQUARE}, ${SQUARE})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x; let x = id.y; let y = id.z;
  if (c >= ${count}u || x >= ${shader.number(width)}) { return; }
  ${body}
}`);
  return { shader, text, groups: [Math.ceil(count / SQUARE), Math.ceil(width / SQUARE), height] };
}

/** Runs `body` for every `i` of so many. */
export function perValue(shader: Shader, count: number, body: string): Dispatch {
  const groups = Math.ceil(count / GROUP);
  const row = Math.min(groups, MOST_GROUPS);
  const text = shader.text(`@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * ${shader.number(row * GROUP)};
  if (i >= ${shader.number(count)}) { return; }
  ${body}
}`);
  return { shader, text, groups: [row, Math.ceil(groups / row), 1] };
}

/** A function `name(pixel, c)` that reads a vector of a part. */
export function reading(shader: Shader, name: string, { at, channels, affine, slope }: Part): string {
  const count = vectors(channels);
  const of = ({ at, each }: Coefficient) => (each ? shader.at(at, 'c') : `vec4f(${shader.at(at, '0u')}.x)`);
  const lines = [`var v = ${shader.at(at, `pixel * ${count}u + c`)};`];
  if (affine) lines.push(`v = v * ${of(affine[0])} + ${of(affine[1])};`);
  if (slope !== null) lines.push(`v = max(v, v * ${float(slope)});`);
  // What is beyond the last channel may be anything by now, and not even a number.
  if (affine && channels % 4 > 0) {
    const there = [0, 1, 2, 3].map((k) => k < channels % 4);
    lines.push(`if (c == ${count - 1}u) { v = select(vec4f(), v, vec4<bool>(${there.join()})); }`);
  }
  return `fn ${name}(pixel: u32, c: u32) -> vec4f {\n  ${lines.join('\n  ')}\n  return v;\n}\n`;
}

/** A function that says which of `n` places is read for place `i`; below zero where there are zeros. */
export function bordering(border: Beyond): string {
  const beyond = {
    zero: 'return select(-1, i, i >= 0 && i < n);',
    edge: 'return clamp(i, 0, n - 1);',
    reflect: 'return select(max(2 * (n - 1) - abs(i), 0), min(abs(i), n - 1), abs(i) < n);',
  };
  return `fn place(i: i32, n: i32) -> i32 {\n  ${beyond[border]}\n}\n`;
}
