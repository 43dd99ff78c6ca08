// The program as it is downloaded: it runs where it is unpacked, and says whose work is in it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const models = JSON.parse(readFileSync('models/manifest.json', 'utf8'));

test('the archive has the program and the licences of what is compiled in', (t) => {
  const said = execFileSync('node', ['scripts/program.mjs'], { encoding: 'utf8' });
  const [, archive, name] = /^(dist\/(nijigen-[\d.]+-\S+)\.tar\.gz)\n$/.exec(said);
  const into = mkdtempSync(join(tmpdir(), 'nijigen-'));
  t.after(() => rmSync(into, { recursive: true }));
  execFileSync('tar', ['-xzf', archive, '-C', into]);
  const folder = join(into, name);

  assert.deepEqual(readdirSync(folder).sort(), ['LICENSE-APACHE', 'LICENSE-MIT', 'THIRD-PARTY.txt', 'nijigen']);
  const listed = execFileSync(join(folder, 'nijigen'), ['styles'], { cwd: into, encoding: 'utf8' });
  for (const { style } of models) assert.match(listed, new RegExp(`\\b${style}\\b`));

  const notices = readFileSync(join(folder, 'THIRD-PARTY.txt'), 'utf8');
  for (const crate of ['clap', 'image', 'redis', 'ring', 'rust-std', 'rustls', 'tract-onnx'])
    assert.ok(notices.includes(`\n${crate} `), crate);
  for (const other of ['criterion', 'serde_derive', 'wasm-bindgen']) assert.ok(!notices.includes(`\n${other} `), other);
});
