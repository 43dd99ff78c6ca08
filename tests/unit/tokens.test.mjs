// Styles have no way to say both in one place.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

test('dark as the system has it and dark as somebody chose it are the same colours', () => {
  const styles = readFileSync('www/styles/tokens.css', 'utf8');
  const colours = (selector) =>
    styles
      .slice(styles.indexOf(selector))
      .split('}')[0]
      .match(/--[\w-]+: [^;]+/g);
  const chosen = colours(":root[data-theme='dark']");
  assert.ok(chosen.length > 10);
  assert.deepEqual(chosen, colours(":root:not([data-theme='light'])"));
});
