let channel: BroadcastChannel | undefined;
const theChannel = () => (channel ??= new BroadcastChannel('nijigen-session'));

/** Tells other pages that all that was kept is deleted. */
export function tellCleared(): void {
  theChannel().postMessage({ cleared: Date.now() });
}

/** Called when another page has deleted all that was kept until then, in ms since 1970. */
export function onCleared(listener: (cleared: number) => void): void {
  theChannel().addEventListener('message', ({ data }: MessageEvent<{ readonly cleared: number }>) => {
    listener(data.cleared);
  });
}
