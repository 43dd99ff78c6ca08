// Each target as the first that a machine ever sees.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clone, namedInReadme } from './room.mjs';

const debian = existsSync('/usr/bin/dpkg-query');
const only = { skip: !debian && 'what a bare machine has is asked of dpkg' };

/** What a target would install on a bare machine: its calls of the set-up, with NIJIGEN_LIST. */
async function lacks(bare, target) {
  const { code, said } = await bare.run('make', ['-n', target, 'PHOTOS=photos']);
  assert.equal(code, 0, said);
  const calls = said.match(/scripts\/(setup|prepare|start)\.sh[^\n]*/g) ?? [];
  assert.ok(calls.length > 0, `${target} calls no set-up`);
  const listed = [];
  for (const call of calls) {
    const variants = /NIJIGEN_VARIANTS="([^"]*)"/.exec(said)?.[1];
    const told = await bare.run('bash', ['-c', call], {
      NIJIGEN_LIST: '1',
      ...(variants && { NIJIGEN_VARIANTS: variants }),
    });
    assert.deepEqual(
      [told.code, told.said.match(/not found|No such file/g)],
      [0, null],
      `${target}: ${call}\n${told.said}`,
    );
    listed.push(...told.said.trim().split('\n').filter(Boolean));
  }
  return [...new Set(listed)].map((line) => line.split('\t'));
}

const MAKEFILE = readFileSync('Makefile', 'utf8');
const TARGETS = /\.PHONY: (.*)/.exec(MAKEFILE)[1].split(' ');
/** What each way of installing stands on, as README names it. */
const STANDS_ON = {
  apt: 'root for `apt-get`',
  cargo: 'Rust (rustup, stable)',
  rustup: 'Rust (rustup, stable)',
  npm: 'Node 20 with npm',
  pip: 'python3',
};
const TABLE = {
  start: ['bindgen', 'cc', 'npm', 'wasm'],
  dev: ['bindgen', 'cc', 'npm', 'wasm'],
  test: ['atomics', 'bindgen', 'cc', 'chromium', 'npm', 'python', 'redis', 'wasm'],
  'test-quick': ['cc', 'chromium', 'npm', 'redis'],
  'test-firefox': ['atomics', 'bindgen', 'cc', 'firefox', 'npm', 'wasm'],
  'test-webkit': ['atomics', 'bindgen', 'cc', 'npm', 'wasm', 'webkit'],
  'test-trunk': ['atomics', 'bindgen', 'cc', 'npm', 'trunk', 'wasm'],
  'test-bundlers': ['atomics', 'bindgen', 'cc', 'chromium', 'npm', 'wasm'],
  check: ['cc', 'deny', 'docs', 'lint', 'linters', 'npm', 'wasm'],
  fuzz: ['cc', 'fuzz'],
  bench: ['atomics', 'benches', 'bindgen', 'cc', 'chromium', 'npm', 'python', 'wasm'],
  package: ['atomics', 'bindgen', 'cc', 'npm', 'wasm'],
  cli: ['cc'],
  site: ['bindgen', 'cc', 'npm', 'wasm'],
  models: ['cc', 'python', 'teacher'],
  docs: ['docs'],
};

test('README names what each target needs before it can install the rest', only, async () => {
  const bare = clone({ played: { cargo: false, rustc: false, rustup: false, npm: false, cc: false } });
  const named = namedInReadme();
  assert.deepEqual(TARGETS.toSorted(), Object.keys(TABLE).toSorted(), 'every target');
  for (const target of TARGETS) {
    const listed = await lacks(bare, target);
    for (const [need, how] of listed) {
      assert.ok(how, `${target}: ${need}`);
      const ways = how.match(/\b(apt|cargo|rustup|npm|pip)(?=:)/g);
      for (const way of ways)
        assert.ok(named.includes(STANDS_ON[way]), `${target} needs ${need} (${how}), and README no ${STANDS_ON[way]}`);
    }
    const needs = listed.map(([need]) => need).filter((need) => !['wasm', 'atomics', 'lint'].includes(need));
    const expected = TABLE[target].filter((need) => !['wasm', 'atomics', 'lint'].includes(need));
    assert.deepEqual(needs.toSorted(), expected, target);
  }
  assert.ok(!existsSync(join(bare.room, 'no tools')), 'nothing was installed');
});

