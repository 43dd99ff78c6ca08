// Whose drawing is revised where several converters have one engine, as all of a program in Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Converter } from '../../www/client/converter.ts';

/** An engine that holds drawings by name; each is the photo itself. */
function engine() {
  const held = new Map();
  return {
    alive: true,
    convert: async ({ photo, drawing }) => (held.set(drawing, photo), { blob: photo, drawing }),
    revise: async (drawing) => (held.has(drawing) ? { blob: held.get(drawing), encode: 1 } : undefined),
  };
}

const entry = { style: 'meadow', tier: 'fast' };
const models = { find: () => ({ entry }), preview: () => undefined };
const converterWith = (worker) => new Converter(models, { run: (work) => work(worker) }, false, []);

test('each converter revises its own drawings and no other’s', async () => {
  const shared = engine();
  const converters = [converterWith(shared), converterWith(shared)];
  const photos = [new Blob(['one']), new Blob(['two'])];
  const made = [];
  for (const [at, converter] of converters.entries())
    made.push(await converter.convert(photos[at], { revisable: true }));
  for (const [at, converter] of converters.entries()) {
    assert.equal((await converter.revise(made[at], { strength: 0.5 })).blob, photos[at]);
    assert.equal(await converter.revise(made[1 - at], { strength: 0.5 }), undefined);
  }
});

test('each drawing has its own name', async () => {
  const converter = converterWith(engine());
  const made = await Promise.all(Array.from({ length: 100 }, () => converter.convert(new Blob(), { revisable: true })));
  assert.equal(new Set(made.map(({ drawing }) => drawing)).size, 100);
  assert.equal((await converter.convert(new Blob())).drawing, undefined);
});
