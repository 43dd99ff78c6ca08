// When a visit began and when people last left a page: what was under way on a GPU when they did has not ended the page.
import type { Visit } from './protocol.js';

/** Of the last visit that somebody left, in milliseconds since 1970. */
const LEFT = 'nijigen.left';

let visit: Visit | undefined;

/** This one; from the first call on leaving it is noted. */
export function thisVisit(): Visit {
  if (visit) return visit;
  visit = { since: performance.timeOrigin, left: lastLeft() };
  if ('localStorage' in globalThis) {
    addEventListener('pagehide', note);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') note();
    });
  }
  return visit;
}

function lastLeft(): number {
  try {
    return Number(localStorage.getItem(LEFT) ?? 0);
  } catch {
    // Workers, and pages that may store nothing.
    return 0;
  }
}

function note(): void {
  try {
    localStorage.setItem(LEFT, String(Date.now()));
  } catch {
    // As above.
  }
}