test('the module is built in a fresh clone, again after an interruption, and not again for nothing', only, async () => {
  const bare = clone();
  const first = await bare.run('bash', ['scripts/prepare.sh']);
  assert.equal(first.code, 0, first.said);
  assert.equal(readFileSync(join(bare.folder, 'target/wasm/variants'), 'utf8'), 'simd\n');
  const [tract] = readdirSync(join(bare.folder, 'target')).filter((name) => name.startsWith('tract-onnx-'));
  const left = readFileSync(join(bare.folder, 'target', tract, 'src/ops/mod.rs'), 'utf8');
  assert.equal(left, '    reg.insert("Kept", made);\n', 'what patches/tract-onnx.txt names is gone, nothing else');

  const builds = () => bare.asked().filter((line) => /^(cargo build|nijigen-bindgen)/.test(line)).length;
  assert.equal(builds(), 2);
  assert.equal((await bare.run('bash', ['scripts/prepare.sh'])).code, 0);
  assert.equal(builds(), 2, 'nothing changed');
  writeFileSync(join(bare.folder, 'src/bin/nijigen/new.rs'), '// the program');
  await bare.run('bash', ['scripts/prepare.sh']);
  assert.equal(builds(), 2, 'the program is no part of it');
  writeFileSync(join(bare.folder, 'src/new.rs'), '// the core');
  await bare.run('bash', ['scripts/prepare.sh']);
  assert.equal(builds(), 4);

  // Half of tract is copied, and no stamp says that a module is whole.
  const broken = clone();
  mkdirSync(join(broken.folder, 'target', `${tract}.new`), { recursive: true });
  mkdirSync(join(broken.folder, 'target/wasm/simd'), { recursive: true });
  writeFileSync(join(broken.folder, 'target/wasm/simd/linked.wasm'), 'half');
  assert.equal((await broken.run('bash', ['scripts/prepare.sh'])).code, 0);
  assert.equal(readFileSync(join(broken.folder, 'target/wasm/simd/linked.wasm'), 'utf8'), 'linked\n');
});

test('all four modules, and each again where only its own part is missing', only, async () => {
  const bare = clone();
  const env = { NIJIGEN_RELEASE: '1' };
  mkdirSync(join(bare.room, 'play/lib/rustlib/src/rust/library/std'), { recursive: true });
  writeFileSync(join(bare.room, 'play/lib/rustlib/src/rust/library/std/Cargo.toml'), '');
  const { code, said } = await bare.run('bash', ['scripts/prepare.sh'], env);
  assert.equal(code, 0, said);
  const all = 'simd\nrelaxed\nsimd-threads\nrelaxed-threads\n';
  assert.equal(readFileSync(join(bare.folder, 'target/wasm/variants'), 'utf8'), all);
  const builds = () => bare.asked().filter((line) => line.startsWith('cargo build')).length;
  assert.equal(builds(), 4);
  assert.equal((await bare.run('bash', ['scripts/prepare.sh'])).code, 0);
  assert.equal(builds(), 4, 'the plain one is among them');
  assert.equal(readFileSync(join(bare.folder, 'target/wasm/variants'), 'utf8'), 'simd\n');
});

