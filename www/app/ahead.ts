import type { Conversion, Converter, Variant } from '../client/index.js';
import { busy } from './activity.js';
import { modelsUrl, wasmBytes, wasmUrl } from './build.js';
import { find } from './dom.js';
import { onLanguage, size, text } from './text.js';

/** How long nothing must have been drawn before anything is fetched ahead. */
const QUIET_MS = 5000;
const SHOWN_MS = 200;

interface Missing {
  readonly url: string;
  readonly bytes: number;
}

let timer: ReturnType<typeof setTimeout> | undefined;
let tell: () => void = () => undefined;

/**
 * After a drawing: fetches the rest of what later visits need without a network, once all is quiet, through the service
 * worker, which keeps it. Not where data is dear, nor where there is no service worker.
 */
export function fetchAhead(converter: Converter, { variant, cached }: Conversion): void {
  const { connection } = navigator as Navigator & { readonly connection?: { readonly saveData?: boolean } };
  const kept = (navigator as Partial<Navigator>).serviceWorker?.controller;
  if (cached?.ahead || connection?.saveData || !kept) return;
  clearTimeout(timer);
  const later = () => {
    timer = setTimeout(() => {
      if (busy()) later();
      else void fetchAll(converter, variant).catch(() => undefined);
    }, QUIET_MS);
  };
  later();
}

async function fetchAll(converter: Converter, variant: Variant): Promise<void> {
  const missing = await missingOf(converter, variant);
  const total = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total === 0) return;
  const line = find(document, '.offline', HTMLElement);
  let loaded = 0;
  let shown = 0;
  const show = (words: () => string) => {
    tell = () => {
      line.textContent = words();
    };
    tell();
    line.hidden = false;
  };
  const count = (bytes: number) => {
    loaded += bytes;
    if (performance.now() - shown < SHOWN_MS) return;
    shown = performance.now();
    show(() => text('offline.fetching', { loaded: size(loaded), total: size(total) }));
  };
  try {
    for (const { url } of missing) await read(url, count);
    show(() => text('offline.ready'));
  } catch {
    // The next drawing tries again.
    line.hidden = true;
  }
}

/** The models, and the engine that later visits take: from then on the page is isolated, and has threads. */
async function missingOf(converter: Converter, variant: Variant): Promise<Missing[]> {
  const later = `${variant.replace('-threads', '')}-threads` as Variant;
  const models = converter.styles().filter(({ own }) => !own);
  const engine = [variant, later].flatMap((name) => ({ url: wasmUrl[name], bytes: wasmBytes[name] ?? 0 }));
  const wanted = [
    ...engine.flatMap(({ url, bytes }) => (url === undefined ? [] : { url, bytes })),
    ...models.map(({ file, sha256, bytes }) => ({ url: `${modelsUrl}${file}?sha256=${sha256}`, bytes })),
  ];
  const there = await Promise.all(wanted.map(({ url }) => caches.match(url)));
  return wanted.filter((_, at) => !there[at]);
}

async function read(url: string, count: (bytes: number) => void): Promise<void> {
  const response = await fetch(url);
  const reader = response.body?.getReader();
  if (!response.ok || !reader) throw new Error(`${url} answered with status ${String(response.status)}`);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    count(value.length);
  }
}

onLanguage({
  retranslate: () => {
    tell();
  },
});
