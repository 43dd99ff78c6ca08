// One of our module's threads.
import init, { run_thread } from 'nijigen-core';

self.onmessage = async ({ data: { module, memory } }) => {
  await init({ module_or_path: module, memory });
  self.postMessage('ready');
  run_thread();
};
