// Models that want to do harm, or were written by a program that failed. All are made here; none has more than a few kB
// but for the last ones.
import { noise } from './noise.mjs';
import { floats, generator, longs, message, model, node, tensor, value, whole } from './onnx.mjs';

const EVEN = [0.5, 0.3, 0.2, 0.1, 0.8, 0.1, 0.2, 0.2, 0.6];

/** Mixes the colours: what every other model here is one step away from. */
export const SOUND = generator(EVEN);

/** Numbers in 1 GB. */
const GB = 2 ** 28;
const TANH = node('Tanh', ['mixed'], ['output']);

/** Weights that are not as they are said to be. */
const weighted = (dims, raw, more) =>
  model({
    nodes: [node('Conv', ['input', 'w'], ['mixed']), TANH],
    weights: [tensor('w', dims, raw, more)],
  });

/** The input through one operator, and tanh. */
export const through = (kind, attributes = {}, weights = [], ...names) =>
  model({ nodes: [node(kind, ['input', ...names], ['mixed'], attributes), TANH], weights });

const onesOf = [node('ConstantOfShape', ['s'], ['much'], { value: tensor('', [1], floats(1)) })];

/** Adds to the input the largest of the numbers that `nodes` make of `weights` under the name `much`. */
const much = (nodes, weights) =>
  model({
    nodes: [
      ...nodes,
      node('ReduceMax', ['much'], ['least'], { keepdims: 0 }),
      node('Add', ['input', 'least'], ['mixed']),
      TANH,
    ],
    weights,
  });

const external = (location) => ({
  13: [message({ 1: 'location', 2: location }), message({ 1: 'length', 2: '36' })],
  14: 1,
});

/** The graph that an operator holds, in itself again and again. */
function nested(levels) {
  let graph = message({ 1: node('Identity', ['input'], ['inner']), 12: value('inner', [1, 3, 'h', 'w']) });
  for (let level = 0; level < levels; level++) {
    const attribute = message({ 1: 'then_branch', 6: graph, 20: 5 });
    graph = message({ 1: message({ 1: 'yes', 2: 'inner', 4: 'If', 5: attribute }), 12: value('inner', [1]) });
  }
  return message({ 1: 8, 7: graph, 8: message({ 2: 13 }) });
}

const NINE = floats(...EVEN);

