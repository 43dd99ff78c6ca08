// What onnxruntime-web's backends share.
import { answer, watchMemories } from './rival.mjs';

/** `choose` sets what `start` was asked for, and gives a session's options. */
export function answerWith(ort, choose) {
  const peak = watchMemories();
  let session;
  let shape;
  answer({
    async start({ model, width, height, ...asked }) {
      ort.env.wasm.wasmPaths = new URL('./', self.location.href).href;
      session = await ort.InferenceSession.create(new Uint8Array(model), choose(asked));
      shape = [1, 3, height, width];
    },
    async run(input) {
      const feeds = { photo: new ort.Tensor('float32', input, shape) };
      if (session.inputNames.includes('side')) {
        feeds.side = new ort.Tensor('float32', new Float32Array([Math.max(...shape)]), [1, 1, 1, 1]);
      }
      const [result] = Object.values(await session.run(feeds));
      return result.getData();
    },
    peak,
  });
}
