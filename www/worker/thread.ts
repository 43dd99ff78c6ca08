// The bindings of the builds with threads. The engine's worker imports them; as a worker of its own this is a thread.
import init, { allocation_failed, run_thread } from 'nijigen-core';
import { channelNamed } from '../channel.js';
import { toFailure } from './failure.js';
import { READY, THREAD, type ThreadStart } from './threads.js';

export * from 'nijigen-core';
export { default } from 'nijigen-core';

async function run({ module, memory, channel }: ThreadStart): Promise<void> {
  try {
    await init({ module_or_path: module, memory });
  } catch (error) {
    self.postMessage(String(error));
    return;
  }
  self.postMessage(READY);
  try {
    run_thread();
  } catch (error) {
    // The engine's worker waits for this thread and hears nothing, so the page must end it.
    channelNamed(channel)?.postMessage(toFailure(error, allocation_failed));
  }
}

if (self.name === THREAD) {
  self.onmessage = ({ data }: MessageEvent<ThreadStart>) => {
    void run(data);
  };
}
