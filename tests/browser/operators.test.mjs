// In every build each operator of ours gives what its definition gives, whatever the sizes: small networks that chance
// makes, drawn by the engine and in loops.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { VARIANTS } from './browser.mjs';
import { stage } from './engines.mjs';
import { Network } from './networks.mjs';

const NETWORKS = 60;
/** Between values of about 1. */
const TOLERANCE = 1e-4;
let engines;

before(async () => {
  engines = await stage();
});
after(() => engines?.close());

/** Whole vectors, which may lie side by side, as often as others. */
const channels = fc.oneof(
  fc.integer({ min: 1, max: 36 }),
  fc.integer({ min: 1, max: 9 }).map((vectors) => 4 * vectors),
);
/** Beside the picture lies the same with an activation: one picture that is read in two ways. */
const ITSELF = 'itself';
/** What there may be between two 1×1 convolutions. */
const middle = fc.record({
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
function build(made) {
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

/** One for each way to convolve. */
const plain = {
  seed: 1, height: 13, width: 21, inputs: 20, joined: null, first: undefined, outputs: 20, kernel: 3, stride: 1, dilation: 1,
  border: 'reflect', depthwise: false, residual: false, norm: 'layerNorm', leaky: true, up: undefined,
}; // prettier-ignore
const WAYS = {
  Direct: { ...plain, stride: 2, up: 'before' },
  Winograd: { ...plain, residual: true },
  Fourier: { ...plain, kernel: 7, up: 'after' },
  Depthwise: { ...plain, depthwise: true, norm: 'instanceNorm' },
};
/** Nobody else reads a picture that is read twice; every other pixel is read after a change of shape. */
const FOUND = [
  { ...plain, inputs: 16, joined: ITSELF },
  { ...plain, inputs: 16, joined: ITSELF, depthwise: true, norm: undefined },
  { ...plain, inputs: 1, first: 'layerNorm', kernel: 1, stride: 2 },
  { ...plain, first: 'depthToSpace', kernel: 1, stride: 2 },
];

/** Draws a network: the output, and the names of the operators that ran. */
async function draw(engine, { file, height, width, input }) {
  await engine.start(file, width, height);
  const values = new Float32Array(input);
  const output = await engine.ask('run', values);
  const lines = await engine.ask('profile', values);
  return { output, operators: lines.map((line) => line.split('\t')[2].split(' ')[0]) };
}

for (const variant of VARIANTS) {
  test(`${variant}: networks are drawn as their operators are defined`, async () => {
    const engine = await engines.open(variant);
    const right = async (made) => {
      const network = build(made);
      const { output, operators } = await draw(engine, network);
      assert.equal(output.length, network.expected.length);
      const worst = output.reduce((worst, value, i) => Math.max(worst, Math.abs(value - network.expected[i])), 0);
      assert.ok(worst <= TOLERANCE, `${worst} by ${operators.join(', ')}`);
      return operators;
    };
    for (const [way, made] of Object.entries(WAYS)) {
      const operators = await right(made);
      assert.ok(operators.includes(`${way}Convolution`), `${way}: ${operators.join(', ')}`);
      // Nothing of these is left to tract but arithmetic on a value per channel.
      assert.deepEqual([operators.indexOf('FromTensor'), operators.lastIndexOf('ToTensor')], [1, operators.length - 1]);
      assert.equal(operators.filter((name) => /Tensor$/.test(name)).length, 2, operators.join(', '));
    }
    for (const made of FOUND) await right(made);
    const property = fc.asyncProperty(middle, async (made) => void (await right(made)));
    const seed = Number(process.env.NIJIGEN_SEED ?? Math.random() * 2 ** 31) | 0;
    await fc.assert(property, { numRuns: NETWORKS, seed, includeErrorInReport: true });
    if (variant.endsWith('-threads')) assert.ok((await engine.ask('helped')) > 0, 'the other thread never helped');
    await engine.close();
  });
}
