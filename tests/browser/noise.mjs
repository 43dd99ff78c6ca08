import { createHash } from 'node:crypto';

/** Bytes that look like chance, and are the same each time. */
export function noise(length, seed = 'nijigen') {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${seed} ${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
