// Convolutions as compute shaders: dense ones as products of matrices, depthwise ones as they are defined.
import { bordering, float, GROUP, perVector, reading, SQUARE, type Dispatch, type Step } from './dispatch.js';
import { Shader, vectors } from './shader.js';

/** Vectors of pixels that a convolution's workgroup shares: half of the 16 kB that every device has. */
const SHARED = 512;
/** Pixels side by side that an invocation of a convolution computes. */
const PIXELS = 4;

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
export function convolution(step: Step<'convolve'>): Dispatch {
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

export function depthwise(step: Step<'convolve'>): Dispatch {
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
