// What each step of a program is on a GPU: compute shaders, and how many workgroups run them.
import type { Beyond, Coefficient, ElementFunction, GpuStep, Part, Place } from '../../client/core.js';
import { Shader, vectors } from './shader.js';

/** A shader's text, what is bound to it, and its workgroups. */
export interface Dispatch {
  readonly shader: Shader;
  readonly text: string;
  readonly groups: readonly [number, number, number];
}

type Step<Kind> = Extract<GpuStep, { readonly kind: Kind }>;

/** Invocations of a workgroup: every device has so many. */
const GROUP = 64;
/** The sides of a workgroup that runs over vectors of channels and over the pixels of a row. */
const SQUARE = 8;
/** Vectors of pixels that a convolution's workgroup shares: half of the 16 kB that every device has. */
const SHARED = 512;
/** Pixels side by side that an invocation of a convolution computes. */
const PIXELS = 4;
/** Workgroups in a row; more are more rows. */
const MOST_GROUPS = 32_768;

/** The dispatches of a step, one after another. */
export function dispatches(step: GpuStep): Dispatch[] {
  switch (step.kind) {
    case 'fromTensor':
      return [fromTensor(step)];
    case 'toTensor':
      return [toTensor(step)];
    case 'copy':
      return [copy(step)];
    case 'convolve':
      return [step.depthwise ? depthwise(step) : convolution(step)];
    case 'moments':
      return [partialMoments(step), moments(step)];
    case 'statistics':
      return [statistics(step)];
    case 'elementwise':
      return [elementwise(step)];
  }
}

/** A float's literal. */
const float = (value: number | string): string => `f32(${value})`;

