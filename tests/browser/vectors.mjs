// The vectors of tests/vectors/ for tests in JavaScript: models with the weights that their files leave out, inputs, and
// what ONNX Runtime made of them (tests/vectors/README.md says how they are made and filled).
import { readFileSync } from 'node:fs';
import { message } from './onnx.mjs';

const ROOM = 'tests/vectors';
export const { good, tolerance } = JSON.parse(readFileSync(`${ROOM}/vectors.json`, 'utf8'));

const wrapped = (value) => BigInt.asUintN(64, value);

/** SplitMix64's top 24 bits, in [-1, 1). */
export function signedUnit(seed, count) {
  const values = new Float32Array(count);
  let state = wrapped(seed);
  for (let i = 0; i < count; i++) {
    let z = (state = wrapped(state + 0x9e3779b97f4a7c15n));
    z = wrapped((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = wrapped((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    values[i] = Number((z ^ (z >> 31n)) >> 40n) * 2 ** -23 - 1;
  }
  return values;
}

/** 64-bit FNV-1a. */
const hash = (text) =>
  Buffer.from(text).reduce((h, byte) => wrapped((h ^ BigInt(byte)) * 0x100000001b3n), 0xcbf29ce484222325n);

/** The fields of a message in protobuf's wire format: number, bytes with their tag, and what is in those of a length. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    for (let [value, by] = [0, 1]; ; by *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * by;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const begin = at;
    const tag = varint();
    const kind = tag & 7;
    let inside;
    if (kind === 2) {
      const length = varint();
      inside = bytes.subarray(at, (at += length));
    } else if (kind === 0) varint();
    else at += kind === 1 ? 8 : 4;
    yield { number: tag >> 3, whole: bytes.subarray(begin, at), inside };
  }
}

const [GRAPH, INITIALIZER, NAME, RAW_DATA] = [7, 5, 8, 9];
const replaced = (bytes, number, by) =>
  Buffer.concat([...fields(bytes)].map((field) => (field.number === number ? by(field) : field.whole)));

/** A model's file with the weights it leaves out. */
export function filled({ file, fill }) {
  const wanted = new Map(fill.map((tensor) => [tensor.name, tensor]));
  return replaced(readFileSync(file), GRAPH, ({ inside: graph }) => {
    const whole = replaced(graph, INITIALIZER, ({ whole, inside: tensor }) => {
      const name = [...fields(tensor)].find(({ number }) => number === NAME).inside.toString();
      const found = wanted.get(name);
      if (!found) return whole;
      const values = signedUnit(
        hash(name),
        found.dims.reduce((product, side) => product * side, 1),
      );
      const raw = values.map((u) => found.centre + Math.fround(found.bound * u));
      // Of two fields of one number the later one holds.
      return message({ [INITIALIZER]: Buffer.concat([tensor, message({ [RAW_DATA]: Buffer.from(raw.buffer) })]) });
    });
    return message({ [GRAPH]: whole });
  });
}

/** Width, height, input and ONNX Runtime's output of a case. */
export function values({ input_shape: shape, input_seed: seed, expected }) {
  const [, a, b, c] = shape;
  const [height, width] = a === 3 ? [b, c] : [a, b];
  const bytes = readFileSync(`${ROOM}/${expected}`);
  const output = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { width, height, input: signedUnit(BigInt(seed), a * b * c), output };
}
