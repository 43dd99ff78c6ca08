/** A timer that is so late has slept, and the download with it. */
const ASLEEP_MS = 5000;

/** Ends a download of which nothing has come for so long, in ms: whoever waits for it would wait for ever. */
export async function abortIfStalled(
  response: Promise<Response>,
  ms: number,
  download: AbortController,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    const due = performance.now() + ms;
    timer = setTimeout(() => {
      if (performance.now() - due < ASLEEP_MS) download.abort();
      else heard();
    }, ms);
  };
  try {
    heard();
    const reader = (await response).clone().body?.getReader();
    while (reader && !(await reader.read()).done) heard();
  } catch {
    // Whoever waits for it hears of it, too.
  } finally {
    clearTimeout(timer);
  }
}
