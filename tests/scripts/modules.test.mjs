// What scripts/modules.mjs reads out of sources, and that it sees what the table does not allow.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { bare, circles, forbidden, paths, readCrate, readScripts, usesOf } from '../../scripts/modules.mjs';

/** A folder with these files, gone after the test. */
function folderOf(t, files) {
  const folder = mkdtempSync(join(tmpdir(), 'modules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

test('the tree of a use has all its paths', () => {
  const steps = (tree) => paths(tree).map(({ steps }) => steps.join('::'));
  assert.deepEqual(steps('crate::a'), ['crate::a']);
  assert.deepEqual(steps('crate::{Error, a::{self, b, c::{D, E as F}}}'), [
    'crate::Error',
    'crate::a',
    'crate::a::b',
    'crate::a::c::D',
    'crate::a::c::E',
  ]);
  assert.equal(paths('x::Y as Z')[0].name, 'Z');
});

test('comments, strings and what only tests have are not read', () => {
  const text = bare(`
    // use crate::a;
    const S: &str = "crate::b"; const C: char = '{';
    #[cfg(test)]
    mod tests { use crate::c; fn f() { if true {} } }
    #[cfg(test)]
    use crate::d;
    use crate::e;`);
  assert.deepEqual(
    [...text.matchAll(/crate::(\w)/g)].map(([, name]) => name),
    ['e'],
  );
});

test('what a module passes on is used of whoever has it', (t) => {
  const folder = folderOf(t, {
    'lib.rs': 'pub mod a; mod b; pub use a::Thing;',
    'a/mod.rs': 'mod inner; pub use inner::Thing;',
    'a/inner.rs': 'pub struct Thing; fn f() { crate::b::g(); serde_json::from_str("") }',
    'b.rs': 'use crate::Thing; use image::Rgb; pub fn g() {}',
  });
  const modules = readCrate(folder);
  const uses = (name) => usesOf(modules, modules.get(name));
  assert.deepEqual([...uses('b').modules], ['a::inner']);
  assert.ok(uses('b').crates.has('image'));
  assert.deepEqual([...uses('a::inner').modules], ['b']);
  assert.ok(uses('a::inner').crates.has('serde_json'));
  const graph = new Map([...modules.keys()].map((name) => [name, uses(name).modules]));
  assert.deepEqual(circles(graph), [['a::inner', 'b']]);
});

test('a circle of types alone is one', (t) => {
  const folder = folderOf(t, {
    'a.ts': "import type { B } from './b.js'; export interface A { b: B }",
    'b.ts': "export type { A } from './c.js'; export interface B { a: number }",
    'c.ts': "import { x } from '#host'; import 'idb'; export interface A { a: number }",
    'd.ts': "import type { A } from './a.js'; export const x: A | undefined = undefined;",
  });
  const scripts = readScripts(folder, { '#host': { default: './d.ts' } });
  const name = (file) => file.slice(folder.length + 1);
  const graph = new Map([...scripts].map(([file, { files }]) => [name(file), files.map(name)]));
  assert.deepEqual(circles(graph), [['a.ts', 'b.ts', 'c.ts', 'd.ts']]);
  assert.deepEqual(scripts.get(join(folder, 'c.ts')).packages, ['idb']);
});

test('what the table does not name is said', () => {
  const rooms = { picture: ['error'], error: [], web: ['*'] };
  assert.deepEqual(
    forbidden(rooms, [
      ['picture', 'error', ''],
      ['web', 'picture', ''],
      ['error', 'error', ''],
    ]),
    [],
  );
  assert.deepEqual(forbidden(rooms, [['error', 'picture', 'x']]), ['error may not use picture: x']);
  assert.deepEqual(forbidden(rooms, [['new', 'error', 'x']]), ['new is no room of modules.json: x']);
});
