import { relaxedSimd } from 'wasm-feature-detect';
import type { Conversion, Variant } from '../../client/index.js';
import { busy } from '../shell/activity.js';
import { modelsUrl, samples, wasmBytes, wasmUrl } from '../shell/build.js';
import { isMetered } from '../shell/connection.js';
import { theConverter } from '../shell/converter.js';

/** How long nothing must have been drawn before anything is fetched ahead. */
const QUIET_MS = 5000;
/** How long the service worker may take to check and store what it has passed on. */
const STORING_MS = 10_000;

/** The share of a module's bytes that is sent, compressed: brotli makes it a fifth, gzip 0.28. */
const SENT = 0.28;

/** What a visit without a network would find; sizes in bytes as they are sent. */
export type OfflineStatus =
  | { readonly name: 'unknown' | 'ready' }
  | {
      readonly name: 'missing';
      readonly total: number;
      readonly broken: boolean;
      /** Those that could be drawn even so. */
      readonly styles: readonly string[];
    }
  | { readonly name: 'fetching'; readonly loaded: number; readonly total: number };

interface Asset {
  readonly url: string;
  readonly bytes: number;
  /** How many of them are sent, compressed. */
  readonly sent: number;
}

interface Stock {
  readonly missing: readonly Asset[];
  /** The styles that can be drawn with what is there. */
  readonly styles: readonly string[];
  /** Whether these are all. */
  readonly ready: boolean;
}

let status: OfflineStatus = { name: 'unknown' };
const listeners = new Set<(status: OfflineStatus) => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let last: Promise<void> = Promise.resolve();
/** The build that has run. From then on the one that later visits take is wanted, too. */
let ran: Variant | undefined;

/** Tells how it stands, now and whenever that changes. */
export function onOfflineStatus(listener: (status: OfflineStatus) => void): void {
  listeners.add(listener);
  listener(status);
}

function setStatus(next: OfflineStatus): void {
  status = next;
  for (const listener of listeners) listener(next);
}

/**
 * Fetches what visits without a network need, once all is quiet, through the service worker, which keeps it: the engine
 * as this page takes it, the models and the sample photos; after a drawing the rest. Not where data is dear.
 */
export function fetchAhead(drawn?: Conversion): void {
  if (drawn?.cached?.ahead) return;
  if (drawn && drawn.variant !== 'webgpu') ran = drawn.variant;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (busy()) fetchAhead();
    else if (isMetered()) void refreshStatus();
    else void fetchNow();
  }, QUIET_MS);
}

// On a first visit the service worker may come later than all else.
(navigator as Partial<Navigator>).serviceWorker?.addEventListener('controllerchange', () => {
  fetchAhead();
});

/** Finds out how it stands. */
export async function refreshStatus(): Promise<void> {
  if (status.name === 'fetching') return;
  try {
    setStatus(statusOf(await look()));
  } catch {
    setStatus({ name: 'unknown' });
  }
}

/** The same without waiting, whatever it costs. */
export function fetchNow(): Promise<void> {
  last = last.then(fetchMissing).catch(() => {
    setStatus({ name: 'unknown' });
  });
  return last;
}

async function fetchMissing(): Promise<void> {
  const { missing } = await look();
  const total = sum(missing);
  let loaded = 0;
  try {
    for (const { url, bytes: whole, sent } of missing) {
      setStatus({ name: 'fetching', loaded, total });
      await read(url, (bytes) => {
        loaded += whole > 0 ? (bytes * sent) / whole : 0;
        setStatus({ name: 'fetching', loaded, total });
      });
      // Who waits for a picture has the line for himself.
      while (busy()) await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
    await stored(missing);
    setStatus({ name: 'ready' });
  } catch {
    // The next drawing, or the next visit, tries again.
    setStatus(statusOf(await look(), true));
  }
}

const statusOf = ({ missing, styles, ready }: Stock, broken = false): OfflineStatus =>
  ready ? { name: 'ready' } : { name: 'missing', total: sum(missing), broken, styles };

const sum = (parts: readonly Asset[]): number => parts.reduce((sum, { sent }) => sum + sent, 0);
/** What does not get smaller by much. */
const whole = (url: string, bytes: number): Asset => ({ url, bytes, sent: bytes });
const there = async ({ url }: Asset): Promise<boolean> => (await caches.match(url)) !== undefined;

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
  const builds = new Map<Variant | undefined, Asset>();
  for (const variant of [now, plain, later].filter((variant) => variant !== undefined)) {
    const url = wasmUrl[variant];
    const bytes = wasmBytes[variant] ?? 0;
    if (url !== undefined) builds.set(variant, { url, bytes, sent: bytes * SENT });
  }
  const models = (await theConverter())
    .styles()
    .filter(({ own }) => !own)
    .map(({ style, file, sha256, bytes }) => ({ style, ...whole(`${modelsUrl}${file}?sha256=${sha256}`, bytes) }));
  const photos = samples.map(({ url, bytes }) => whole(url, bytes));
  const build = builds.get(now) ?? builds.get(plain);
  const wanted = [build, ran && builds.get(later), ...models, ...photos];
  const parts = [...new Set(wanted)].filter((part) => part !== undefined);
  const kept = new Set<Asset>();
  await Promise.all(
    [...builds.values(), ...models, ...photos].map(async (part) => (await there(part)) && kept.add(part)),
  );
  const has = (part: Asset | undefined) => part !== undefined && kept.has(part);
  // Where the build that this page would take is missing, it takes the other.
  const started = has(build) || has(builds.get(plain));
  const all = [...new Set(models.map(({ style }) => style))];
  const styles = all.filter((name) => started && models.every((model) => model.style !== name || has(model)));
  return { missing: parts.filter((part) => !kept.has(part)), styles, ready: styles.length === all.length };
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
async function stored(parts: readonly Asset[]): Promise<void> {
  const end = performance.now() + STORING_MS;
  while (!(await Promise.all(parts.map(there))).every(Boolean)) {
    if (performance.now() > end) throw new Error('what was fetched was not kept');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
