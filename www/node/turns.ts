import { cancelled } from '../client/error.js';

/** Runs tasks one after another in the order they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Waits for its turn, then runs `task`. An abort while waiting rejects at once and gives the turn up. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last;
    const result = abortable(turn, signal).then(task);
    this.#last = turn.then(() => result.catch(() => undefined));
    return result;
  }
}

function abortable(turn: Promise<unknown>, signal?: AbortSignal): Promise<unknown> {
  if (!signal) return turn;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(cancelled());
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void turn.then(() => {
      signal.removeEventListener('abort', abort);
      resolve(undefined);
    });
  });
}
