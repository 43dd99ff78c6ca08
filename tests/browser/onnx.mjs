// Writes ONNX files, in protobuf's wire format, without asking whether they make sense.

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const more = rest > 0x7fn;
    bytes.push(Number(rest & 0x7fn) | (more ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** One message: numbers are whole, bytes and texts as they are, a list is one field many times. */
export function message(fields) {
  const parts = [];
  const write = (number, value) => {
    if (Array.isArray(value)) for (const one of value) write(number, one);
    else if (typeof value === 'number' || typeof value === 'bigint') parts.push(varint(number << 3), varint(value));
    else if (value !== undefined) {
      const bytes = Buffer.from(value);
      parts.push(varint((number << 3) | 2), varint(bytes.length), bytes);
    }
  };
  for (const [number, value] of Object.entries(fields)) write(Number(number), value);
  return Buffer.concat(parts);
}

export const [FLOAT, INT8] = [1, 3];
const INT64 = 7;
export const floats = (...values) => Buffer.from(new Float32Array(values).buffer);
export const longs = (...values) => Buffer.from(new BigInt64Array(values.map(BigInt)).buffer);

/** `more` are fields beside those: 13 is external data, 14 where the data lies. */
export const tensor = (name, dims, raw, { type = FLOAT, ...more } = {}) =>
  message({ 1: dims, 2: type, 8: name, 9: raw, ...more });
export const whole = (name, ...values) => tensor(name, [values.length], longs(...values), { type: INT64 });

/** Attributes are whole numbers, lists of them, texts, or tensors. */
export const node = (kind, inputs, outputs, attributes = {}) =>
  message({ 1: inputs, 2: outputs, 4: kind, 5: Object.entries(attributes).map(attribute) });

function attribute([name, value]) {
  if (Array.isArray(value)) return message({ 1: name, 8: value, 20: 7 });
  if (typeof value === 'string') return message({ 1: name, 4: value, 20: 3 });
  if (Buffer.isBuffer(value)) return message({ 1: name, 5: value, 20: 4 });
  return message({ 1: name, 3: value, 20: 2 });
}

/** A value's name, type and shape; a side that is a text is free. */
export const value = (name, dims) => {
  const shape = message({ 1: dims.map((side) => message({ [typeof side === 'string' ? 2 : 1]: side })) });
  return message({ 1: name, 2: message({ 1: message({ 1: FLOAT, 2: shape }) }) });
};

const IMAGE = [1, 3, 'height', 'width'];

/** A model from `input` to `output`, pictures in both. */
export const model = ({
  nodes = [],
  weights = [],
  inputs = [value('input', IMAGE)],
  output = value('output', IMAGE),
}) =>
  message({
    1: 8,
    7: message({ 1: nodes, 2: 'graph', 5: weights, 11: inputs, 12: output }),
    8: message({ 2: 13 }),
  });

/** One convolution with these 3 × 3 weights, of 1 × 1 pixel each, and tanh. */
export const generator = (weights, bias = [0, 0, 0]) =>
  model({
    nodes: [node('Conv', ['input', 'w', 'b'], ['mixed']), node('Tanh', ['mixed'], ['output'])],
    weights: [tensor('w', [3, 3, 1, 1], floats(...weights)), tensor('b', [3], floats(...bias))],
  });
