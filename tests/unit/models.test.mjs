import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Models } from '../../www/client/models.ts';

const shipped = (style, tier) => ({
  entry: { id: `${style}-${tier}`, style, tier, sha256: 'abc' },
  url: `https://host/${style}-${tier}.onnx`,
});

test('a style that is none is told with those that can be given, as they are given', async () => {
  const models = await Models.open([shipped('meadow', 'fast'), shipped('skyline', 'fast'), shipped('meadow', 'fine')]);
  const mine = await models.own.add(new Blob(['model']), { name: 'My own' }, []);
  const offered = /on offer: meadow \(fast, fine\), skyline \(fast\), my-own\./;
  for (const wrong of [['meadow-fast'], ['skyline', 'fine'], ['nobody']])
    assert.throws(() => models.find(...wrong), { code: 'bad-model', message: offered });
  for (const style of ['meadow', 'skyline', mine]) models.find(style);
  const none = await Models.open([]);
  assert.throws(() => none.find(), { code: 'bad-model', message: /on offer: none\./ });
});