/** By what is wrong with them; each is refused as `bad-model`. */
export const MODELS = {
  'weights that are NaN': generator(EVEN.map(() => NaN)),
  'one weight that is NaN': generator([NaN, ...EVEN.slice(1)]),
  'weights that are infinite': generator(EVEN.map(() => Infinity)),
  'a bias that is NaN': generator(EVEN, [0, NaN, 0]),
  'a logarithm of what is below zero': through('Log'),

  'weights without a side': weighted([0, 3, 1, 1], Buffer.alloc(0)),
  'weights with a negative side': weighted([3, -3, 1, 1], NINE),
  'weights with sides whose product overflows': weighted([2 ** 32, 2 ** 32, 3, 3], NINE),
  'weights for another number of channels': weighted([3, 7, 1, 1], floats(...Array(21).fill(0.1))),
  'weights with more values than their shape': weighted([3, 3, 1, 1], floats(...EVEN, 1)),
  'weights of an unknown type': weighted([3, 3, 1, 1], NINE, { type: 99 }),
  'weights with 300 sides': weighted(Array(300).fill(1), floats(1)),
  'a convolution in steps of 0': through('Conv', { strides: [0, 0] }, [tensor('w', [3, 3, 1, 1], NINE)], 'w'),
  'a convolution with endless padding': through(
    'Conv',
    { pads: Array(4).fill(2 ** 30) },
    [tensor('w', [3, 3, 1, 1], NINE)],
    'w',
  ),
  'a convolution as wide as memory': through(
    'Conv',
    { dilations: [2 ** 30, 2 ** 30] },
    [tensor('w', [3, 3, 3, 3], floats(...Array(81).fill(0.1)))],
    'w',
  ),
  'a convolution of −1 groups': through('Conv', { group: -1 }, [tensor('w', [3, 3, 1, 1], NINE)], 'w'),
  'axes that there are not': through('Transpose', { perm: [9, 9, 9, 9] }),
  'a shape that does not fit': through('Reshape', {}, [whole('s', 2 ** 40, 3)], 's'),
  'a shape of nothing but guesses': through('Reshape', {}, [whole('s', -1, -1, -1, -1)], 's'),
  'a picture padded beyond memory': through('Pad', {}, [whole('p', 0, 0, 0, 0, 0, 0, 2 ** 31, 2 ** 31)], 'p'),
  'a picture cropped below nothing': through('Pad', {}, [whole('p', 0, 0, -99, -99, 0, 0, -99, -99)], 'p'),
  'a picture enlarged beyond memory': through(
    'Resize',
    { mode: 'nearest' },
    [tensor('r', [0], Buffer.alloc(0)), tensor('x', [4], floats(1, 1, 1e6, 1e6))],
    'r',
    'x',
  ),
  'a picture enlarged beyond memory, and made small again': model({
    nodes: [
      node('Resize', ['input', 'r', 'up'], ['large'], { mode: 'nearest' }),
      node('Resize', ['large', 'r', 'down'], ['mixed'], { mode: 'nearest' }),
      TANH,
    ],
    weights: [
      tensor('r', [0], Buffer.alloc(0)),
      tensor('up', [4], floats(1, 1, 4096, 4096)),
      tensor('down', [4], floats(1, 1, 1 / 4096, 1 / 4096)),
    ],
  }),
  'an input as large as a country': model({
    nodes: [node('Tanh', ['input'], ['output'])],
    inputs: [value('input', [1, 3, 100_000, 100_000])],
  }),
  'an input with sides beyond 32 bits': model({
    nodes: [node('Tanh', ['input'], ['output'])],
    inputs: [value('input', [1, 3, 2 ** 40, 2 ** 40])],
  }),
  'an input whose side is a thousand brackets': model({
    nodes: [node('Tanh', ['input'], ['output'])],
    inputs: [value('input', [1, 3, '('.repeat(100_000), 'w'])],
  }),

  'forty sums of pictures whose sides disagree': model({
    nodes: [
      ...Array.from({ length: 40 }, (_, i) => [
        node('Pad', [i ? `sum${i - 1}` : 'input', 'p'], [`padded${i}`]),
        node('Add', [i ? `sum${i - 1}` : 'input', `padded${i}`], [`sum${i}`]),
      ]).flat(),
      node('Tanh', ['sum39'], ['output']),
    ],
    weights: [whole('p', 0, 0, 0, 0, 0, 0, 1, 1)],
  }),

  'an output that is made of itself': model({ nodes: [node('Identity', ['output'], ['output'])] }),
  'an output in a circle of copies': model({
    nodes: [node('Identity', ['b'], ['output']), node('Identity', ['output'], ['b'])],
  }),
  'two operators that wait for each other': model({
    nodes: [node('Add', ['input', 'b'], ['a']), node('Add', ['input', 'a'], ['b']), node('Tanh', ['b'], ['output'])],
  }),
  'an input that nothing makes': through('Add', {}, [], 'nowhere'),
  'an output that nothing makes': model({ nodes: [node('Tanh', ['input'], ['other'])] }),
  'an operator that there is not': through('Detonate'),

  'weights of 2 GB that are not there': weighted([2 ** 17, 2 ** 10, 2, 2], Buffer.alloc(0)),
  'weights of 2 GB with 36 bytes': weighted([2 * GB], NINE),
  '2 GB of ones': much(onesOf, [whole('s', 2 * GB)]),
  '1 GB of ones': much(onesOf, [whole('s', GB)]),
  '1 GB by repetition': much([node('Tile', ['t', 's'], ['much'])], [tensor('t', [1], floats(1)), whole('s', GB)]),
  '1 GB by stretching': much([node('Expand', ['t', 's'], ['much'])], [tensor('t', [1], floats(1)), whole('s', GB)]),
  '1 GB by counting': much(
    [node('Range', ['from', 'to', 'by'], ['counted']), node('Cast', ['counted'], ['much'], { to: 1 })],
    [0, GB / 2, 1].map((n, i) => tensor(['from', 'to', 'by'][i], [], longs(n), { type: 7 })),
  ),
  'a product of 1 TB': much(
    [
      node('ConstantOfShape', ['s'], ['a'], { value: tensor('', [1], floats(1)) }),
      node('Transpose', ['a'], ['b'], { perm: [1, 0] }),
      node('MatMul', ['a', 'b'], ['much']),
    ],
    [whole('s', 2 ** 19, 1)],
  ),

  'weights in another file': weighted([3, 3, 1, 1], undefined, external('weights.bin')),
  'weights in a file of the system': weighted([3, 3, 1, 1], undefined, external('../../../etc/passwd')),
  'weights at a URL': weighted([3, 3, 1, 1], undefined, external('http://127.0.0.1/weights')),
  'a constant in another file': model({
    nodes: [
      node('Constant', [], ['w'], { value: tensor('', [3, 3, 1, 1], undefined, external('weights.bin')) }),
      node('Conv', ['input', 'w'], ['mixed']),
      TANH,
    ],
  }),
  'weights only said to be elsewhere': weighted([3, 3, 1, 1], undefined, { 14: 1 }),

  nothing: Buffer.alloc(0),
  'random bytes': noise(4096),
  'a million random bytes': noise(1 << 20),
  'a text': Buffer.from('<!doctype html><title>404</title>'),
  'half a model': SOUND.subarray(0, SOUND.length / 2),
  'a model and random bytes': Buffer.concat([SOUND, noise(256)]),
  'a length beyond the end': Buffer.concat([SOUND.subarray(0, 2), Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f])]),
  '100,000 messages in each other': Buffer.alloc(200_000, Buffer.from([0x3a, 0x80])),
  'a graph in a graph, 20 times': nested(20),
  'a graph in a graph, 500 times': nested(500),
};

