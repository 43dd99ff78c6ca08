/** Before so many photos and so long a time nobody can say. */
const LEAST_PHOTOS = 3;
const LEAST_MS = 5000;

/** How long a run of photos will still take, told from how it went until now. */
export class Estimate {
  readonly #begun = performance.now();
  /** Photos that were done when the run began. */
  readonly before: number;
  readonly #share: number;

  /** Where the run begins: photos that are done, and the sum of all shares. */
  constructor(done: number, share: number) {
    this.before = done;
    this.#share = share;
  }

  /** Seconds for the shares that are left; undefined while it would be a guess. */
  seconds(done: number, share: number, left: number): number | undefined {
    const passed = performance.now() - this.#begun;
    const drawn = share - this.#share;
    if (done - this.before < LEAST_PHOTOS || passed < LEAST_MS || drawn <= 0 || left <= 0) return undefined;
    return ((passed / drawn) * left) / 1000;
  }
}
