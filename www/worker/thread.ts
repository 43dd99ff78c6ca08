// The bindings of the builds with threads. The engine's worker imports them; as a worker of its own this is a thread.
import init, { run_thread } from 'nijigen-core';
import { READY, THREAD, type ThreadStart } from './threads.js';

export * from 'nijigen-core';
export { default } from 'nijigen-core';

if (self.name === THREAD) {
  self.onmessage = ({ data: { module, memory } }: MessageEvent<ThreadStart>) => {
    init({ module_or_path: module, memory }).then(
      () => {
        self.postMessage(READY);
        run_thread();
      },
      (error: unknown) => {
        self.postMessage(String(error));
      },
    );
  };
}
