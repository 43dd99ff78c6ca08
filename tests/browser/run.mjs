// Runs the test files of a folder, some at once, then those that want the machine for themselves, one after another:
// node tests/browser/run.mjs FOLDER [NAME…]
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** What these measure, in time or in memory of all processes, others would change. */
const ALONE = ['convert', 'hostile', 'memory', 'package', 'pool', 'soak'];
/** Takes longer than all others, so that it is begun before them. */
const FIRST = 'gpu';
/** Twice as many as there are cores: each waits half of its time. */
const AT_ONCE = Math.min(2 * availableParallelism(), 4);

const [folder, ...names] = process.argv.slice(2);
const nameOf = (file) => file.split('.')[0];
const wanted = (file) => file.endsWith('.test.mjs') && (names.length === 0 || names.includes(nameOf(file)));
const files = readdirSync(folder).filter(wanted).sort();
files.sort((a, b) => Number(nameOf(b) === FIRST) - Number(nameOf(a) === FIRST));
if (files.length === 0) throw new Error(`${folder} has no such tests`);

const failed = [];

/** What a file says is shown once it is through, so that files do not talk at once. */
async function run(file) {
  const options = ['--test', '--test-reporter=spec', '--test-timeout=1800000', join(folder, file)];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes));
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  process.stdout.write(`» ${file}\n${Buffer.concat(said)}`);
  if (status !== 0) failed.push(file);
}

async function lane(waiting) {
  for (let file = waiting.shift(); file; file = waiting.shift()) await run(file);
}

const alone = files.filter((file) => folder !== 'tests/browser' || ALONE.includes(nameOf(file)));
const together = files.filter((file) => !alone.includes(file));
await Promise.all(Array.from({ length: AT_ONCE }, () => lane(together)));
await lane(alone);

if (failed.length > 0) {
  console.error(`» failed: ${failed.join(', ')}`);
  process.exit(1);
}
console.log(`» ${files.length} files passed`);
