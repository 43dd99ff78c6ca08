/** A timer that is so late has slept, and all else with it, as on a phone that was put away. */
const ASLEEP_MS = 5000;

/** A line on which nothing comes for so long stands still. Half of the time that a photo has by default: not the photo is to blame. */
export const STALLED_MS = 60_000;

/** Calls back after so many milliseconds awake. Gives what ends it. `asleep`: how late it must be to have slept. */
export function afterAwake(ms: number, call: () => void, asleep = ASLEEP_MS): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const start = () => {
    const due = performance.now() + ms;
    timer = setTimeout(() => {
      if (performance.now() - due < asleep) call();
      else start();
    }, ms);
  };
  start();
  return () => {
    clearTimeout(timer);
  };
}

/**
 * An answer, or `otherwise` after so many milliseconds. Safari has left questions about its databases unanswered (WebKit bug
 * 226547), and whoever waits for one waits for ever.
 */
export async function inTime<T>(ms: number, answer: Promise<T>, otherwise: T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, otherwise);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
