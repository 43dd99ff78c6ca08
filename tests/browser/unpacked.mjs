// The packed npm package as an embedder has it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Unpacks it as node_modules/nijigen of this folder. */
export function unpackInto(folder) {
  const version = /^version = "(.+)"$/m.exec(readFileSync('Cargo.toml', 'utf8'))[1];
  const target = join(folder, 'node_modules/nijigen');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', `dist/nijigen-${version}.tgz`, '--strip-components=1', '-C', target]);
}
