// The built program as people download it, with its licences: node scripts/program.mjs writes an archive into dist/ and says its path.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { notices, programComponents } from './components.mjs';

const [, target] = /^host: (.+)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }));
const [, version] = /^version = "(.+)"$/m.exec(readFileSync('Cargo.toml', 'utf8'));
const windows = target.includes('windows');

// As cargo-binstall and mise look for it.
const name = `nijigen-${version}-${target}`;
const folder = join('dist', name);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const program = `target/release/nijigen${windows ? '.exe' : ''}`;
for (const file of [program, 'LICENSE-MIT', 'LICENSE-APACHE']) cpSync(file, join(folder, basename(file)));
writeFileSync(join(folder, 'THIRD-PARTY.txt'), notices(programComponents(target), 'program'));

// Windows' Explorer opens no tar. Its own writes a zip, not the one of Git, which may come first there.
const archive = `${name}.${windows ? 'zip' : 'tar.gz'}`;
const tar = windows ? join(process.env.SystemRoot, 'System32', 'tar.exe') : 'tar';
rmSync(join('dist', archive), { force: true });
// Nor does macOS' own add a file of attributes for each.
const env = { ...process.env, COPYFILE_DISABLE: '1' };
execFileSync(tar, [windows ? '-acf' : '-czf', archive, name], { cwd: 'dist', stdio: 'inherit', env });
rmSync(folder, { recursive: true });
console.log(`dist/${archive}`);
