import { NijigenError, type Converter, type ModelRange, type ValueRange } from '../../client/index.js';

/** What a model takes and what it gives. */
export type Range = Exclude<ModelRange, ValueRange>;

/** A picture as a model draws it, its values read so; without a range as they were found out. */
export interface Reading {
  readonly range?: Range;
  readonly picture: Blob;
}

/** Enough to judge colours by, drawn in a moment. */
const SIDE = 256;
const ENDS: readonly ValueRange[] = [
  [-1, 1],
  [0, 1],
  [0, 255],
];
const ALL: readonly Range[] = ENDS.flatMap((input) => ENDS.map((output) => ({ input, output })));
/** Most models give what they take. */
const RANGES = [...ALL.filter(({ input, output }) => input === output), ...ALL.filter((r) => r.input !== r.output)];

/** A model that is not kept, and what it draws. */
export interface Drawn {
  readonly model: File;
  readonly photo: Blob;
  readonly signal?: AbortSignal;
}

export async function read(converter: Converter, { photo, ...model }: Drawn, range?: Range): Promise<Reading> {
  const values = range && { modelRange: range };
  const fleeting = { maxSide: SIDE, format: 'png', label: null, cache: 'off' } as const;
  const { blob } = await converter.convert(photo, { ...fleeting, ...model, ...values });
  return { picture: blob, ...(range && { range }) };
}

/** The other readings that give a picture, each as soon as it is drawn, and none twice. */
export async function* others(
  converter: Converter,
  what: Drawn,
  first: Reading,
): AsyncGenerator<Reading, void, undefined> {
  const known = [await first.picture.arrayBuffer()];
  for (const range of RANGES) {
    const reading = await read(converter, what, range).catch((error: unknown) => {
      if (error instanceof NijigenError && error.code === 'cancelled') throw error;
      // One colour is all that these values give.
      return undefined;
    });
    const bytes = await reading?.picture.arrayBuffer();
    if (!reading || !bytes || known.some((other) => equal(other, bytes))) continue;
    known.push(bytes);
    yield reading;
  }
}

function equal(one: ArrayBuffer, other: ArrayBuffer): boolean {
  const [a, b] = [new Uint8Array(one), new Uint8Array(other)];
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
