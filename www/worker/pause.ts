const { port1, port2 } = new MessageChannel();
/** Who waits, the first one first: more than one may. */
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

/** Lets the messages that have arrived be handled. A promise alone would not, and timers wait 4 ms at least. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(undefined);
  });
}
