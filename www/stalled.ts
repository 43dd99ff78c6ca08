import { afterAwake } from './timer.js';

/** Ends a download of which nothing has come for so long, in ms: whoever waits for it would wait for ever. */
export async function abortIfStalled(
  response: Promise<Response>,
  ms: number,
  download: AbortController,
): Promise<void> {
  const abort = () => {
    download.abort();
  };
  let stop = afterAwake(ms, abort);
  try {
    const reader = (await response).clone().body?.getReader();
    while (reader && !(await reader.read()).done) {
      stop();
      stop = afterAwake(ms, abort);
    }
  } catch {
    // Whoever waits for it hears of it, too.
  } finally {
    stop();
  }
}
