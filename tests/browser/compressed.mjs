// How many bytes a file is as hosts send it. Brotli at its best takes half a minute for a module, and several tests ask of the same one.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const KNOWN = 'target/compressed';

export function compressedSize(path) {
  const bytes = readFileSync(path);
  const known = `${KNOWN}/${createHash('sha256').update(bytes).digest('hex')}`;
  if (existsSync(known)) return Number(readFileSync(known, 'utf8'));
  const size = brotliCompressSync(bytes).length;
  mkdirSync(KNOWN, { recursive: true });
  // At once: another test may be reading it.
  writeFileSync(`${known}.${process.pid}`, `${size}`);
  renameSync(`${known}.${process.pid}`, known);
  return size;
}
