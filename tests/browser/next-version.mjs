import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The script that the next version's page has. */
export const NEXT_SCRIPT = 'app-0123456789abcdef.js';
const nextEngine = (index) => `nijigen-0123456789a${index}.wasm`;
/** A custom section of the name “new”, with nothing in it. */
const SECTION = Buffer.from([0, 4, 3, ...Buffer.from('new')]);

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A copy of the site as a later deployment has it: script and engines have other names, and the old ones are gone. */
export function nextVersion(site) {
  const copy = mkdtempSync(join(tmpdir(), 'nijigen-'));
  cpSync(site, copy, { recursive: true });
  const at = (name) => join(copy, name);
  const script = readdirSync(copy).find((name) => /^app-.+\.js$/.test(name));
  const engines = readdirSync(at('assets')).filter((name) => name.endsWith('.wasm'));
  const read = (name) => readFileSync(at(name), 'utf8');

  const page = read('index.html');
  const newPage = page.replace(script, NEXT_SCRIPT).replace(/ integrity="[^"]*"/g, '');
  let worker = read('service-worker.js')
    .replaceAll(script, NEXT_SCRIPT)
    .replace(sha256(page).slice(0, 16), sha256(newPage).slice(0, 16));
  let newScript = read(script);
  for (const [index, engine] of engines.entries()) {
    const bytes = readFileSync(at(`assets/${engine}`));
    const newBytes = Buffer.concat([bytes, SECTION]);
    worker = worker.replaceAll(engine, nextEngine(index)).replaceAll(sha256(bytes), sha256(newBytes));
    newScript = newScript.replaceAll(engine, nextEngine(index));
    writeFileSync(at(`assets/${nextEngine(index)}`), newBytes);
  }

  writeFileSync(at(NEXT_SCRIPT), newScript);
  writeFileSync(at('index.html'), newPage);
  writeFileSync(at('service-worker.js'), worker);
  for (const old of [script, ...engines.map((engine) => `assets/${engine}`)]) rmSync(at(old));
  return copy;
}
