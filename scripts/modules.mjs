// Who uses whom: node scripts/modules.mjs says it, and fails where modules.json does not allow it or where files use each
// other in a circle. For Rust the paths in `use` and in code are read, for TypeScript all imports, types' too; tests may
// use what they like.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Rust's text without comments, strings' contents and what is compiled for tests alone. */
export function bare(text) {
  const plain = text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\])*"|'(?:\\.|[^'\\])'/g, (part) =>
    part.startsWith('/') ? ' ' : '""',
  );
  const marker = /#\[cfg\((?:test|all\(test\b[^\]]*)\)\]/;
  for (let rest = plain; ;) {
    const found = marker.exec(rest);
    if (!found) return rest;
    rest = rest.slice(0, found.index) + rest.slice(endOfItem(rest, found.index + found[0].length));
  }
}

/** Behind the item that begins here: its block, or its semicolon. */
function endOfItem(text, from) {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}' && --depth === 0) return at + 1;
    else if (text[at] === ';' && depth === 0) return at + 1;
  }
  return text.length;
}

/** All paths of a `use` tree: `a::{b, c::{self, d as e}}` has a::b, a::c, a::c::d. `name` is what it is called here. */
export function paths(tree, before = []) {
  const open = tree.indexOf('{');
  if (open < 0) {
    const [path, alias] = tree.trim().split(/\s+as\s+/);
    const steps = [...before, ...path.split('::').map((step) => step.trim())].filter(Boolean);
    if (steps.at(-1) === 'self' && steps.length > 1) steps.pop();
    return steps.length > 0 ? [{ steps, name: alias ?? steps.at(-1) }] : [];
  }
  const lead = tree
    .slice(0, open)
    .split('::')
    .map((step) => step.trim())
    .filter(Boolean);
  return parts(tree.slice(open + 1, tree.lastIndexOf('}'))).flatMap((part) => paths(part, [...before, ...lead]));
}

/** What commas part, those in braces aside. */
function parts(list) {
  const found = [''];
  let depth = 0;
  for (const letter of list) {
    depth += { '{': 1, '}': -1 }[letter] ?? 0;
    if (letter === ',' && depth === 0) found.push('');
    else found[found.length - 1] += letter;
  }
  return found.filter((part) => part.trim() !== '');
}

/** The modules of a crate by their paths, such as `cache::policy`; the crate itself has the empty one. */
export function readCrate(folder) {
  const modules = new Map();
  const read = (file, name) => {
    const text = bare(readFileSync(file, 'utf8'));
    const uses = [...text.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => paths(tree));
    modules.set(name.join('::'), { file, name, text: text.replace(/\buse\s+[^;]+;/g, ''), uses });
    const here = /(lib|main|mod)\.rs$/.test(file) ? dirname(file) : file.replace(/\.rs$/, '');
    for (const [, child] of text.matchAll(/\bmod\s+(\w+)\s*;/g)) {
      const found = [join(here, `${child}.rs`), join(here, child, 'mod.rs')].find((path) => existsSync(path));
      if (!found) throw new Error(`${file} names a module ${child} that is nowhere`);
      read(found, [...name, child]);
    }
  };
  read(join(folder, 'lib.rs'), []);
  return modules;
}

/** The module that has what a path names, seen from a module; through what others pass on. Undefined for other crates. */
function ownerOf(modules, from, steps, seen = new Set()) {
  let [first, ...rest] = steps;
  let at;
  if (first === 'crate') at = [];
  else if (first === 'self') at = from;
  else if (first === 'super') at = from.slice(0, -1);
  else if (modules.has([...from, first].join('::'))) [at, rest] = [from, steps];
  else return undefined;
  while (rest[0] === 'super') [at, rest] = [at.slice(0, -1), rest.slice(1)];
  while (rest.length > 0 && modules.has([...at, rest[0]].join('::'))) [at, rest] = [[...at, rest[0]], rest.slice(1)];
  const module = modules.get(at.join('::'));
  const passed = module.uses.find(({ name }) => name === rest[0]);
  const key = `${at.join('::')} ${rest[0]}`;
  if (!passed || seen.has(key)) return at;
  return ownerOf(modules, at, passed.steps, seen.add(key)) ?? at;
}

/** Which modules a module uses, and which crates; what else it names like a crate does no harm. */
export function usesOf(modules, { name, text, uses }) {
  const inCode = [...text.matchAll(/\b(crate|super|self)((?:::\w+)+)/g)].map(([, first, rest]) => [
    first,
    ...rest.slice(2).split('::'),
  ]);
  const found = { modules: new Set(), crates: new Set() };
  // Crates are also named in passing: `image::guess_format(…)`.
  for (const [, crate] of text.matchAll(/(?<![\w:])([a-z]\w*)::/g)) found.crates.add(crate);
  for (const steps of [...uses.map(({ steps }) => steps), ...inCode]) {
    const owner = ownerOf(modules, name, steps);
    if (owner) found.modules.add(owner.join('::'));
    else if (uses.some((use) => use.steps === steps)) found.crates.add(steps[0]);
  }
  found.modules.delete(name.join('::'));
  return found;
}

