/** Answers the page: a worker's engine is started, run and asked for its memory. Times are taken here. */
export function answer(commands) {
  self.onmessage = async ({ data: { command, argument } }) => {
    try {
      const begun = performance.now();
      const result = await commands[command](argument);
      self.postMessage({ ms: performance.now() - begun, result });
    } catch (error) {
      self.postMessage({ error: String(error?.stack ?? error) });
    }
  };
}

/** Sees every memory that a module makes or takes. */
export function watchMemories() {
  const memories = new Set();
  const Memory = WebAssembly.Memory;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor) {
      super(descriptor);
      memories.add(this);
    }
  };
  const exported = (result) => {
    for (const value of Object.values((result.instance ?? result).exports)) {
      if (value instanceof Memory) memories.add(value);
    }
    return result;
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => exported(await original.apply(WebAssembly, given));
  }
  return () => Math.max(...[...memories].map((memory) => memory.buffer.byteLength));
}
