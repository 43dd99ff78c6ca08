import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMetered } from '../../www/app/shell/connection.ts';

test('nothing is fetched unasked where data is dear or slow', (t) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  t.after(() => Object.defineProperty(globalThis, 'navigator', before));
  for (const [connection, expected] of [
    [undefined, false],
    [{}, false],
    [{ saveData: false, type: 'wifi', effectiveType: '4g' }, false],
    [{ effectiveType: '4g' }, false],
    [{ saveData: true, type: 'wifi' }, true],
    [{ type: 'cellular', effectiveType: '4g' }, true],
    [{ effectiveType: '3g' }, true],
    [{ effectiveType: '2g' }, true],
    [{ effectiveType: 'slow-2g' }, true],
  ]) {
    Object.defineProperty(globalThis, 'navigator', { value: { connection }, configurable: true });
    assert.equal(isMetered(), expected, JSON.stringify(connection));
  }
});
