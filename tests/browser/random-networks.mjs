// Small networks as chance makes them: their files, and what they give.
import fc from 'fast-check';
import { Network } from './networks.mjs';

/** Whole vectors, which may lie side by side, as often as others. */
const channels = fc.oneof(
  fc.integer({ min: 1, max: 36 }),
  fc.integer({ min: 1, max: 9 }).map((vectors) => 4 * vectors),
);
/** Beside the picture lies the same with an activation: one picture that is read in two ways. */
const ITSELF = 'itself';
/** What there may be between two 1×1 convolutions. */
export const random = fc.record({
  seed: fc.nat(),
  height: fc.integer({ min: 6, max: 18 }),
  width: fc.integer({ min: 6, max: 50 }),
  inputs: channels,
  joined: fc.oneof(fc.constant(null), channels, fc.constant(ITSELF)),
  first: fc.constantFrom(undefined, undefined, 'layerNorm', 'depthToSpace'),
  outputs: channels,
  kernel: fc.constantFrom(1, 3, 3, 3, 5, 7, 9),
  stride: fc.integer({ min: 1, max: 2 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  border: fc.constantFrom('zero', 'reflect', 'edge'),
  depthwise: fc.boolean(),
  residual: fc.boolean(),
  norm: fc.constantFrom(undefined, 'instanceNorm', 'layerNorm'),
  leaky: fc.boolean(),
  up: fc.constantFrom(undefined, 'before', 'after'),
});

/** The network's file, what goes in, and what has to come out. */
export function build(made) {
  const { kernel, stride, border, depthwise } = made;
  const spread = made.first === 'depthToSpace';
  // Twice as large is enough.
  const up = spread ? undefined : made.up;
  const shuffled = up === 'after';
  // Where sides are halved they must be even, for the output is to be as large as the input.
  const [height, width] = [made.height, made.width].map((side) => side + (side % stride));
  // A mirror shows no more than there is.
  const dilation = kernel <= 3 ? made.dilation : 1;
  const network = new Network(made.seed, height, width);
  let picture = network.convolve(network.input, { outputs: spread ? 4 * made.inputs : made.inputs });
  if (made.first) picture = network[made.first](picture);
  if (made.joined) {
    let beside = picture;
    if (made.joined !== ITSELF) beside = network.convolve(network.input, { outputs: made.joined });
    if (beside.height < picture.height) beside = network.enlarge(beside);
    picture = network.concatenate(picture, network.leakyRelu(beside));
  }
  if (up === 'before') picture = network.enlarge(picture);
  // The sum of what goes in and what comes out needs both to be alike.
  const residual = made.residual && stride === 1 && !shuffled;
  const before = picture;
  picture = network.convolve(picture, {
    outputs: residual ? picture.channels : shuffled ? 4 * made.outputs : made.outputs,
    kernel,
    stride,
    dilation,
    pad: (dilation * (kernel - 1)) / 2,
    border,
    depthwise: depthwise && !shuffled,
  });
  if (shuffled) picture = network.depthToSpace(picture);
  if (made.norm) picture = network[made.norm](picture);
  if (residual) picture = network.add(picture, before);
  if (made.leaky) picture = network.leakyRelu(picture);
  while (picture.height < height) picture = network.enlarge(picture);
  const halving = { kernel: 3, pad: 1, stride: 2 };
  const output = network.convolve(picture, { outputs: 3, ...(picture.height > height && halving) });
  return { file: network.file(output), height, width, input: network.input.data, expected: output.data };
}

/** A network whose every number is exact, but for integers that are rounded as they are defined. */
export function buildIntegers({ seed, height, width, channels, depthwise, picked }) {
  const network = new Network(seed, height, width, true);
  let picture = network.convolve(network.input, { outputs: channels });
  if (depthwise) picture = network.convolve(picture, { kernel: 3, pad: 1, depthwise: true });
  picture = network.convolveIntegers(picture, 20);
  picture = network.pick(picture, picked);
  return { file: network.file(picture), height, width, input: network.input.data, expected: picture.data };
}

/** One for each way to convolve. */
const plain = {
  seed: 1, height: 13, width: 21, inputs: 20, joined: null, first: undefined, outputs: 20, kernel: 3, stride: 1, dilation: 1,
  border: 'reflect', depthwise: false, residual: false, norm: 'layerNorm', leaky: true, up: undefined,
}; // prettier-ignore
export const WAYS = {
  Direct: { ...plain, stride: 2, up: 'before' },
  Winograd: { ...plain, residual: true },
  Fourier: { ...plain, kernel: 7, up: 'after' },
  Depthwise: { ...plain, depthwise: true, norm: 'instanceNorm' },
};
/** Nobody else reads a picture that is read twice; every other pixel is read after a change of shape. */
export const FOUND = [
  { ...plain, inputs: 16, joined: ITSELF },
  { ...plain, inputs: 16, joined: ITSELF, depthwise: true, norm: undefined },
  { ...plain, inputs: 1, first: 'layerNorm', kernel: 1, stride: 2 },
  { ...plain, first: 'depthToSpace', kernel: 1, stride: 2 },
];
