import { TAKE_OVER } from '../take-over.js';
import { registration } from './offline.js';

/** A page that is just being closed still counts as open, so who was refused asks again after this time. */
const AGAIN_MS = 5000;

/**
 * Lets a new version take over as soon as it waits, while `untouched` says that nothing is lost with this page; the
 * page is then loaded anew. Otherwise the version waits until every page of the old one is closed. Without this, a
 * page that stays old would ask for an engine and models that the server no longer has.
 */
export async function takeUpdates(untouched: () => boolean): Promise<void> {
  const registered = await registration;
  if (!registered) return;

  let asked = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  const ask = () => {
    // With none at work this is the first visit, and its version needs no asking.
    if (!registered.active || !registered.waiting || !untouched()) return;
    asked = true;
    registered.waiting.postMessage(TAKE_OVER);
    clearTimeout(again);
    again = setTimeout(ask, AGAIN_MS);
  };
  const follow = () => registered.installing?.addEventListener('statechange', ask);

  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!asked || !untouched()) return;
    asked = false;
    location.reload();
  });
  registered.addEventListener('updatefound', follow);
  follow();
  ask();
}
