import { forget, keysRemembered, remember } from '../../shell/remember.js';

const KEY = 'nijigen.session';
const DISCARDED = 'nijigen.session.discarded.';
const LOCK = 'nijigen.session.';
/** A page that is just being left still has its lock for a moment. */
const PATIENCE_MS = 2000;

const { locks } = navigator as Partial<Navigator>;

let own: Promise<string> | undefined;

/** Whether this tab has a list, or had one. */
export const claimed = (): boolean => own !== undefined || read() !== undefined;

/**
 * The name of this tab's list: the one that it had before it was loaded anew, unless another tab has that, as where a tab
 * was duplicated. A Web Lock of that name is held from then on as long as the page lives.
 */
export const claim = (): Promise<string> => (own ??= named());

async function named(): Promise<string> {
  const before = read();
  if (before !== undefined && (await held(before))) return before;
  const fresh = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  await held(fresh);
  write(fresh);
  return fresh;
}

/** Remembers that this tab's list is to go, for the page may be gone before that is done. */
export function markDiscarded(): void {
  const session = read();
  if (session !== undefined) remember(DISCARDED + session, '');
}

/** The lists that are to go. */
export const discarded = (): readonly string[] => keysRemembered(DISCARDED).map((key) => key.slice(DISCARDED.length));

/** They are gone, or are to stay. */
export function clearDiscarded(sessions: readonly string[]): void {
  for (const session of sessions) forget(DISCARDED + session);
}

/** Those whose page is gone. None where the browser does not tell: on insecure origins it has no locks. */
export async function abandoned(sessions: readonly string[]): Promise<readonly string[]> {
  const { held } = (await locks?.query()) ?? {};
  if (!held) return [];
  const names = held.map(({ name }) => name);
  return sessions.filter((session) => !names.includes(LOCK + session));
}

/** Does something with a list whose page is gone; not if it is there again. */
export async function unlessClaimed(session: string, task: () => Promise<void>): Promise<void> {
  await locks?.request(LOCK + session, { ifAvailable: true }, async (lock) => {
    if (lock) await task();
  });
}

/** Whether this page holds the lock now. */
async function held(session: string): Promise<boolean> {
  if (!locks) return true;
  return new Promise((resolve) => {
    locks
      .request(LOCK + session, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
        resolve(true);
        return new Promise(() => undefined);
      })
      .catch(() => {
        resolve(false);
      });
  });
}

// Storage is refused to pages in some frames and modes; then a list is only found again as one that was left.
function read(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(session: string): void {
  try {
    sessionStorage.setItem(KEY, session);
  } catch {
    // See above.
  }
}
