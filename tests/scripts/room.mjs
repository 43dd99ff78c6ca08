// A fresh clone in a path with spaces, on a machine of which nothing is known but what README says and Debian always has.
// What would take minutes or the network is played: each such program writes down what it was asked, and does what
// the scripts expect of it.
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';

/** Where a program of this machine is, its own shims aside. */
function where(name) {
  for (const folder of process.env.PATH.split(delimiter)) {
    const file = join(folder, name);
    if (existsSync(file)) return file;
  }
  return undefined;
}

/** What every Debian has: programs of its essential and required packages. */
function essential() {
  const format = '${Package}\t${Essential}\t${Priority}\n';
  const packages = execFileSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /\tyes\t|\trequired$/.test(line))
    .map((line) => line.split('\t')[0]);
  const files = execFileSync('dpkg', ['-L', ...packages], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n');
  return files.filter((file) => /^\/(usr\/)?s?bin\/[^/]+$/.test(file) && existsSync(file));
}

/** What README names, and the programs that come with it. */
const NAMED = {
  git: ['git'],
  make: ['make'],
  'Rust (rustup, stable)': ['cargo', 'rustc', 'rustup'],
  'Node 20 with npm': ['node', 'npm', 'npx'],
  python3: ['python3'],
  'root for `apt-get`': ['apt-get'],
};
export function namedInReadme() {
  const [, words] = /A bare Debian 12 needs ([^;:.(]*(?:\([^)]*\)[^;:.(]*)*)/.exec(
    readFileSync('README.md', 'utf8').replace(/\s+/g, ' '),
  );
  return Object.keys(NAMED).filter((name) => words.includes(name));
}

/** Programs that are played: bash, with `$LOG` to write to. */
const PLAYED = {
  cargo: `
    case $1 in
      metadata) printf '{"manifest_path":"%s/tract-onnx-1.0/Cargo.toml"}' "$PLAY" ;;
      build)
        \${FAILS:+eval echo "error: $FAILS" >&2; exit 101}
        while [ "$1" != --target-dir ]; do shift; done
        folder=$2/wasm32-unknown-unknown/wasm/deps; mkdir -p "$folder"; echo linked >"$folder/nijigen.wasm" ;;
      binstall) exit 1 ;;
      install)
        while [ "$1" != --root ]; do shift; done
        sleep \${SLOW:-0}
        mkdir -p "$2/bin"; cp "$PLAY/nijigen-bindgen" "$2/bin/" ;;
    esac`,
  rustc: `
    case "$*" in
      *target-libdir*) echo "$PLAY" ;;
      *sysroot*) echo "$PLAY" ;;
      *) echo "rustc 1.0.0" ;;
    esac`,
  npm: `sleep \${SLOW:-0}; mkdir -p node_modules`,
  cc: `:`,
  rustup: `exit 1`,
};

/**
 * Makes the clone; `cc: true` and the like say which programs are there beside those of README. Gives a way to run
 * something in it.
 */
export function clone({ played = {}, without = [] } = {}) {
  const room = realpathSync(mkdtempSync(join(tmpdir(), 'nijigen-')));
  const folder = join(room, 'a path with spaces', 'nijigen');
  const [bin, play, log] = [join(room, 'bin'), join(room, 'play'), join(room, 'log')];
  for (const made of [folder, bin, play]) mkdirSync(made, { recursive: true });
  for (const part of [
    'Makefile',
    'Cargo.toml',
    'Cargo.lock',
    'package-lock.json',
    'README.md',
    'scripts',
    'patches',
    'src',
    'models/train/requirements.txt',
    'models/train/requirements-faces.txt',
    'models/train/upscaler.txt',
  ])
    cpSync(part, join(folder, part), { recursive: true });
  for (const part of ['docs', 'benches/browser', 'tests/firefox']) {
    mkdirSync(join(folder, part), { recursive: true });
    cpSync(join(part, 'package-lock.json'), join(folder, part, 'package-lock.json'));
  }
  const put = (name, file) => {
    if (!existsSync(join(bin, name))) symlinkSync(file, join(bin, name));
  };
  const programs = {
    'nijigen-bindgen': `touch "$2/nijigen_bg.wasm" "$2/nijigen.js"`,
  };
  for (const name of Object.keys(PLAYED)) if (played[name] ?? true) programs[name] = PLAYED[name];
  for (const [name, script] of Object.entries(programs)) {
    const file = join(play, name);
    writeFileSync(
      file,
      `#!/bin/bash\nPLAY=${JSON.stringify(play)}\necho "${name} $*" >>${JSON.stringify(log)}\n${script}\n`,
      { mode: 0o755 },
    );
    if (name !== 'nijigen-bindgen') put(name, file);
  }
  for (const file of essential()) put(basename(file), file);
  for (const name of namedInReadme().flatMap((name) => NAMED[name])) {
    const file = where(name);
    if (file) put(name, file);
  }
  for (const name of without) if (existsSync(join(bin, name))) execFileSync('rm', [join(bin, name)]);
  // tract's sources, as far as what is left out of them.
  const ops = join(play, 'tract-onnx-1.0/src/ops');
  mkdirSync(ops, { recursive: true });
  writeFileSync(join(play, 'tract-onnx-1.0/src/lib.rs'), '// tract\n');
  const names = readFileSync('patches/tract-onnx.txt', 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const lines = names.map((name) =>
    name.endsWith('::') ? `    ${name}register_all_ops(reg);` : `    reg.insert("${name}", made);`,
  );
  writeFileSync(join(ops, 'mod.rs'), `${['    reg.insert("Kept", made);', ...lines].join('\n')}\n`);
  const { HOME, RUSTUP_HOME = join(HOME, '.rustup'), CARGO_HOME = join(HOME, '.cargo') } = process.env;
  const env = {
    PATH: bin,
    RUSTUP_HOME,
    CARGO_HOME,
    HOME: join(room, 'home'),
    NIJIGEN_TOOLS: join(room, 'no tools'),
    LANG: 'C.UTF-8',
  };

  /** Starts a command; gives its process, and all that came of it. */
  function start(command, args, more = {}) {
    const child = spawn(join(bin, command), args, { cwd: folder, env: { ...env, ...more }, detached: true });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, said })));
    return { child, ended };
  }
  return {
    room,
    folder,
    start,
    run: (command, args, more) => start(command, args, more).ended,
    asked: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}
