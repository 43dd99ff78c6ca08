// In every build each operator of ours gives what its definition gives, whatever the sizes: small networks that chance
// makes, drawn by the engine and in loops.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { VARIANTS } from './browser.mjs';
import { stage } from './engines.mjs';
import { build, buildIntegers, FOUND, random, WAYS } from './random-networks.mjs';

const NETWORKS = 60;
/** Between values of about 1. */
const TOLERANCE = 1e-4;
let engines;

before(async () => {
  engines = await stage();
});
after(() => engines?.close());

/** Draws a network: the output, and the names of the operators that ran. */
async function draw(engine, { file, height, width, input }) {
  await engine.start(file, width, height);
  const values = new Float32Array(input);
  const output = await engine.ask('run', values);
  const lines = await engine.ask('profile', values);
  return { output, operators: lines.flatMap((line) => line.split('\t')[2].split(' ')[0].split('+')) };
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
      assert.equal(operators.at(-1), 'ToTensor');
      assert.equal(operators.filter((name) => /Tensor$/.test(name)).length, 1, operators.join(', '));
    }
    for (const made of FOUND) await right(made);
    const property = fc.asyncProperty(random, async (made) => void (await right(made)));
    const seed = Number(process.env.NIJIGEN_SEED ?? Math.random() * 2 ** 31) | 0;
    await fc.assert(property, { numRuns: NETWORKS, seed, includeErrorInReport: true });
    for (const depthwise of [false, true]) {
      // Of all panels and both of their vectors; two pixels are left at a row's end.
      const picked = depthwise ? [0, 6, 19] : [3, 9, 13];
      const network = buildIntegers({ seed: 3, height: 19, width: 50, channels: 48, depthwise, picked });
      const { output, operators } = await draw(engine, network);
      assert.ok(operators.includes('IntegerConvolution'), operators.join(', '));
      assert.deepEqual(
        output,
        Float32Array.from(network.expected),
        'integers are added bit for bit as they are defined',
      );
    }
    if (variant.endsWith('-threads')) assert.ok((await engine.ask('helped')) > 0, 'the other thread never helped');
    await engine.close();
  });
}
