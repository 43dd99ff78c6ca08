/** Pictures that somebody waits for. What is made only to be pleasant waits until there are none. */
let drawn = 0;
/** What is made or being made, and is nowhere else until it is saved. */
const unsaved = new Set<object>();
const listeners = new Set<(busy: boolean) => void>();

export const busy = (): boolean => drawn > 0;

/** Whether something is lost if the page goes now. */
export const hasUnsaved = (): boolean => busy() || unsaved.size > 0;

/** Says of something whether it is still to be saved. */
export function markUnsaved(what: object, toSave: boolean): void {
  if (toSave) unsaved.add(what);
  else unsaved.delete(what);
}

/** As long as this is at work something is to be saved. */
export async function whileUnsaved<T>(work: Promise<T>): Promise<T> {
  markUnsaved(work, true);
  try {
    return await work;
  } finally {
    markUnsaved(work, false);
  }
}

export function onActivity(listener: (busy: boolean) => void): void {
  listeners.add(listener);
}

export async function busyWith<T>(work: Promise<T>): Promise<T> {
  change(1);
  try {
    return await work;
  } finally {
    change(-1);
  }
}

function change(by: number): void {
  drawn += by;
  for (const listener of listeners) listener(drawn > 0);
}
