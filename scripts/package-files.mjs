// The package's modules that say where its files are. Bundlers copy each file whose URL stands in a module that they reach,
// literally, whether or not it is used; so every entry reaches only what it is to bring along. Servers that render pages
// hint at the files of a page's own modules: those with URLs are imported when they are needed, and a script's one step later.
import { readFileSync } from 'node:fs';
import { manifest, variants } from './bundle.mjs';

const threaded = (variant) => variant.endsWith('threads');

/** What the package brings along where nothing is chosen: relaxed SIMD is hardly faster, and the fine tier five times larger. */
const MOST = {
  engines: (variant) => !variant.startsWith('relaxed'),
  models: ({ tier }) => tier === 'fast',
};
const ALL = { engines: () => true, models: () => true };
const CHOICES = { all: ALL, most: MOST };

/**
 * The URL of a file beside this script, which must stand there literally or bundlers do not see the file. Development
 * servers of Vite before 8 move scripts of packages, but not the files beside them: those are still in their package.
 */
const beside = (name) => `unmoved(new URL(${JSON.stringify(`./${name}`)}, import.meta.url))`;
const UNMOVED = `const MOVED = /\\/node_modules\\/\\.(?:vite|cache\\/vite)\\/(?:\\w+\\/)?deps\\w*\\//;
// Some bundlers give a path in place of a URL.
const unmoved = ({ href }) => href.replace(MOVED, '/node_modules/nijigen/');
`;

const lists = ({ engines, models }, at) => `{
  engines: [${variants()
    .filter(engines)
    .map((variant) => `{ variant: '${variant}', url: ${at(`nijigen-${variant}.wasm`)} }`)}],
  models: [${manifest()
    .filter(models)
    .map((entry) => `{ entry: ${JSON.stringify(entry)}, url: ${at(`models/${entry.file}`)} }`)}],
}`;
const builds = (all) => `export const builds = ${JSON.stringify(all)};\n`;

/** nijigen-files of an entry that offers parts. */
export const offering = (choice) =>
  `export const parts = async () => (await import('./parts-${choice}.js')).default;\n`;

/** nijigen-files of the part that all entries share. */
export const scripts = () => `${builds(variants())}
export const inlined = false;
export const scripts = async () => (await import('./scripts.js')).default();
`;

/** nijigen-files of the script that has all others within. Bundlers see no file here: whoever uses one says \`baseUrl\`. */
export function standalone(worker, thread, gpu) {
  const text = (file) => JSON.stringify(readFileSync(file, 'utf8'));
  return `import { scriptUrl } from './www/client/start-worker.ts';
  ${builds(variants())}
  export const inlined = true;
  // Each once a page: a worker that starts again needs it again.
  let made;
  export const scripts = async () => (made ??= { worker: scriptUrl(${text(worker)}), thread: scriptUrl(${text(thread ?? worker)}), gpu: scriptUrl(${text(gpu)}) });
  // A classic script, as bundlers make, knows its URL only while it begins; one that a bundler moved has that of a file.
  const here = [import.meta.url, globalThis.document?.currentScript?.src].find((url) => /^(?!file:)\\w+:/.test(url));
  const at = (name) => new URL(name, here ?? document.baseURI).href;
  export const parts = async () => (${lists(ALL, (name) => `at('${name}')`)});
  `;
}

/** nijigen-files in Node, which has one build. */
export const node = () => `${builds(['simd'])}
${UNMOVED}
export const inlined = false;
export const scripts = async () => ({ worker: import.meta.url, thread: import.meta.url, gpu: import.meta.url });
export const parts = async () => (${lists({ ...ALL, engines: (variant) => variant === 'simd' }, beside)});
`;

const url = (name) => `${UNMOVED}export default ${beside(name)};\n`;
const lazily = (from, name) => `async () => (await import('${from}url-${name}.js')).default`;

const described = (value, type, folder) => ({
  [`${folder}.js`]: `const part = ${value};\nexport default part;\n`,
  [`${folder}.d.ts`]: `import type { ${type} } from '../types/client/slim.js';\ndeclare const part: ${type};\nexport default part;\n`,
});

const engine = (variant) => ({
  [`url-${variant}.js`]: url(`nijigen-${variant}.wasm`),
  ...described(`{ variant: '${variant}', url: ${lazily('../', variant)} }`, 'ShippedEngine', `engines/${variant}`),
});

const model = (entry) => ({
  [`url-${entry.id}.js`]: url(`models/${entry.file}`),
  ...described(
    `{ entry: ${JSON.stringify(entry)}, url: ${lazily('../', entry.id)} }`,
    'ShippedGenerator',
    `models/${entry.id}`,
  ),
});

/** All of them, by name. */
export function modules() {
  // Where there are no threads nothing asks for their script, but what bundlers see must be there.
  const thread = variants().some(threaded) ? 'thread' : 'worker';
  const parts = Object.entries(CHOICES).map(([name, choice]) => [
    `parts-${name}.js`,
    `${UNMOVED}export default ${lists(choice, beside)};\n`,
  ]);
  return {
    'scripts.js': `const worker = ${lazily('./', 'worker')};
const thread = ${lazily('./', thread)};
const gpu = ${lazily('./', 'gpu')};
export default async () => ({ worker: await worker(), thread: await thread(), gpu: await gpu() });
`,
    'url-worker.js': url('worker.js'),
    'url-gpu.js': url('gpu.js'),
    ...(thread === 'thread' && { 'url-thread.js': url('thread.js') }),
    ...Object.fromEntries(parts),
    ...Object.assign({}, ...variants().map(engine), ...manifest().map(model)),
  };
}
