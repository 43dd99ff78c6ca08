// The types of the module's bindings, for the worker's code: www/worker/core.d.ts is what wasm-bindgen says of the plain
// build; how it is begun, and what only builds with threads have, differs from build to build and stands here.
// node scripts/types.mjs write | check
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MADE = 'target/wasm/simd/nijigen.d.ts';
const HELD = 'www/worker/core.d.ts';
const REST = `/** Begins with a module that is compiled already. */
export default function init(from: {
  module_or_path: WebAssembly.Module;
  /** Of builds with threads. */
  memory?: WebAssembly.Memory;
}): Promise<{ readonly memory: WebAssembly.Memory }>;

/** From now on those in \`run_thread\` help this thread. Only in builds with threads, like that one. */
export function start_threads(): void;

/** Becomes one of the threads that help; never returns. */
export function run_thread(): void;
`;

function made() {
  const text = readFileSync(MADE, 'utf8');
  const end = text.indexOf('export type InitInput');
  if (end < 0) throw new Error(`${MADE} does not say how the module is begun: wasm-bindgen writes it otherwise now`);
  return `// Made by wasm-bindgen of src/web/: npm run types\n${text.slice(0, end)}${REST}`;
}

export function checkTypes() {
  if (made() !== readFileSync(HELD, 'utf8')) throw new Error(`${HELD} is not what src/web/ has: run \`npm run types\``);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'write') writeFileSync(HELD, made());
  else checkTypes();
}
