// Runs the test files of a folder one after another: node tests/browser/run.mjs FOLDER [NAME…]
// A file that fails is run once more, and said to have: a machine that is busy elsewhere may be late for a browser's
// deadlines. What fails twice has failed.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...names] = process.argv.slice(2);
const wanted = (file) => file.endsWith('.test.mjs') && (names.length === 0 || names.includes(file.split('.')[0]));
const files = readdirSync(folder).filter(wanted).sort();
if (files.length === 0) throw new Error(`${folder} has no such tests`);

// What chance makes, it makes again the second time.
process.env.NIJIGEN_SEED ??= String(Math.floor(Math.random() * 2 ** 31));

const passes = (file) => {
  const options = ['--test', '--test-reporter=spec', '--test-timeout=600000', join(folder, file)];
  return spawnSync(process.execPath, options, { stdio: 'inherit' }).status === 0;
};

const [late, failed] = [[], []];
for (const file of files) {
  if (passes(file)) continue;
  console.log(`» ${file} failed and is run once more`);
  (passes(file) ? late : failed).push(file);
}
if (late.length > 0) console.log(`» passed only the second time: ${late.join(', ')}`);
if (failed.length > 0) {
  console.error(`» failed twice: ${failed.join(', ')}`);
  process.exit(1);
}
