/** Pictures that somebody waits for. What is made only to be pleasant waits until there are none. */
let drawn = 0;
const listeners = new Set<(busy: boolean) => void>();

export const busy = (): boolean => drawn > 0;

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
