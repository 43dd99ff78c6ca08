import { NijigenError } from './error.js';

const wrappers = new Map<string, string>();

/**
 * Starts a module worker. Browsers refuse a script of another origin, such as a CDN's, so that is imported by one of
 * this origin; its host must allow it (CORS), and a CSP's `worker-src` has to name both `blob:` and that host. A frame
 * with `sandbox` and without `allow-same-origin` has an origin to which nothing belongs, blobs neither: there it is a
 * `data:` URL. Throws `unsupported-environment` where the browser makes none at all.
 */
export function startWorker(url: string | URL, name: string): Worker {
  const { href, origin, protocol } = new URL(url);
  const foreign = protocol.startsWith('http') && origin !== self.origin;
  try {
    return new Worker(foreign ? wrapped(href) : href, { type: 'module', name });
  } catch (cause) {
    // As where the page's policy wants trusted types.
    throw new NijigenError('unsupported-environment', `a worker cannot be made: ${String(cause)}`, { cause });
  }
}

/** What may be wrong where a worker's script does not load, which browsers do not say. */
export function notLoaded(url: string | URL): string {
  const { href, origin, protocol } = new URL(url);
  const isolated = self.crossOriginIsolated && protocol.startsWith('http') && origin === self.origin;
  return `could not be loaded from ${href}; where no bundler put it there, \`baseUrl\` says where it is${
    isolated ? '; a page that is cross-origin isolated needs Cross-Origin-Embedder-Policy on this file, too' : ''
  }`;
}

/** One for each script: a worker that starts later still needs it. */
function wrapped(href: string): string {
  const known = wrappers.get(href);
  if (known !== undefined) return known;
  const wrapper = scriptUrl(`import ${JSON.stringify(href)};`);
  wrappers.set(href, wrapper);
  return wrapper;
}

/** The URL of a script that is text. */
export function scriptUrl(text: string): string {
  if (self.origin === 'null') return `data:text/javascript,${encodeURIComponent(text)}`;
  return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
}
