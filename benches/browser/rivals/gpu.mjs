// Our generators on the GPU, in a worker.
import * as core from 'nijigen-core';
import { Gpu } from '../../../www/worker/gpu/device.ts';
import { Network } from '../../../www/worker/gpu/network.ts';
import { answer } from './rival.mjs';

let gpu;
let network;
let stop;

answer({
  /** Only the first start loads the module and opens the device. */
  async start({ wasm, model, width, height, software = false }) {
    if (!gpu) await core.default({ module_or_path: wasm });
    gpu ??= await Gpu.open(navigator.gpu, software);
    network?.destroy();
    network = undefined;
    const program = core.Bench.program(new Uint8Array(model), width, height);
    if (!program) return false;
    network = await Network.of(gpu, program.steps, program.take_constants(), 3 * width * height);
    program.free();
    return true;
  },
  run: (input) => network.run(input, (share) => stop?.(share)),
  /** From now on a run ends when this share of it is done. */
  stopAt(share) {
    stop = (done) => {
      if (done >= share) throw new Error(`stopped at ${done}`);
    };
  },
  /** As when a driver crashes. */
  lose: () => gpu.device.destroy(),
  name: () => gpu.name,
  /** Buffers, and steps by kind. */
  layout() {
    const { buffers, steps } = network.program;
    const kinds = Object.groupBy(steps, ({ kind }) => kind);
    return { buffers, steps: Object.fromEntries(Object.entries(kinds).map(([kind, all]) => [kind, all.length])) };
  },
  dispatches: () => network.bound.length,
  /** What its buffers take. */
  peak: () => 4 * network.program.buffers.reduce((sum, words) => sum + words, 0),
});
