import { relaxedSimd } from 'wasm-feature-detect';
import type { Conversion, Variant } from '../client/index.js';
import { busy } from './activity.js';
import { modelsUrl, samples, wasmBytes, wasmUrl } from './build.js';
import { studio } from './studio.js';

/** How long nothing must have been drawn before anything is fetched ahead. */
const QUIET_MS = 5000;
/** How long the service worker may take to check and store what it has passed on. */
const STORING_MS = 10_000;

/** What a visit without a network would find; sizes in bytes. */
export type Standing =
  | { readonly name: 'unknown' | 'ready' }
  | { readonly name: 'missing'; readonly total: number; readonly broken: boolean }
  | { readonly name: 'fetching'; readonly loaded: number; readonly total: number };

interface Part {
  readonly url: string;
  readonly bytes: number;
}

interface Stock {
  readonly missing: readonly Part[];
  /** Whether there is enough to draw with. */
  readonly ready: boolean;
}

let standing: Standing = { name: 'unknown' };
const listeners = new Set<(standing: Standing) => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let last: Promise<void> = Promise.resolve();
/** The build that has run. From then on the one that later visits take is wanted, too. */
let ran: Variant | undefined;

/** Tells how it stands, now and whenever that changes. */
export function onStanding(listener: (standing: Standing) => void): void {
  listeners.add(listener);
  listener(standing);
}

function stand(next: Standing): void {
  standing = next;
  for (const listener of listeners) listener(next);
}

/**
 * Fetches what visits without a network need, once all is quiet, through the service worker, which keeps it: the engine
 * as this page takes it, the models and the sample photos; after a drawing the rest. Not where data is dear.
 */
export function fetchAhead(drawn?: Conversion): void {
  if (drawn?.cached?.ahead) return;
  ran = drawn?.variant ?? ran;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const { connection } = navigator as Navigator & { readonly connection?: { readonly saveData?: boolean } };
    if (busy()) fetchAhead();
    else if (connection?.saveData) void takeStock();
    else void fetchNow();
  }, QUIET_MS);
}

// On a first visit the service worker may come later than all else.
(navigator as Partial<Navigator>).serviceWorker?.addEventListener('controllerchange', () => {
  fetchAhead();
});

/** Finds out how it stands. */
export async function takeStock(): Promise<void> {
  if (standing.name === 'fetching') return;
  try {
    const { missing, ready } = await look();
    stand(ready ? { name: 'ready' } : { name: 'missing', total: sum(missing), broken: false });
  } catch {
    stand({ name: 'unknown' });
  }
}

/** The same without waiting, whatever it costs. */
export function fetchNow(): Promise<void> {
  last = last.then(fetchMissing).catch(() => {
    stand({ name: 'unknown' });
  });
  return last;
}

async function fetchMissing(): Promise<void> {
  const { missing, ready } = await look();
  const total = sum(missing);
  let loaded = 0;
  try {
    for (const { url } of missing) {
      stand({ name: 'fetching', loaded, total });
      await read(url, (bytes) => {
        loaded += bytes;
        stand({ name: 'fetching', loaded, total });
      });
      // Who waits for a picture has the line for himself.
      while (busy()) await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
    await stored(missing);
    stand({ name: 'ready' });
  } catch {
    // The next drawing, or the next visit, tries again.
    stand(ready ? { name: 'ready' } : { name: 'missing', total: sum((await look()).missing), broken: true });
  }
}

const sum = (parts: readonly Part[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);
const there = async ({ url }: Part): Promise<boolean> => (await caches.match(url)) !== undefined;

/** Fails where no service worker keeps anything for this page, or the list of models cannot be had. */
async function look(): Promise<Stock> {
  if (!(navigator as Partial<Navigator>).serviceWorker?.controller) throw new Error('nothing is kept');
  const kind = ran?.replace('-threads', '') ?? ((await relaxedSimd()) ? 'relaxed' : 'simd');
  // A site need not have all builds.
  const offered = (threads: '' | '-threads') =>
    ([`${kind}${threads}`, `simd${threads}`] as Variant[]).find((variant) => wasmUrl[variant] !== undefined);
  const [plain, later] = [offered(''), offered('-threads')];
  const threads = crossOriginIsolated && navigator.hardwareConcurrency > 1;
  const now = ran ?? (threads ? (later ?? plain) : plain);
  const builds = new Map<Variant | undefined, Part>();
  for (const variant of [now, plain, later].filter((variant) => variant !== undefined)) {
    const url = wasmUrl[variant];
    if (url !== undefined) builds.set(variant, { url, bytes: wasmBytes[variant] ?? 0 });
  }
  const models = (await studio())
    .styles()
    .filter(({ own }) => !own)
    .map(({ file, sha256, bytes }) => ({ url: `${modelsUrl}${file}?sha256=${sha256}`, bytes }));
  const build = builds.get(now) ?? builds.get(plain);
  const wanted = [build, ran && builds.get(later), ...models, ...samples];
  const parts = [...new Set(wanted)].filter((part) => part !== undefined);
  const kept = new Set<Part>();
  await Promise.all(
    [...builds.values(), ...models, ...samples].map(async (part) => (await there(part)) && kept.add(part)),
  );
  const has = (part: Part | undefined) => part !== undefined && kept.has(part);
  // Where the build that this page would take is missing, it takes the other.
  const ready = (has(build) || has(builds.get(plain))) && has(models[0]);
  return { missing: parts.filter((part) => !kept.has(part)), ready };
}

async function read(url: string, count: (bytes: number) => void): Promise<void> {
  const response = await fetch(url, { priority: 'low' });
  const reader = response.body?.getReader();
  if (!response.ok || !reader) throw new Error(`${url} answered with status ${String(response.status)}`);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    count(value.length);
  }
}

/** What did not come whole is never kept. */
async function stored(parts: readonly Part[]): Promise<void> {
  const end = performance.now() + STORING_MS;
  while (!(await Promise.all(parts.map(there))).every(Boolean)) {
    if (performance.now() > end) throw new Error('what was fetched was not kept');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
