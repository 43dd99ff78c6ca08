// What was made of the very same files is not made again.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMPS = 'target/stamps';

const filesOf = (path) =>
  statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true })
        .map((name) => join(path, name))
        .filter((file) => statSync(file).isFile())
        .sort();

/** Runs `make` unless these outputs were made of these inputs, files and folders, as they are now, and of the same text. */
export async function unlessMade(outputs, inputs, make, text = '') {
  const sum = createHash('sha256').update(`${text}\0`);
  for (const file of inputs.flatMap(filesOf)) sum.update(`${file}\0`).update(readFileSync(file)).update('\0');
  const now = sum.digest('hex');
  const stamp = join(STAMPS, outputs[0].replaceAll('/', '-'));
  if (outputs.every(existsSync) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  rmSync(stamp, { force: true });
  await make();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, now);
}
