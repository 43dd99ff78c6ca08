import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const version = /^version = "(.+)"$/m.exec(readFileSync('Cargo.toml', 'utf8'))[1];
export const TARBALL = resolve(`dist/nijigen-${version}.tgz`);
export const PHOTO = 'tests/fixtures/photos/dog.jpg';

/**
 * Makes a project a room in target/consumers/: its sources, its packages as its lock file has them, and the packed
 * tarball, installed as anybody would. Packages stay there for the next time. Returns the folder.
 */
export function room(name, from = 'tests/consumers') {
  const source = join(from, name);
  const folder = resolve('target/consumers', name);
  mkdirSync(folder, { recursive: true });
  cpSync(source, folder, { recursive: true });
  const lock = readFileSync(join(source, 'package-lock.json'), 'utf8');
  const done = join(folder, 'node_modules/.lock.copy');
  if (!existsSync(done) || readFileSync(done, 'utf8') !== lock) {
    npm(folder, 'ci');
    writeFileSync(done, lock);
  }
  rmSync(join(folder, 'node_modules/nijigen'), { recursive: true, force: true });
  npm(folder, 'install', '--no-save', '--no-package-lock', TARBALL);
  return folder;
}

function npm(cwd, ...args) {
  const options = { cwd, timeout: 400_000, encoding: 'utf8' };
  const run = (...more) => spawnSync('npm', [...args, '--no-audit', '--no-fund', ...more], options);
  let { status, stderr } = run('--prefer-offline');
  // What npm remembers of a package may be older than the version that is asked for.
  if (/ETARGET|notarget/.test(stderr)) ({ status, stderr } = run('--prefer-online'));
  if (status !== 0) throw new Error(`npm ${args[0]} failed in ${cwd}; is the npm registry within reach?\n${stderr}`);
}

/** Runs a program of a room's packages to its end; its words are the error's when it fails. */
export const tool = (folder, name, args, env = {}) =>
  new Promise((done, fail) => {
    const options = { cwd: folder, encoding: 'utf8', timeout: 240_000, env: { ...process.env, ...env } };
    execFile(join(folder, 'node_modules/.bin', name), args, options, (error, out, words) => {
      if (error) fail(new Error(`${name} ${args.join(' ')} failed:\n${out}${words}`, { cause: error }));
      else done(out);
    });
  });
