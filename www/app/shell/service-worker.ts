import { offline } from './build.js';

/**
 * How long a first visit waits for the service worker before it goes on without: what is fetched past it is fetched for
 * later visits when nobody waits, mostly from the browser's own cache.
 */
const PATIENCE_MS = 1000;

const container = offline && 'serviceWorker' in navigator ? navigator.serviceWorker : undefined;

/** The site's service worker. Refused by private windows, some policies and insecure hosts: the page works without. */
export const registration = Promise.resolve(container?.register('service-worker.js')).catch(() => undefined);

/** Settles when the service worker controls the page, so that what is fetched from then on is kept; or when it won't. */
export const controlled: Promise<void> = container ? control(container) : Promise.resolve();

async function control(container: ServiceWorkerContainer): Promise<void> {
  // This visit has what it needs; a newer version may be fetched for the next.
  if (container.controller) return;
  const tooLong = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([tooLong, takeover(container)]);
}

async function takeover(container: ServiceWorkerContainer): Promise<void> {
  const taken = new Promise<void>((resolve) => {
    container.addEventListener('controllerchange', () => {
      resolve();
    });
  });
  const registered = await registration;
  // Already at work, yet not for us: the page was loaded past it (a forced reload) and will stay so.
  if (!registered || registered.active?.state === 'activated') return;
  await taken;
}
