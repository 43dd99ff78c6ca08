// node convert.js PHOTO RESULT
import { readFile, writeFile } from 'node:fs/promises';
import { argv, getActiveResourcesInfo } from 'node:process';
import { createConverter, NijigenError } from 'nijigen';
import skyline from 'nijigen/models/skyline-fast';
import { createConverter as slim } from 'nijigen/slim';

const [, , photo, result] = argv as [string, string, string, string];
const converter = await createConverter();
const listed = await converter.cache.list();
// What is left would keep the program from ending.
const timers = getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
const options = { style: 'meadow', maxSide: 256 } as const;
const shares: number[] = [];
const first = await converter.convert(photo, {
  ...options,
  onProgress: ({ stage, loaded, total }) => stage === 'inference' && shares.push(loaded / total),
});
await writeFile(result, Buffer.from(await first.blob.arrayBuffer()));
const again = await converter.convert(await readFile(photo), options);
const aborted = await converter
  .convert(new URL(`file://${photo}`), { ...options, cache: 'off', signal: AbortSignal.abort() })
  .catch((error: unknown) => error);
const late = await converter
  .convert(photo, { ...options, maxSide: 512, cache: 'off', timeout: 1 })
  .catch((error: unknown) => error);
const own = await converter.addModel(new URL(import.meta.resolve('nijigen/models/skyline-fast.onnx')), {
  name: 'Mine',
});
const mine = await converter.convert(photo, { style: own, maxSide: 256 });
const refused = await converter.addModel(photo, { name: 'none' }).catch((error: unknown) => error);
const one = await slim({ models: [skyline] });
const chosen = await one.convert(photo, { maxSide: 256, cache: 'off' });
// All have one engine; each revises what it has drawn itself.
const drawn = { maxSide: 256, cache: 'off', revisable: true, label: null } as const;
const drawings = [await converter.convert(photo, drawn), await one.convert(photo, drawn)] as const;
const bytes = async (made: { blob: Blob } | undefined) =>
  made && Buffer.from(await made.blob.arrayBuffer()).toString('hex');
const same = async (at: 0 | 1) => {
  const revised = await [converter, one][at]?.revise(drawings[at], { label: null });
  return (await bytes(revised)) === (await bytes(drawings[at]));
};
const careless = await converter.convert(photo, {
  ...options,
  cache: 'off',
  onProgress: () => {
    throw new Error('of the program');
  },
});
const code = (error: unknown) => (error instanceof NijigenError ? error.code : error);
console.log(
  JSON.stringify({
    timers: [listed.length, timers],
    size: [first.width, first.height],
    progressed: shares.length > 2 && shares.at(-1) === 1,
    caches: [first.cache, again.cache],
    aborted: code(aborted),
    late: code(late),
    own: [own, mine.style, mine.cache],
    refused: code(refused),
    slim: [one.styles().map(({ id }) => id), chosen.style],
    careless: careless.width,
    memory: converter.memory >= first.memory && first.memory > 1e6,
    revised: [await same(0), await same(1), (await one.revise(drawings[0], {})) === undefined],
    stats: (await converter.cache.stats()).entries,
  }),
);
one.dispose();
converter.dispose();
