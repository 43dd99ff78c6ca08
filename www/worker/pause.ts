const { port1, port2 } = new MessageChannel();

/** Lets the messages that have arrived be handled. A promise alone would not, and timers wait 4 ms at least. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    port1.onmessage = () => {
      resolve();
    };
    port2.postMessage(undefined);
  });
}
