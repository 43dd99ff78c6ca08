import { offline } from './build.js';

/** How long a first visit waits for the service worker before it goes on without. */
const PATIENCE_MS = 4000;

/** Settles when the service worker controls the page, so that what is fetched from then on is kept; or when it won't. */
export const controlled: Promise<void> =
  offline && 'serviceWorker' in navigator ? control(navigator.serviceWorker) : Promise.resolve();

async function control(container: ServiceWorkerContainer): Promise<void> {
  if (container.controller) {
    // This visit has what it needs; a newer version may be fetched for the next.
    void register(container);
    return;
  }
  const tooLong = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([tooLong, takeover(container)]);
}

async function takeover(container: ServiceWorkerContainer): Promise<void> {
  const taken = new Promise<void>((resolve) => {
    container.addEventListener('controllerchange', () => {
      resolve();
    });
  });
  const registration = await register(container);
  // Already at work, yet not for us: the page was loaded past it (a forced reload) and will stay so.
  if (!registration || registration.active?.state === 'activated') return;
  await taken;
}

function register(container: ServiceWorkerContainer): Promise<ServiceWorkerRegistration | undefined> {
  // Refused by private windows, some policies and insecure hosts. The page works without.
  return container.register('service-worker.js').catch(() => undefined);
}
