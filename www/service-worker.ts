// Makes the site work offline, and cross-origin isolated wherever it is hosted. The shell is cached when this worker is
// installed; the engine and the models when a page asks for them, first of all when it has nothing else to do, so that
// they are fetched once. A new version waits until every page of the old one is closed, or until the only one that is
// open asks for it and is loaded anew: never are parts of two versions mixed.
import { addPlugins, cleanupOutdatedCaches, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { CacheFirst } from 'workbox-strategies';
import { sha256 } from './sha256.js';
import { abortIfStalled } from './stalled.js';
import { SHARED, TAKE_OVER } from './take-over.js';

declare const self: ServiceWorkerGlobalScope;
/** The light files of this version. Set by the build. */
declare const SHELL: PrecacheEntry[];
/** The heavy ones: URL relative to the scope, and SHA-256 in hex. Set by the build. */
declare const HEAVY: Record<string, string>;

const CACHE = 'nijigen-heavy';
/** Before the page gives up by itself, so that its next attempt is a new one. */
const STALLED_MS = 50_000;
const PAGE = new URL('index.html', self.registration.scope).href;
/** The page's own, whose names no other version has. */
const SCRIPTS = SHELL.map(({ url }) => url).filter((url) => url.startsWith('app-'));
const checksums = new Map(Object.entries(HEAVY).map(([url, sum]) => [new URL(url, self.registration.scope).href, sum]));

addPlugins([{ handlerWillRespond: isolated, cacheWillUpdate: ofThisVersion }]);
precacheAndRoute(SHELL);
cleanupOutdatedCaches();

const heavy = new CacheFirst({ cacheName: CACHE, plugins: [{ cacheWillUpdate: intact }] });
/** Files on their way, unread. */
const coming = new Map<string, Promise<Response>>();

registerRoute(
  ({ url }) => checksums.has(url.href),
  ({ event, url }) => fetchOnce(event as FetchEvent, url.href),
);

registerRoute(
  ({ url }) => url.href === new URL('share', self.registration.scope).href,
  ({ request }) => takeShared(request),
  'POST',
);

// Without this the first visit's page would stay uncontrolled and fetch the heavy files a second time later.
self.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([self.clients.claim(), forgetOldFiles()]));
});

self.addEventListener('message', (event) => {
  if (event.data === TAKE_OVER) event.waitUntil(takeOver());
});

/**
 * The engine's threads share memory, which browsers allow only to pages and workers that come with these headers; few
 * static hosts can be told to send them. From the second visit on the page comes from here. `require-corp`, because
 * Safari knows no `credentialless` and the site loads nothing from elsewhere.
 */
function isolated({ response }: { response: Response }): Promise<Response> {
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  const { status, statusText } = response;
  return Promise.resolve(new Response(response.body, { status, statusText, headers }));
}

/**
 * A host may still give out the page of another version, each of its files until its own time is over: that page would ask
 * for scripts that are not here. Without it this version is not installed, and the browser tries again later.
 */
async function ofThisVersion({
  request,
  response,
}: {
  request: Request;
  response: Response;
}): Promise<Response | null> {
  if (response.status >= 400) return null;
  if (request.url !== PAGE) return response;
  const page = await response.clone().text();
  return SCRIPTS.every((name) => page.includes(name)) ? response : null;
}

/** Photos from the system's share sheet: the manifest has it send them here. They wait for the page that opens next. */
async function takeShared(request: Request): Promise<Response> {
  const stored = await store(request).then(
    () => SHARED.hash,
    () => SHARED.lost,
  );
  return Response.redirect(new URL(`./${stored}`, self.registration.scope).href, 303);
}

async function store(request: Request): Promise<void> {
  const cache = await caches.open(SHARED.cache);
  const form = await request.formData();
  for (const photo of form.getAll('photos')) {
    if (!(photo instanceof File)) continue;
    const headers = { 'Content-Type': photo.type, [SHARED.name]: encodeURIComponent(photo.name) };
    await cache.put(`share/${crypto.randomUUID()}`, new Response(photo, { headers }));
  }
}

/** Another page may be in the midst of its work with the old version. */
async function takeOver(): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const ours = windows.filter(({ url }) => url.startsWith(self.registration.scope));
  if (ours.length <= 1) await self.skipWaiting();
}

/** Keeps a file only if it is whole: a damaged one would be served for ever. */
async function intact({ request, response }: { request: Request; response: Response }): Promise<Response | null> {
  const found = await sha256(await response.clone().arrayBuffer());
  return found === checksums.get(request.url) ? response : null;
}

/** Whoever asks while a file is coming gets the same bytes from their beginning, even if who asked first gives up. */
async function fetchOnce(event: FetchEvent, url: string): Promise<Response> {
  // Asked first: what is coming may be stored, and no longer coming, by the time that the cache says it has nothing.
  const before = coming.get(url);
  if (before) return (await before).clone();
  const found = await caches.match(url, { cacheName: CACHE });
  if (found) return found;
  const other = coming.get(url);
  if (other) return (await other).clone();
  const download = new AbortController();
  const request = new Request(url, { signal: download.signal });
  const [response, stored] = heavy.handleAll({ event, request });
  coming.set(url, response);
  void abortIfStalled(response, STALLED_MS, download);
  const over = () => coming.delete(url);
  event.waitUntil(stored.then(over, over));
  return (await response).clone();
}

async function forgetOldFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    if (!checksums.has(request.url)) await cache.delete(request);
  }
}
