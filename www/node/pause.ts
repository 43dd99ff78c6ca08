// In place of www/worker/pause.ts, whose ports would keep a program from ending.

/** Lets what has happened be handled. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