/** Runs `body` for every vector `c` of every pixel `x`, `y`. */
function perVector(
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
function perValue(shader: Shader, count: number, body: string): Dispatch {
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

/** Where channel `channel` of pixel `x`, `y` lies in a tensor. */
function inTensor(shader: Shader, step: Step<'fromTensor' | 'toTensor'>, channel: string): string {
  const { order, sides, channels } = step;
  const pixel = `y * ${shader.number(sides[1])} + x`;
  if (order === 'pixels') return `(${pixel}) * ${channels}u + ${channel}`;
  return `(${channel}) * ${shader.number(sides[0] * sides[1])} + ${pixel}`;
}

/** Those of a vector's four channels `k` that there are. */
const channelsOf = (channels: number, each: (k: number) => string): string =>
  [0, 1, 2, 3].map((k) => `if (c * 4u + ${k}u < ${channels}u) { ${each(k)} }`).join('\n  ');

function fromTensor(step: Step<'fromTensor'>): Dispatch {
  const { from, sides, channels, to } = step;
  const shader = new Shader();
  const count = vectors(channels);
  const written = shader.at(to, `(y * ${shader.number(sides[1])} + x) * ${count}u + c`, { write: true });
  const value = (k: number) => shader.at(from, inTensor(shader, step, `c * 4u + ${k}u`), { type: 'f32' });
  const body = `var v = vec4f();
  ${channelsOf(channels, (k) => `v[${k}] = ${value(k)};`)}
  ${written} = v;`;
  return perVector(shader, sides, count, body);
}

function toTensor(step: Step<'toTensor'>): Dispatch {
  const { from, sides, channels, to } = step;
  const shader = new Shader();
  const count = vectors(channels);
  const place = (k: number) => shader.at(to, inTensor(shader, step, `c * 4u + ${k}u`), { type: 'f32', write: true });
  const write = channelsOf(channels, (k) => `${place(k)} = v[${k}];`);
  const body = `let v = ${shader.at(from, `(y * ${shader.number(sides[1])} + x) * ${count}u + c`)};
  ${write}`;
  return perVector(shader, sides, count, body);
}

/** A function `name(pixel, c)` that reads a vector of a part. */
function reading(shader: Shader, name: string, { at, channels, affine, slope }: Part): string {
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
function bordering(border: Beyond): string {
  const beyond = {
    zero: 'return select(-1, i, i >= 0 && i < n);',
    edge: 'return clamp(i, 0, n - 1);',
    reflect: 'return select(max(2 * (n - 1) - abs(i), 0), min(abs(i), n - 1), abs(i) < n);',
  };
  return `fn place(i: i32, n: i32) -> i32 {\n  ${beyond[border]}\n}\n`;
}

function copy({ from, raw, taps, inner, pad, border, to, sides, vectors: all, first, add }: Step<'copy'>): Dispatch {
  const shader = new Shader();
  const int = (value: number) => `i32(${shader.number(value)})`;
  const written = `(y * ${shader.number(sides[1])} + x) * ${all}u + ${first}u + c`;
  const target = shader.at(to, written, { write: true });
  const functions = bordering(border) + reading(shader, 'one', from);
  const width = shader.number(raw[1]);
  const sample = taps
    ? `let rows = ${shader.at(taps[0], 'u32(row)')};
    let columns = ${shader.at(taps[1], 'u32(column)')};
    let above = u32(rows.x) * ${width}; let below = u32(rows.z) * ${width};
    let left = u32(columns.x); let right = u32(columns.z);
    v = (one(above + left, c) * columns.y + one(above + right, c) * columns.w) * rows.y
      + (one(below + left, c) * columns.y + one(below + right, c) * columns.w) * rows.w;`
    : `v = one(u32(row) * ${width} + u32(column), c);`;
  const body = `var v = vec4f();
  let row = place(i32(y) - ${int(pad[0])}, ${int(inner[0])});
  let column = place(i32(x) - ${int(pad[1])}, ${int(inner[1])});
  if (row >= 0 && column >= 0) {
    ${sample}
  }
  ${target} ${add ? '+=' : '='} v;`;
  return perVector(shader, sides, vectors(from.channels), body, functions);
}

/** A function that reads vector `c` of all parts together, at a place that may lie beyond the border. */
function fetching(shader: Shader, { parts, raw, border }: Step<'convolve'>): string {
  const [one, two] = parts;
  if (!one || parts.length > 2) throw new Error(`a convolution reads ${parts.length} parts`);
  const most = vectors(one.channels);
  const functions = bordering(border) + reading(shader, 'first', one) + (two ? reading(shader, 'second', two) : '');
  const other = two ? `if (c >= ${most}u) { return second(pixel, c - ${most}u); }` : '';
  const int = (value: number) => `i32(${shader.number(value)})`;
  return `${functions}fn fetch(y: i32, x: i32, c: u32) -> vec4f {
  let row = place(y, ${int(raw[0])}); let column = place(x, ${int(raw[1])});
  if (row < 0 || column < 0) { return vec4f(); }
  let pixel = u32(row) * ${shader.number(raw[1])} + u32(column);
  ${other}
  return first(pixel, c);
}
`;
}

/** A function that writes the sum of vector `c` of a pixel, finished. */
function finishing(shader: Shader, step: Step<'convolve'>): string {
  const { bias, residual, slope, shuffle, to, sides, outputs } = step;
  const width = shader.number(sides[1]);
  const count = vectors(outputs);
  const place = shuffle
    ? `let corner = c / ${count / 4}u;
  let at = ((y * 2u + corner / 2u) * 2u * ${width} + x * 2u + corner % 2u) * ${count / 4}u + c % ${count / 4}u;`
    : `let at = (y * ${width} + x) * ${count}u + c;`;
  return `fn finish(y: u32, x: u32, c: u32, sum: vec4f) {
  ${place}
  var v = sum + ${shader.at(bias, 'c')}${residual ? ` + ${shader.at(residual, 'at')}` : ''};
  ${slope === null ? '' : `v = max(v, v * ${float(slope)});`}
  ${shader.at(to, 'at', { write: true })} = v;
}
`;
}

/** How a convolution is cut into workgroups, in vectors of four channels. */
interface Tiling {
  readonly inputs: number;
  readonly outputs: number;
  /** Vectors of inputs that make an output: those of all taps. */
  readonly depth: number;
  /** Vectors of outputs that a workgroup makes. */
  readonly across: number;
  /** Pixels of which it makes them, in so many columns and rows. */
  readonly pixels: number;
  readonly columns: number;
  readonly rows: number;
  /** Vectors of inputs that are read at a time. */
  readonly chunk: number;
}

function tilingOf({ parts, kernel, outputs }: Step<'convolve'>): Tiling {
  const inputs = parts.reduce((sum, { channels }) => sum + vectors(channels), 0);
  const count = vectors(outputs);
  // Fewer outputs leave more invocations for pixels.
  const across = count > 4 ? 8 : count > 2 ? 4 : count;
  const pixels = (GROUP / across) * PIXELS;
  return {
    inputs,
    outputs: count,
    depth: kernel[0] * kernel[1] * inputs,
    across,
    pixels,
    columns: SQUARE,
    rows: pixels / SQUARE,
    chunk: Math.min(8, SHARED / pixels),
  };
}

/** Reads what a workgroup shares of the pixels and the weights from vector `k` on. */
function sharing(shader: Shader, step: Step<'convolve'>, tiling: Tiling, [height, width]: readonly string[]): string {
  const { kernel, stride, dilation, pad, weights } = step;
  const { inputs, outputs, depth, across, pixels, columns, chunk } = tiling;
  const place = (axis: 0 | 1, at: string, tap: string) =>
    `i32(${at}) * ${stride[axis]} + i32(${tap}) * ${dilation[axis]} - ${pad[axis]}`;
  return `for (var i = index; i < ${pixels * chunk}u; i += ${GROUP}u) {
      let pixel = i / ${chunk}u; let at = k + i % ${chunk}u;
      let y = top + pixel / ${columns}u; let x = left + pixel % ${columns}u;
      var v = vec4f();
      if (at < ${depth}u && y < ${height} && x < ${width}) {
        let tap = at / ${inputs}u;
        v = fetch(${place(0, 'y', `tap / ${kernel[1]}u`)}, ${place(1, 'x', `tap % ${kernel[1]}u`)}, at % ${inputs}u);
      }
      pixels[pixel * ${chunk + 1}u + i % ${chunk}u] = v;
    }
    for (var i = index; i < ${chunk * 4 * across}u; i += ${GROUP}u) {
      let row = k * 4u + i / ${across}u; let c = first + i % ${across}u;
      var v = vec4f();
      if (row < ${depth * 4}u && c < ${outputs}u) { v = ${shader.weights(weights, `row * ${outputs}u + c`)}; }
      weights[i] = v;
    }`;
}

/**
 * A product of matrices: pixels × (taps × inputs) × outputs. A workgroup shares what it reads of both, a few vectors of
 * inputs at a time; an invocation sums one vector of outputs of four pixels side by side.
 */
function convolution(step: Step<'convolve'>): Dispatch {
  const { sides } = step;
  const shader = new Shader();
  const finish = finishing(shader, step);
  const functions = fetching(shader, step) + finish;
  const tiling = tilingOf(step);
  const { outputs, depth, across, pixels, columns, rows, chunk } = tiling;
  const [height, width] = [shader.number(sides[0]), shader.number(sides[1])];
  const each = (line: (i: number) => string) => [0, 1, 2, 3].map(line).join('\n      ');
  const text = shader.text(`${functions}
var<workgroup> pixels: array<vec4f, ${pixels * (chunk + 1)}>;
var<workgroup> weights: array<vec4f, ${chunk * 4 * across}>;
@compute @workgroup_size(${across}, ${GROUP / across})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u,
    @builtin(local_invocation_index) index: u32) {
  let left = group.x * ${columns}u; let top = group.y * ${rows}u; let first = group.z * ${across}u;
  ${each((i) => `var sum${i} = vec4f();`)}
  for (var k = 0u; k < ${depth}u; k += ${chunk}u) {
    ${sharing(shader, step, tiling, [height, width])}
    workgroupBarrier();
    for (var j = 0u; j < ${chunk}u; j++) {
      ${each((i) => `let w${i} = weights[(j * 4u + ${i}u) * ${across}u + id.x];`)}
      ${each(
        (i) => `let v${i} = pixels[(id.y * ${PIXELS}u + ${i}u) * ${chunk + 1}u + j];
      sum${i} += w0 * v${i}.x + w1 * v${i}.y + w2 * v${i}.z + w3 * v${i}.w;`,
      )}
    }
    workgroupBarrier();
  }
  let c = first + id.x;
  let y = top + id.y * ${PIXELS}u / ${columns}u; let x = left + id.y * ${PIXELS}u % ${columns}u;
  if (c >= ${outputs}u || y >= ${height}) { return; }
  ${each((i) => `if (x + ${i}u < ${width}) { finish(y, x + ${i}u, c, sum${i}); }`)}
}`);
  const groups = [Math.ceil(sides[1] / columns), Math.ceil(sides[0] / rows), Math.ceil(outputs / across)] as const;
  return { shader, text, groups };
}

function depthwise(step: Step<'convolve'>): Dispatch {
  const { kernel, stride, dilation, pad, weights, sides, outputs } = step;
  const shader = new Shader();
  const finish = finishing(shader, step);
  const functions = fetching(shader, step) + finish;
  const count = vectors(outputs);
  const body = `var sum = vec4f();
  for (var i = 0; i < ${kernel[0]}; i++) {
    for (var j = 0; j < ${kernel[1]}; j++) {
      let v = fetch(i32(y) * ${stride[0]} + i * ${dilation[0]} - ${pad[0]}, i32(x) * ${stride[1]} + j * ${dilation[1]} - ${pad[1]}, c);
      sum += v * ${shader.weights(weights, `u32(i * ${kernel[1]} + j) * ${count}u + c`)};
    }
  }
  finish(y, x, c, sum);`;
  return perVector(shader, sides, count, body, functions);
}

/** Mean and summed squares of differences from it, of the pixels of a stripe: twice over them, so that no digits cancel. */
function partialMoments({ from, pixels, channels, stripes, partials }: Step<'moments'>): Dispatch {
  const shader = new Shader();
  const count = vectors(channels);
  const partial = (k: number) => shader.at(partials, `(group.y * 2u + ${k}u) * ${count}u + c`, { write: true });
  const [mean, squares] = [partial(0), partial(1)];
  const value = shader.at(from, `i * ${count}u + c`);
  const sum = `shared_sums[index] = sum;
  workgroupBarrier();
  for (var half = ${GROUP / 2}u; half > 0u; half /= 2u) {
    if (index < half) { shared_sums[index] += shared_sums[index + half]; }
    workgroupBarrier();
  }`;
  const text = shader.text(`var<workgroup> shared_sums: array<vec4f, ${GROUP}>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let c = group.x;
  let begin = group.y * ${shader.number(Math.ceil(pixels / stripes))};
  let end = min(begin + ${shader.number(Math.ceil(pixels / stripes))}, ${shader.number(pixels)});
  var sum = vec4f();
  for (var i = begin + index; i < end; i += ${GROUP}u) { sum += ${value}; }
  ${sum}
  let mean = shared_sums[0] / f32(end - begin);
  workgroupBarrier();
  sum = vec4f();
  for (var i = begin + index; i < end; i += ${GROUP}u) { let d = ${value} - mean; sum += d * d; }
  ${sum}
  if (index == 0u) { ${mean} = mean; ${squares} = shared_sums[0]; }
}`);
  return { shader, text, groups: [count, stripes, 1] };
}

/** Of all stripes together: Chan, Golub and LeVeque's formula. */
function moments({ pixels, channels, stripes, partials, to }: Step<'moments'>): Dispatch {
  const shader = new Shader();
  const count = vectors(channels);
  const written = (k: number) => shader.at(to, `${k * channels}u + i`, { type: 'f32', write: true });
  const [mean, variance] = [written(0), written(1)];
  const partial = (k: number) => `${shader.at(partials, `(s * 2u + ${k}u) * ${count}u + i / 4u`)}[i % 4u]`;
  const per = shader.number(Math.ceil(pixels / stripes));
  const [all, most] = [shader.number(pixels), shader.number(stripes)];
  const length = `f32(min((s + 1u) * ${per}, ${all}) - s * ${per})`;
  const body = `var mean = 0.0;
  for (var s = 0u; s < ${most}; s++) { mean += ${partial(0)} * ${length}; }
  mean /= f32(${all});
  var squares = 0.0;
  for (var s = 0u; s < ${most}; s++) {
    let d = ${partial(0)} - mean;
    squares += ${partial(1)} + d * d * ${length};
  }
  ${mean} = mean;
  ${variance} = squares / f32(${all});`;
  return perValue(shader, channels, body);
}

function statistics(step: Step<'statistics'>): Dispatch {
  const { moments, affine, channels, pixels, sum, acrossChannels, to } = step;
  const shader = new Shader();
  const written = shader.at(to, acrossChannels ? '0u' : 'i', { type: 'f32', write: true });
  const read = (place: Place, index: string) => shader.at(place, index, { type: 'f32', write: true });
  const of = ({ at, each }: Coefficient) => shader.at(at, each ? 'c' : '0u', { type: 'f32' });
  const [scale, shift] = affine ? affine.map(of) : ['1.0', '0.0'];
  const mean = `let scale = ${scale}; let mean = ${read(moments, 'c')} * scale + ${shift};`;
  const one = sum
    ? `${mean} let answer = mean * f32(${shader.number(pixels)});`
    : `${mean} let answer = ${read(moments, `${channels}u + c`)} * scale * scale + mean * mean;`;
  if (!acrossChannels) return perValue(shader, channels, `let c = i; ${one} ${written} = answer;`);
  const body = `var total = 0.0;
  for (var c = 0u; c < ${channels}u; c++) { ${one} total += answer; }
  ${written} = total${sum ? '' : ` / ${float(channels)}`};`;
  return perValue(shader, 1, body);
}

const FUNCTIONS: Readonly<Record<ElementFunction, string>> = {
  copy: 'a',
  // Far out some devices compute it as infinity by infinity.
  tanh: 'tanh(clamp(a, -15.0, 15.0))',
  sigmoid: '1.0 / (1.0 + exp(-a))',
  sqrt: 'sqrt(a)',
  rsqrt: '1.0 / sqrt(a)',
  recip: '1.0 / a',
  square: 'a * a',
  exp: 'exp(a)',
  neg: '-a',
  abs: 'abs(a)',
  add: 'a + b',
  sub: 'a - b',
  mul: 'a * b',
  div: 'a / b',
  max: 'max(a, b)',
  min: 'min(a, b)',
};

function elementwise({ function: name, operands, shape, to }: Step<'elementwise'>): Dispatch {
  const shader = new Shader();
  const written = shader.at(to, 'i', { type: 'f32', write: true });
  // The last axis is the first to be told from the index.
  const axes = shape.map((length, axis) => ({ length, axis })).filter(({ length }) => length > 1);
  const split = axes.reverse().map(({ length, axis }) => {
    const sides = shader.number(length);
    return `let i${axis} = rest % ${sides}; rest /= ${sides};`;
  });
  const values = operands.map(({ at, strides }, k) => {
    const index = axes.map(({ axis }) => `i${axis} * ${shader.number(strides[axis] ?? 0)}`);
    return `let ${'ab'.charAt(k)} = ${shader.at(at, index.join(' + ') || '0u', { type: 'f32' })};`;
  });
  const body = `var rest = i;
  ${split.join('\n  ')}
  ${values.join('\n  ')}
  ${written} = ${FUNCTIONS[name]};`;
  return perValue(
    shader,
    shape.reduce((product, length) => product * length, 1),
    body,
  );
}
