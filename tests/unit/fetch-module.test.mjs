// A module that could not be fetched can be had later, whatever the browser remembers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchModule } from '../../www/app/shell/fetch-module.ts';

const URL = 'https://host/assets/moving-0123.js';

/** A network of these answers, one after the other, and a browser that never asks again for a module that failed. */
function browser(t, answers) {
  const fetched = () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  t.mock.method(globalThis, 'fetch', async () => fetched());
  const modules = new Map();
  return (url) => {
    if (!modules.has(url))
      modules.set(
        url,
        Promise.resolve().then(() => fetched().text()),
      );
    return modules.get(url);
  };
}

const script = () => new Response('the module');
/** It begins to come, and breaks off. */
const half = () =>
  new Response(
    new ReadableStream({
      start: (stream) => stream.enqueue(new Uint8Array(3)),
      pull: (stream) => stream.error(new TypeError('broken off')),
    }),
  );

test('without a network, from a host that has none, and where it breaks off; then it is there', async (t) => {
  for (const fault of [new TypeError('no network'), new Response('', { status: 503 }), half()]) {
    const load = browser(t, [fault, script(), script()]);
    await assert.rejects(fetchModule(URL, load));
    assert.equal(await fetchModule(URL, load), 'the module');
    t.mock.restoreAll();
  }
});

test('what is there is the same module each time', async () => {
  const url = 'data:text/javascript,export const made = {};';
  const [one, other] = [await fetchModule(url), await fetchModule(url)];
  assert.ok(one.made);
  assert.equal(one, other);
});
