import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PNG } from 'pngjs';

export const readPng = (file) => PNG.sync.read(readFileSync(file));

/** Converts with the command line's program: what the browser's result has to equal. */
export function convertNatively(input, output, ...options) {
  execFileSync('target/release/nijigen', ['convert', input, '-o', output, '--force', '--no-cache', ...options], {
    stdio: 'pipe',
  });
  return readPng(output);
}

/** Mean difference of the colour channels, in steps of 255. */
export function meanDifference(a, b) {
  if (a.width !== b.width || a.height !== b.height) {
    throw new Error(`sizes differ: ${a.width}×${a.height} and ${b.width}×${b.height}`);
  }
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) if (i % 4 !== 3) sum += Math.abs(a.data[i] - b.data[i]);
  return sum / ((a.data.length / 4) * 3);
}