const FIXED = [1, 3, 1200, 1200];
const WIDE = 128;
/** About zero. */
const chance = (count) => floats(...[...noise(count)].map((byte) => byte / 1000 - 0.128));

/** Sound, but it is drawn at its own size to find out what it takes; its normalisation needs 740 MB in one piece. */
export const LARGE = model({
  nodes: [
    node('Conv', ['input', 'w'], ['wide']),
    node('InstanceNormalization', ['wide', 'ones', 'zeros'], ['normal']),
    node('LeakyRelu', ['normal'], ['leaky']),
    node('Conv', ['leaky', 'v'], ['mixed']),
    TANH,
  ],
  weights: [
    tensor('w', [WIDE, 3, 1, 1], chance(WIDE * 3)),
    tensor('ones', [WIDE], floats(...Array(WIDE).fill(1))),
    tensor('zeros', [WIDE], floats(...Array(WIDE).fill(0))),
    tensor('v', [3, WIDE, 1, 1], chance(WIDE * 3)),
  ],
  inputs: [value('input', FIXED)],
  output: value('output', FIXED),
});

const REPEATED = ['exp', 'sigmoid', 'tanh'];
/** Sound, but of a picture of 320 × 180 it makes four of 1.7 GB each that it needs together. */
export const ENORMOUS = model({
  nodes: [
    node('Tile', ['input', 'r'], ['large']),
    node('Exp', ['large'], ['exp']),
    node('Sigmoid', ['large'], ['sigmoid']),
    node('Tanh', ['large'], ['tanh']),
    ...REPEATED.map((name, i) => node('Add', [['large', 'sum0', 'sum1'][i], name], [`sum${i}`])),
    node('ReduceMax', ['sum2'], ['least'], { keepdims: 0 }),
    node('Add', ['input', 'least'], ['mixed']),
    TANH,
  ],
  weights: [whole('r', 1, 1, 50, 50)],
});
