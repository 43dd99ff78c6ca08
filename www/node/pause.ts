// The worker's own, which has ports, would keep a program from ending.

/** Lets what has happened be handled. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
