// Small networks, written as ONNX and computed in loops as their operators are defined, at once.
import { FLOAT, INT8, model, node, tensor, whole } from './onnx.mjs';
import { signedUnit } from './vectors.mjs';

/** Where a border takes its pixels from, -1 for zeros. */
const BORDERS = {
  zero: (at, length) => (at < 0 || at >= length ? -1 : at),
  edge: (at, length) => Math.min(Math.max(at, 0), length - 1),
  reflect: (at, length) => (at < 0 ? -at : at >= length ? 2 * (length - 1) - at : at),
};

/**
 * A network in the making. Its operators take and give `{ name, channels, height, width, data }`, with the values `C×H×W`
 * in doubles.
 */
export class Network {
  #nodes = [];
  #weights = [];
  #seed;
  #exact;

  /** `exact`: all numbers are eighths, so that no sum of a few is ever rounded. */
  constructor(seed, height, width, exact = false) {
    this.#seed = BigInt(seed) << 32n;
    this.#exact = exact;
    this.input = {
      name: 'input',
      channels: 3,
      height,
      width,
      data: Float64Array.from(this.#noise(3 * height * width)),
    };
  }

  /** The file, once `last` is what the network gives. */
  file(last) {
    return model({ nodes: [...this.#nodes, node('Identity', [last.name], ['output'])], weights: this.#weights });
  }

  /** `pad` on every side, of `border`; `depthwise` has an output for every input. */
  convolve(input, { outputs, kernel = 1, stride = 1, dilation = 1, pad = 0, border = 'zero', depthwise = false }) {
    const count = depthwise ? input.channels : outputs;
    const depth = depthwise ? 1 : input.channels;
    const taps = kernel * kernel;
    const scale = this.#exact ? 1 : Math.sqrt(3 / (depth * taps));
    // A lone weight is not near zero: a normalisation afterwards would show the rounding of what it leaves.
    const least = depth * taps === 1 ? 0.5 : 0;
    const filters = this.#noise(count * depth * taps).map((value) => (value + Math.sign(value) * least) * scale);
    const bias = this.#noise(count);
    const inputs = [
      border === 'zero' ? input.name : this.#padded(input.name, pad, border),
      this.#constant([count, depth, kernel, kernel], filters),
      this.#constant([count], bias),
    ];
    const name = this.#node('Conv', inputs, {
      strides: [stride, stride],
      dilations: [dilation, dilation],
      group: depthwise ? count : 1,
      pads: Array(4).fill(border === 'zero' ? pad : 0),
    });
    const written = (side) => Math.floor((side + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
    const index = BORDERS[border];
    return this.#filled(name, count, written(input.height), written(input.width), (c, y, x) => {
      let sum = bias[c];
      for (let ky = 0; ky < kernel; ky++) {
        const row = index(y * stride + ky * dilation - pad, input.height);
        for (let kx = 0; kx < kernel && row >= 0; kx++) {
          const column = index(x * stride + kx * dilation - pad, input.width);
          for (let i = 0; i < depth && column >= 0; i++) {
            const from = depthwise ? c : i;
            sum += at(input, from, row, column) * filters[(c * depth + i) * taps + ky * kernel + kx];
          }
        }
      }
      return sum;
    });
  }

  /**
   * 1×1 with weights in 8 bits, which the engine rounds what they read for: to 63 levels on either side of zero, of the
   * pixel's largest channel. What comes out is rounded as floats are, bit for bit.
   */
  convolveIntegers(input, outputs) {
    const { channels, height, width } = input;
    const whole = this.#noise(outputs * channels).map((value, at) => (at % channels ? Math.round(value * 127) : -127));
    const steps = Float32Array.from({ length: outputs }, (_, o) => 0.01 / (o + 3));
    const bias = this.#noise(outputs);
    const weights = Float32Array.from(whole, (value, at) => value * steps[Math.floor(at / channels)]);
    const bytes = `w${this.#weights.length}`;
    this.#weights.push(
      tensor(bytes, [outputs, channels, 1, 1], Buffer.from(Int8Array.from(whole).buffer), { type: INT8 }),
    );
    const cast = this.#node('Cast', [bytes], { to: FLOAT });
    const filters = this.#node('Mul', [cast, this.#constant([outputs, 1, 1, 1], steps)]);
    const name = this.#node('Conv', [input.name, filters, this.#constant([outputs], bias)], {});
    const { fround } = Math;
    const pixels = Array.from({ length: height * width }, (_, pixel) => {
      const values = Array.from({ length: channels }, (_, c) => input.data[c * height * width + pixel]);
      const most = Math.max(fround(1e-30), ...values.map(Math.abs));
      const levels = values.map((value) => roundTiesEven(fround(value * fround(63 / most))));
      return { levels, unit: fround(most / 63) };
    });
    return this.#filled(name, outputs, height, width, (o, y, x) => {
      const { levels, unit } = pixels[y * width + x];
      const sum = levels.reduce((sum, level, i) => sum + level * whole[o * channels + i], 0);
      const step = fround(-weights[o * channels] / 127);
      return fround(fround(fround(sum * step) * unit) + bias[o]);
    });
  }

  /** Some channels, as they are. */
  pick(input, channels) {
    const weights = channels.flatMap((channel) =>
      Array.from({ length: input.channels }, (_, i) => Number(i === channel)),
    );
    const filters = this.#constant([channels.length, input.channels, 1, 1], weights);
    const name = this.#node('Conv', [input.name, filters], {});
    return this.#filled(name, channels.length, input.height, input.width, (c, y, x) => at(input, channels[c], y, x));
  }

  /** Every channel by itself, then scaled and shifted. */
  instanceNorm(input) {
    const scale = this.#noise(input.channels).map((value) => 1 + value / 2);
    const shift = this.#noise(input.channels);
    const factors = [scale, shift].map((values) => this.#constant([input.channels], values));
    const name = this.#node('InstanceNormalization', [input.name, ...factors]);
    const area = input.height * input.width;
    const normal = Array.from({ length: input.channels }, (_, c) => moments(input.data, c * area, area));
    return this.#filled(name, input.channels, input.height, input.width, (c, y, x) => {
      const { mean, deviation } = normal[c];
      return ((at(input, c, y, x) - mean) / deviation) * scale[c] + shift[c];
    });
  }

  /** All channels together: GroupNorm of one group, as PyTorch writes it. */
  layerNorm(input) {
    const { channels, height, width } = input;
    const line = this.#node('Reshape', [input.name, this.#whole(0, 1, -1)]);
    const one = this.#constant([1], [1]);
    const even = this.#node('InstanceNormalization', [line, one, this.#constant([1], [0])]);
    const name = this.#node('Reshape', [even, this.#whole(1, channels, height, width)]);
    const { mean, deviation } = moments(input.data, 0, input.data.length);
    return this.#filled(name, channels, height, width, (c, y, x) => (at(input, c, y, x) - mean) / deviation);
  }

  leakyRelu(input) {
    const { channels, height, width } = input;
    const name = this.#node('LeakyRelu', [input.name]);
    return this.#filled(name, channels, height, width, (c, y, x) => {
      const value = at(input, c, y, x);
      return value < 0 ? 0.01 * value : value;
    });
  }

  add(a, b) {
    const name = this.#node('Add', [a.name, b.name]);
    return this.#filled(name, a.channels, a.height, a.width, (c, y, x) => at(a, c, y, x) + at(b, c, y, x));
  }

  concatenate(a, b) {
    const name = this.#node('Concat', [a.name, b.name], { axis: 1 });
    return this.#filled(name, a.channels + b.channels, a.height, a.width, (c, y, x) =>
      c < a.channels ? at(a, c, y, x) : at(b, c - a.channels, y, x),
    );
  }

  /** Twice as large, bilinear. */
  enlarge(input) {
    const { channels, height, width } = input;
    const factors = this.#constant([4], [1, 1, 2, 2]);
    const name = this.#node('Resize', [input.name, '', factors], {
      mode: 'linear',
      coordinate_transformation_mode: 'half_pixel',
    });
    const taps = (i, length) => {
      const place = Math.min(Math.max((i + 0.5) / 2 - 0.5, 0), length - 1);
      const first = Math.floor(place);
      return [first, Math.min(first + 1, length - 1), place - first];
    };
    return this.#filled(name, channels, 2 * height, 2 * width, (c, y, x) => {
      const [top, bottom, down] = taps(y, height);
      const [left, right, across] = taps(x, width);
      const row = (y) => at(input, c, y, left) * (1 - across) + at(input, c, y, right) * across;
      return row(top) * (1 - down) + row(bottom) * down;
    });
  }

  /** Four channels become four pixels, as PyTorch's PixelShuffle does it. */
  depthToSpace(input) {
    const { channels, height, width } = input;
    const name = this.#node('DepthToSpace', [input.name], { blocksize: 2, mode: 'CRD' });
    return this.#filled(name, channels / 4, 2 * height, 2 * width, (c, y, x) =>
      at(input, c * 4 + (y % 2) * 2 + (x % 2), y >> 1, x >> 1),
    );
  }

  #filled(name, channels, height, width, value) {
    const data = new Float64Array(channels * height * width);
    for (let c = 0, i = 0; c < channels; c++)
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[i++] = value(c, y, x);
    return { name, channels, height, width, data };
  }

  /** Numbers in [-1, 1), never the same. */
  #noise(count) {
    const noise = Array.from(signedUnit(this.#seed++, count));
    return this.#exact ? noise.map((value) => Math.round(value * 8) / 8) : noise;
  }

  #node(kind, inputs, attributes) {
    const name = `v${this.#nodes.length}`;
    this.#nodes.push(node(kind, inputs, [name], attributes));
    return name;
  }

  #constant(dims, values) {
    const name = `w${this.#weights.length}`;
    this.#weights.push(tensor(name, dims, Buffer.from(Float32Array.from(values).buffer)));
    return name;
  }

  #whole(...values) {
    const name = `w${this.#weights.length}`;
    this.#weights.push(whole(name, ...values));
    return name;
  }

  #padded(name, pad, mode) {
    return pad === 0 ? name : this.#node('Pad', [name, this.#whole(0, 0, pad, pad, 0, 0, pad, pad)], { mode });
  }
}

function roundTiesEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

const at = ({ height, width, data }, c, y, x) => data[(c * height + y) * width + x];

function moments(data, from, count) {
  const values = data.subarray(from, from + count);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, deviation: Math.sqrt(variance + 1e-5) };
}
