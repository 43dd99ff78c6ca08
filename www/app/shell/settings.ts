import type { CacheSettings, Converter } from '../../client/index.js';
import { remember, remembered } from './remember.js';

const KEY = 'nijigen.settings';
const DAY_MS = 24 * 60 * 60 * 1000;
/** The ages on offer. */
export const DAYS = [1, 3, 7, 30, 90, 365] as const;
const THRESHOLDS = Array.from({ length: 17 }, (_, bits) => bits);

/** What a person has chosen for this page, in this browser. */
export interface Settings {
  /** Whether pictures are kept, and kept ones answer. */
  readonly keep: boolean;
  /** Largest distance of a near hit, in bits of 64, 0–16. */
  readonly threshold: number;
  /** How long a picture is kept, one of `DAYS`. */
  readonly days: number;
  readonly since: 'creation' | 'use';
}

const STANDARD: Settings = { keep: true, threshold: 5, days: 7, since: 'creation' };

let current = read(remembered(KEY));
/** Whether something was chosen since choices were settled last. */
let unsettled = false;
const listeners = new Set<() => void>();

/** Called when choices hold from now on, whichever tab they were made in. */
export function onSettled(listener: () => void): void {
  listeners.add(listener);
}

export const settings = (): Settings => current;

/** Holds at once for this page's new pictures, elsewhere once it is settled. False if it is forgotten with the page. */
export function change(part: Partial<Settings>): boolean {
  current = { ...current, ...part };
  unsettled = true;
  // Tells other tabs nothing, as it changes nothing.
  return remember(KEY, remembered(KEY) ?? '{}');
}

/** Makes the choices hold in other tabs, and from now on. */
export function settle(): void {
  if (!unsettled) return;
  unsettled = false;
  remember(KEY, JSON.stringify(current));
  for (const listener of listeners) listener();
}

/** Tells when another tab has changed the settings. */
export function onChangeElsewhere(tell: () => void): void {
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== KEY) return;
    current = read(newValue);
    tell();
    for (const listener of listeners) listener();
  });
}

export const limits = (): CacheSettings => ({
  maxAge: current.days * DAY_MS,
  since: current.since,
  threshold: current.threshold,
});

export function apply({ cache }: Converter): void {
  cache.settings = limits();
  if (!current.keep) cache.settings = false;
}

/** Whatever an older version or another program left there, each choice is one that exists. */
function read(json: string | null): Settings {
  try {
    const { keep, threshold, days, since } = JSON.parse(json ?? '{}') as Record<string, unknown>;
    return {
      keep: keep !== false,
      threshold: THRESHOLDS.find((known) => known === threshold) ?? STANDARD.threshold,
      days: DAYS.find((known) => known === days) ?? STANDARD.days,
      since: since === 'use' ? 'use' : 'creation',
    };
  } catch {
    return STANDARD;
  }
}
