// What is given away holds of others: crates in the wasm and in the program, npm packages in the scripts. For the licences' sake and
// the bill of materials.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice|unlicense)/i;

/**
 * The npm package's or the site's. Each with name, version, licence (SPDX), purl, sum (algorithm and hexadecimal digits) and the
 * texts to pass on.
 */
export const components = (inputs) =>
  sorted([...crates('threads,relaxed', 'wasm32-unknown-unknown'), rustStd(), ...npmPackages(inputs)]);

/** The same of the program for a target. */
export const programComponents = (target) => sorted([...crates('cli,redis', target), rustStd()]);

const sorted = (list) => list.sort((a, b) => a.purl.localeCompare(b.purl, 'en'));

/** The crates that are compiled in: no build scripts, no macros, nothing of the tests'. */
function crates(features, target) {
  const choices = ['--features', features, '--filter-platform', target];
  const metadata = execFileSync('cargo', ['metadata', '--format-version', '1', '--locked', ...choices], {
    maxBuffer: 2 ** 28,
    encoding: 'utf8',
  });
  const { packages, resolve } = JSON.parse(metadata);
  const known = new Map(packages.map((crate) => [crate.id, crate]));
  const needs = new Map(resolve.nodes.map(({ id, deps }) => [id, deps]));
  const isMacro = (id) => known.get(id).targets.some(({ kind }) => kind.includes('proc-macro'));
  const compiled = new Set();
  const visit = (id) => {
    if (compiled.has(id) || isMacro(id)) return;
    compiled.add(id);
    for (const { pkg, dep_kinds: kinds } of needs.get(id)) if (kinds.some(({ kind }) => kind === null)) visit(pkg);
  };
  visit(resolve.root);
  const sums = checksums();
  const others = Array.from(compiled, (id) => known.get(id)).filter(({ source }) => source !== null);
  return others.map((crate) => ({
    name: crate.name,
    version: crate.version,
    licence: crate.license.replaceAll('/', ' OR '),
    purl: `pkg:cargo/${crate.name}@${crate.version}`,
    sum: ['SHA-256', sums.get(`${crate.name}@${crate.version}`)],
    texts: textsOf(crate, packages),
  }));
}

function checksums() {
  const entry = /name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"/g;
  return new Map(
    Array.from(readFileSync('Cargo.lock', 'utf8').matchAll(entry), ([, name, version, sum]) => [
      `${name}@${version}`,
      sum,
    ]),
  );
}

/** Some crates of a repository forget the licence that others have. */
function textsOf(crate, packages) {
  const siblings = packages.filter(({ repository }) => repository && repository === crate.repository);
  for (const { manifest_path: file } of [crate, ...siblings]) {
    const texts = textsIn(dirname(file));
    if (texts.length > 0) return texts;
  }
  throw new Error(`${crate.name} ${crate.version} has no licence file, nor have others of its repository`);
}

/** Of several to choose from the MIT licence does, which is the shortest; a notice goes with any. */
function textsIn(folder) {
  const files = readdirSync(folder).filter((name) => LICENCE_FILE.test(name));
  const [mit] = files.filter((name) => /mit/i.test(name));
  const chosen = mit ? [mit, ...files.filter((name) => /notice/i.test(name))] : files;
  return chosen
    .map((name) => join(folder, name))
    .filter((file) => !file.endsWith('.html') && existsSync(file))
    .map((file) => readFileSync(file, 'utf8').replaceAll('\r', '').trim());
}

/** Its sources do not come with every toolchain; this is what they say. */
function rustStd() {
  const [, version] = /^rustc (\S+)/.exec(execFileSync('rustc', ['--version'], { encoding: 'utf8' }));
  const mit = readFileSync('LICENSE-MIT', 'utf8').trim();
  return {
    name: 'rust-std',
    version,
    licence: 'MIT OR Apache-2.0',
    purl: `pkg:generic/rust-std@${version}`,
    texts: [mit.replace(/^Copyright .*$/m, 'Copyright (c) The Rust Project Contributors')],
  };
}

/** Those that esbuild took files of. */
function npmPackages(inputs) {
  const names = inputs.flatMap((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return [...new Set(names)].map((name) => {
    const folder = `node_modules/${name}`;
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const [algorithm, digest] = packages[folder].integrity.split('-');
    return {
      name,
      version,
      licence: license,
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      sum: [algorithm.replace('sha', 'SHA-'), Buffer.from(digest, 'base64').toString('hex')],
      texts: textsIn(folder),
    };
  });
}

/** THIRD-PARTY.txt of the package, the site or the program: each text once, under all that it is the licence of. */
export function notices(list, of) {
  const byText = new Map();
  for (const { name, version, licence, texts } of list) {
    for (const text of texts) byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${licence})`]);
  }
  const rule = '-'.repeat(80);
  const parts = Array.from(byText, ([text, names]) => `${rule}\n${names.join('\n')}\n\n${text}\n`);
  return `Nijigen's ${of} holds the following software of others, compiled or bundled.\n\n${parts.join('\n')}`;
}

/** A CycloneDX 1.6 document. Without a date, so that the same sources make the same package. */
export function billOfMaterials(list, { version, license }) {
  const licences = (expression) => [{ expression }];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'library',
        'bom-ref': 'nijigen',
        name: 'nijigen',
        version,
        purl: `pkg:npm/nijigen@${version}`,
        licenses: licences(license),
      },
    },
    components: list.map(({ name, version, licence, purl, sum }) => ({
      type: 'library',
      'bom-ref': purl,
      name,
      version,
      purl,
      licenses: licences(licence),
      ...(sum && { hashes: [{ alg: sum[0], content: sum[1] }] }),
    })),
    dependencies: [{ ref: 'nijigen', dependsOn: list.map(({ purl }) => purl) }],
  };
}
