let channel: BroadcastChannel | undefined;

/** None where the page may store nothing, as in Firefox with cookies blocked, which refuses it. */
function theChannel(): BroadcastChannel | undefined {
  try {
    return (channel ??= new BroadcastChannel('nijigen-session'));
  } catch {
    return undefined;
  }
}

/** Tells other pages that all that was kept until then, in ms since 1970, is deleted. */
export function tellCleared(cleared: number): void {
  theChannel()?.postMessage({ cleared });
}

/** Called when another page has deleted all that was kept until then. */
export function onCleared(listener: (cleared: number) => void): void {
  theChannel()?.addEventListener('message', ({ data }: MessageEvent<{ readonly cleared: number }>) => {
    listener(data.cleared);
  });
}