/** TypeScript's files and what each imports: files, and packages as they are named. */
export function readScripts(folder, imports) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  return importsOf(
    files.map((name) => join(folder, name)),
    folder,
    imports,
  );
}

function importsOf(files, folder, imports) {
  return new Map(
    files.map((file) => {
      const named = ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles.map(({ fileName }) => fileName);
      const resolved = named.flatMap((name) => {
        if (name.startsWith('#')) return [join(folder, imports[name].default)];
        return name.startsWith('.') ? [join(dirname(file), name.replace(/\.js$/, '.ts'))] : [];
      });
      const packages = named.filter((name) => !/^[.#]/.test(name));
      return [file, { files: resolved.filter((path) => path !== file && files.includes(path)), packages }];
    }),
  );
}

/** Sets of names that use each other, be it through others (Tarjan's algorithm). */
export function circles(graph) {
  const order = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (name) => {
    order.set(name, order.size);
    low.set(name, order.get(name));
    stack.push(name);
    for (const next of graph.get(name) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(name, Math.min(low.get(name), low.get(next)));
    }
    if (low.get(name) !== order.get(name)) return;
    const circle = stack.splice(stack.indexOf(name));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const name of graph.keys()) if (!order.has(name)) visit(name);
  return found;
}

/** What a table does not allow, in sentences. `rooms` says for each room what it may use; `used` holds pairs of rooms. */
export function forbidden(rooms, used) {
  const faults = [];
  for (const [from, to, where] of used) {
    if (from === to || rooms[from]?.includes('*') || rooms[from]?.includes(to)) continue;
    faults.push(rooms[from] ? `${from} may not use ${to}: ${where}` : `${from} is no room of modules.json: ${where}`);
  }
  return faults;
}

const roomOf = (rooms, path) => {
  const names = Object.keys(rooms).filter(
    (room) => path === room || path.startsWith(`${room}/`) || path.startsWith(`${room}::`),
  );
  return names.sort((a, b) => b.length - a.length)[0] ?? path;
};

function checkRust({ rust, crates }) {
  const modules = readCrate('src');
  const graph = new Map();
  const used = [];
  const faults = [];
  for (const [name, module] of modules) {
    const uses = usesOf(modules, module);
    graph.set(name, uses.modules);
    const room = roomOf(rust, name || 'lib');
    for (const other of uses.modules) used.push([room, roomOf(rust, other || 'lib'), `${module.file} → ${other}`]);
    for (const crate of uses.crates) {
      if (crates[crate] && !crates[crate].includes(room))
        faults.push(`${room} may not use the crate ${crate}: ${module.file}`);
    }
  }
  // A file that passes its parts on, and a part that uses what its file has, are one module in two files.
  const apart = new Map([...graph].map(([name, uses]) => [name, [...uses].filter((other) => !nested(name, other))]));
  return { faults: [...faults, ...forbidden(rust, used)], circles: circles(apart), modules: modules.size };
}

const nested = (a, b) => a === '' || b === '' || a.startsWith(`${b}::`) || b.startsWith(`${a}::`);

function checkScripts({ typescript, packages }) {
  const scripts = readScripts('www', JSON.parse(readFileSync('www/package.json', 'utf8')).imports);
  const room = (file) => roomOf(typescript, file.replace(/^www\//, '').replace(/\.ts$/, ''));
  const used = [...scripts].flatMap(([file, { files }]) =>
    files.map((to) => [room(file), room(to), `${file} → ${to}`]),
  );
  const faults = [...scripts].flatMap(([file, { packages: named }]) =>
    named
      .filter((name) => packages[name] && !packages[name].includes(room(file)))
      .map((name) => `${room(file)} may not use ${name}: ${file}`),
  );
  const graph = new Map([...scripts].map(([file, { files }]) => [file, files]));
  return { faults: [...faults, ...forbidden(typescript, used)], circles: circles(graph), modules: scripts.size };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const table = JSON.parse(readFileSync('scripts/modules.json', 'utf8'));
  let failed = false;
  for (const { faults, circles } of [checkRust(table), checkScripts(table)]) {
    const said = [...faults, ...circles.map((names) => `a circle: ${names.join(', ')}`)];
    for (const fault of said) console.error(fault);
    failed ||= said.length > 0;
  }
  if (failed) {
    console.error('scripts/modules.json says who may use whom, ARCHITECTURE.md what for.');
    process.exit(1);
  }
}
