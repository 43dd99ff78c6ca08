import { channelNamed } from '../../../channel.js';

let channel: BroadcastChannel | undefined;
const theChannel = () => (channel ??= channelNamed('nijigen-session'));

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
