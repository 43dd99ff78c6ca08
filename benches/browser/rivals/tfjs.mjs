// TensorFlow.js's wasm backend (XNNPACK). It reads no ONNX, so the networks are written in its operators, with weights
// of the right shapes and random values: the time does not depend on them.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { answer, watchMemories } from './rival.mjs';

const peak = watchMemories();
let network;
let shape;

const random = (...shape) => tf.randomUniform(shape, -0.1, 0.1);
const leaky = (x) => tf.leakyRelu(x, 0.2);

/** The exact AnimeGANv2 generator. */
function animeganv2() {
  const norm = (channels) => {
    const [gamma, beta] = [tf.ones([channels]), tf.zeros([channels])];
    return (x) => {
      const { mean, variance } = tf.moments(x, [1, 2, 3], true);
      const each = (value) => tf.tile(tf.reshape(value, [1]), [channels]);
      return tf.batchNorm4d(x, each(mean), each(variance), beta, gamma, 1e-5);
    };
  };
  const padded = (x, before, after) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [before, after],
        [before, after],
        [0, 0],
      ],
      'reflect',
    );
  const block = (from, to, size = 3, stride = 1) => {
    const [weights, normalise] = [random(size, size, from, to), norm(to)];
    const [before, after] = stride === 2 ? [0, 1] : [(size - 1) / 2, (size - 1) / 2];
    return (x) => leaky(normalise(tf.conv2d(after ? padded(x, before, after) : x, weights, stride, 'valid')));
  };
  const residual = (from, to) => {
    const middle = 2 * from;
    const [expand, depth, shrink] = [block(from, middle, 1), random(3, 3, middle, 1), random(1, 1, middle, to)];
    const [first, second] = [norm(middle), norm(to)];
    return (x) => {
      const y = leaky(first(tf.depthwiseConv2d(padded(expand(x), 1, 1), depth, 1, 'valid')));
      const z = second(tf.conv2d(y, shrink, 1, 'valid'));
      return from === to ? tf.add(x, z) : z;
    };
  };
  const doubled = (x) => tf.image.resizeBilinear(x, [2 * x.shape[1], 2 * x.shape[2]], true);
  const paint = random(1, 1, 32, 3);
  const layers = [
    block(3, 32, 7), block(32, 64, 3, 2), block(64, 64), block(64, 128, 3, 2), block(128, 128), block(128, 128),
    residual(128, 256), residual(256, 256), residual(256, 256), residual(256, 256), block(256, 128),
    doubled, block(128, 128), block(128, 128), doubled, block(128, 64), block(64, 64), block(64, 32, 7),
    (x) => tf.tanh(tf.conv2d(x, paint, 1, 'valid')),
  ]; // prettier-ignore
  return (photo) => layers.reduce((x, layer) => layer(x), photo);
}

/** Ours (models/train/networks.py). */
function ours({ quarter, eighth, back, polish, head: [first, second] }) {
  const [narrow, wide, widest] = [32, 96, 160];
  const convolution = (from, to, size = 3, stride = 1) => {
    const [weights, bias] = [random(size, size, from, to), random(to)];
    return (x) => tf.add(tf.conv2d(x, weights, stride, 'same'), bias);
  };
  const block = (channels, dilation = 1) => {
    const [expand, shrink] = [convolution(channels, 2 * channels, 1), convolution(2 * channels, channels, 1)];
    const [depth, bias] = [random(3, 3, 2 * channels, 1), random(2 * channels)];
    return (x) => {
      const y = leaky(expand(x));
      return tf.add(x, shrink(leaky(tf.add(tf.depthwiseConv2d(y, depth, 1, 'same', 'NHWC', dilation), bias))));
    };
  };
  const blocks = (chain) => (x) => chain.reduce((x, layer) => layer(x), x);
  const unshuffled = (x) => {
    const [, height, width, channels] = x.shape;
    const split = tf.reshape(x, [height / 2, 2, width / 2, 2, channels]);
    return tf.reshape(tf.transpose(split, [0, 2, 4, 1, 3]), [1, height / 2, width / 2, 4 * channels]);
  };
  const spread = (x) => tf.depthToSpace(x, 2, 'NHWC');
  /** Half as large, blocks, as large again beside what there was, blocks. */
  const within = (from, to, inner, outer) => {
    const [down, up, fuse] = [convolution(from, to, 3, 2), convolution(to, 4 * from, 1), convolution(2 * from, from)];
    return (x) => outer(leaky(fuse(tf.concat([spread(leaky(up(inner(leaky(down(x)))))), x], 3))));
  };
  const trunk = blocks(quarter.map((dilation) => block(wide, dilation)));
  let inner = trunk;
  if (eighth.length > 0) {
    const deep = blocks(eighth.map((dilation) => block(widest, dilation)));
    const below = within(wide, widest, deep, blocks(Array.from({ length: back }, () => block(wide))));
    inner = (x) => below(trunk(x));
  }
  const half = within(narrow, wide, inner, blocks(Array.from({ length: polish }, () => block(narrow))));
  const [stem, upFull] = [convolution(12, narrow), convolution(narrow, 32)];
  const head = [convolution(11, first), convolution(first, second), convolution(second, 3)];
  return (photo) => {
    const full = spread(upFull(half(leaky(stem(unshuffled(photo))))));
    const painted = head[2](leaky(head[1](leaky(head[0](tf.concat([full, photo], 3))))));
    return tf.tanh(tf.add(painted, tf.mul(photo, 1.5)));
  };
}

const fast = () => ours({ quarter: [1, 2, 4, 1, 2, 4, 2], eighth: [], back: 0, polish: 1, head: [16, 16] });
const fine = () =>
  ours({
    quarter: Array(5).fill(1),
    eighth: [1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1],
    back: 1,
    polish: 2,
    head: [24, 24],
  });

answer({
  async start(given) {
    shape = [1, given.height, given.width, 3];
    setWasmPaths(new URL('./', self.location.href).href);
    // The count holds for the build with threads, which is taken where memory can be shared.
    setThreadsCount(given.threads || 1);
    await tf.setBackend('wasm');
    await tf.ready();
    network = { animeganv2, fast, fine }[given.tier]();
  },
  async run(input) {
    const photo = tf.tensor4d(input, shape);
    const result = tf.tidy(() => network(photo));
    const values = await result.data();
    tf.dispose([photo, result]);
    return values;
  },
  peak,
});