test(
  'a module is built again where the sources of std have come since: others would not go with it',
  only,
  async () => {
    const bare = clone();
    const builds = () => bare.asked().filter((line) => line.startsWith('cargo build'));
    assert.equal((await bare.run('bash', ['scripts/prepare.sh'])).code, 0);
    assert.equal(builds().length, 1);
    mkdirSync(join(bare.room, 'play/lib/rustlib/src/rust/library/std'), { recursive: true });
    writeFileSync(join(bare.room, 'play/lib/rustlib/src/rust/library/std/Cargo.toml'), '');
    const { code, said } = await bare.run('bash', ['scripts/prepare.sh'], { NIJIGEN_VARIANTS: 'simd relaxed' });
    assert.equal(code, 0, said);
    const built = builds().map((line) => line.includes('build-std'));
    assert.deepEqual(built, [false, true, true]);
  },
);

/** The processes that have this in their command line. */
function running(words) {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.filter((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() === words;
    } catch {
      return false;
    }
  });
}

test('what does not compile stops the installs beside it, and is the last thing said', only, async () => {
  const bare = clone();
  const { code, said } = await bare.run('bash', ['scripts/prepare.sh'], { FAILS: 'the core is broken', SLOW: '86399' });
  assert.notEqual(code, 0);
  assert.match(said, /error: the core is broken\nThe browser's module did not compile: the cause is above.\n$/);
  assert.deepEqual(running('sleep 86399'), []);
});

test('an install that fails stops the compiler, and is the last thing said', only, async () => {
  const bare = clone({ without: ['npm'] });
  const { code, said } = await bare.run('bash', ['scripts/prepare.sh']);
  assert.notEqual(code, 0);
  assert.match(said, /\nNode 20.19 or newer with npm is missing: https:\/\/nodejs.org\n$/);
});

test('a copy that fails names its own cause', only, async () => {
  const bare = clone();
  writeFileSync(join(bare.folder, 'target'), 'a file where the folder should be');
  const { code, said } = await bare.run('bash', ['scripts/prepare.sh']);
  assert.notEqual(code, 0);
  assert.match(said, /target/);
  assert.doesNotMatch(said, /tract-onnx has no line/);
});

test('Ctrl-C ends all that was started', only, async () => {
  const bare = clone();
  const { child, ended } = bare.start('bash', ['scripts/prepare.sh'], { SLOW: '86398' });
  while (running('sleep 86398').length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  process.kill(-child.pid, 'SIGINT');
  const { code, signal } = await ended;
  assert.ok(code === 130 || signal === 'SIGINT', `${code}, ${signal}`);
  assert.deepEqual(running('sleep 86398'), []);
});

test('where tools cannot be kept, a sentence says so and what to do', only, async () => {
  const bare = clone();
  for (const env of [{ NIJIGEN_TOOLS: '/dev/null/tools' }, { NIJIGEN_TOOLS: '', HOME: '/proc' }]) {
    const { code, said } = await bare.run('bash', ['scripts/setup.sh', 'bindgen'], env);
    assert.equal(code, 1);
    const folder = env.NIJIGEN_TOOLS || '/proc/.cache/nijigen';
    const sentence = `Tools are kept in ${folder}, where nothing can be written.\nName another folder, and run this again: export NIJIGEN_TOOLS=FOLDER\n`;
    assert.equal(said.trimStart(), sentence);
  }
  // What is there needs no folder.
  assert.equal((await bare.run('bash', ['scripts/setup.sh', 'cc'], { NIJIGEN_TOOLS: '/dev/null/tools' })).code, 0);
});

test('the module is bound by the very version that it is compiled with', () => {
  const shared = (file) => /name = "wasm-bindgen-shared"\nversion = "(.+)"/.exec(readFileSync(file, 'utf8'))[1];
  assert.equal(shared('scripts/bindgen/Cargo.lock'), shared('Cargo.lock'));
});

test('a need that is none is named', only, async () => {
  const { code, said } = await clone().run('bash', ['scripts/setup.sh', 'everything']);
  assert.deepEqual([code, said.trim()], [1, 'scripts/setup.sh knows no need “everything”.']);
});
