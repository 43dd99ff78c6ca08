// What each step of a program is on a GPU: compute shaders, and how many workgroups run them.
import type { Coefficient, ElementFunction, GpuStep, Place } from '../../client/core.js';
import { convolution, depthwise } from './convolution.js';
import { bordering, float, GROUP, perValue, perVector, reading, type Dispatch, type Step } from './dispatch.js';
import { Shader, vectors } from './shader.js';

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
