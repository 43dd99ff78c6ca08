// In every build each operator of ours gives what its definition gives, whatever the sizes: small networks that chance
// makes, drawn by the engine and in loops.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { bundleOurs } from '../../benches/browser/modules.mjs';
import { launch, VARIANTS } from './browser.mjs';
import { Network } from './networks.mjs';
import { serve } from './server.mjs';

const THREADS = 2;
const NETWORKS = 60;
/** Between values of about 1. */
const TOLERANCE = 1e-4;
const folder = mkdtempSync(join(tmpdir(), 'nijigen-'));
let browser, server;

before(async () => {
  for (const variant of VARIANTS) await bundleOurs(folder, variant);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>operators</title><link rel="icon" href="data:,">');
  server = await serve(folder, { throttled: false, isolated: true });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** Whole vectors, which may lie side by side, as often as others. */
const channels = fc.oneof(
  fc.integer({ min: 1, max: 36 }),
  fc.integer({ min: 1, max: 9 }).map((vectors) => 4 * vectors),
);
/** What there may be between two 1×1 convolutions. */
const middle = fc.record({
  seed: fc.nat(),
  height: fc.integer({ min: 6, max: 18 }),
  width: fc.integer({ min: 6, max: 50 }),
  inputs: channels,
  joined: fc.option(channels),
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
  const { kernel, border, depthwise } = made;
  const shuffled = made.up === 'after';
  // One channel, 1×1 and a stride are too much for tract's own analysis (0.23.9: “Invalid axis”).
  const stride = kernel === 1 ? 1 : made.stride;
  // Where sides are halved they must be even, for the output is to be as large as the input.
  const [height, width] = [made.height, made.width].map((side) => side + (side % stride));
  // A mirror shows no more than there is.
  const dilation = kernel <= 3 ? made.dilation : 1;
  const network = new Network(made.seed, height, width);
  let picture = network.convolve(network.input, { outputs: made.inputs });
  if (made.joined) {
    const other = network.leakyRelu(network.convolve(network.input, { outputs: made.joined }));
    picture = network.concatenate(picture, other);
  }
  if (made.up === 'before') picture = network.enlarge(picture);
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

/** Draws networks in a worker of the page: outputs, and the names of the operators that ran. */
async function worker(page, variant) {
  const script = `ours-${variant}.js`;
  const fixed = { wasm: `${variant}.wasm`, threads: variant.endsWith('-threads') ? THREADS : 0 };
  await page.goto(server.url);
  await page.evaluate((script) => {
    const worker = new Worker(script, { type: 'module' });
    window.ask = (command, argument) =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.result));
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage({ command, argument });
      });
  }, script);
  return ({ file, height, width, input }) =>
    page.evaluate(
      async ({ fixed, base64, height, width, input }) => {
        const model = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
        await window.ask('start', { ...fixed, model, width, height });
        const output = Array.from(await window.ask('run', new Float32Array(input)));
        const lines = await window.ask('profile', new Float32Array(input));
        return { output, operators: lines.map((line) => line.split('\t')[2].split(' ')[0]) };
      },
      { fixed, base64: file.toString('base64'), height, width, input: Array.from(input) },
    );
}

for (const variant of VARIANTS) {
  test(`${variant}: networks are drawn as their operators are defined`, async () => {
    const page = await browser.newPage();
    const draw = await worker(page, variant);
    const ran = new Set();
    const right = async (made) => {
      const network = build(made);
      const { output, operators } = await draw(network);
      for (const operator of operators) ran.add(operator);
      assert.equal(output.length, network.expected.length);
      const worst = output.reduce((worst, value, i) => Math.max(worst, Math.abs(value - network.expected[i])), 0);
      assert.ok(worst <= TOLERANCE, `${worst} by ${operators.join(', ')}`);
    };
    await fc.assert(fc.asyncProperty(middle, right), { numRuns: NETWORKS, includeErrorInReport: true });
    for (const method of ['Direct', 'Winograd', 'Fourier', 'Depthwise'])
      assert.ok(ran.has(`${method}Convolution`), `none of ${NETWORKS} networks had a ${method}Convolution`);
    await page.close();
  });
}
