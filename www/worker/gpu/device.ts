// The GPU of this machine, if it has one that is worth asking.

/** Why a GPU cannot be used, or can no longer. */
export class GpuError extends Error {
  override readonly name = 'GpuError';
}

/** How long a GPU may take for one submission before it counts as hung: browsers reset it themselves after some ten. */
const HUNG_MS = 15_000;
/** The same for compiling a shader, which is the processor's work and waits for that of others. */
const COMPILING_MS = 120_000;

/** A device, with the pipelines that were made on it. */
export class Gpu {
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  /** What rejects once the device is lost. A promise that lives as long as it would hold all that ever waited for it. */
  readonly #waiting = new Set<(error: GpuError) => void>();
  #lost: GpuError | undefined;

  private constructor(
    readonly device: GPUDevice,
    /** What tells one adapter from another. */
    readonly name: string,
  ) {
    void device.lost.then(({ message }) => {
      const lost = (this.#lost = new GpuError(`the device was lost${message && ` (${message})`}`));
      for (const reject of this.#waiting) reject(lost);
    });
  }

  /** `software`: also one that is computed by the processor, which is slower than what we have ourselves. */
  static async open(gpu: GPU, software: boolean): Promise<Gpu> {
    const within = <T>(work: Promise<T>) =>
      Promise.race([
        work,
        new Promise<never>((_, reject) => setTimeout(reject, HUNG_MS, new GpuError('the GPU did not answer'))),
      ]);
    const adapter =
      (await within(gpu.requestAdapter({ powerPreference: 'high-performance' }))) ??
      (software ? await within(gpu.requestAdapter({ forceFallbackAdapter: true })) : null);
    if (!adapter) throw new GpuError('this machine has no GPU for it');
    // Older browsers say less of it, and some of that elsewhere.
    const older = adapter as { readonly info?: GPUAdapterInfo; readonly isFallbackAdapter?: boolean };
    const { vendor, architecture, device: model, description, isFallbackAdapter } = older.info ?? {};
    if ((isFallbackAdapter ?? older.isFallbackAdapter) && !software)
      throw new GpuError('the only adapter is computed by the processor');
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    const requiredLimits = { maxStorageBufferBindingSize, maxBufferSize };
    const device = await within(adapter.requestDevice({ requiredLimits }));
    return new Gpu(device, [vendor, architecture, model, description].filter(Boolean).join(' '));
  }

  /** A compute pipeline; tiles of all sizes share it. */
  pipeline(text: string): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(text);
    if (!pipeline) this.#pipelines.set(text, (pipeline = this.#make(text)));
    return this.until(pipeline, COMPILING_MS);
  }

  async #make(code: string): Promise<GPUComputePipeline> {
    const module = this.device.createShaderModule({ code });
    try {
      return await this.device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
    } catch (cause) {
      const { messages } = await module.getCompilationInfo();
      const said = messages.map(({ message, lineNum }) => `${message} in “${code.split('\n')[lineNum - 1]?.trim()}”`);
      throw new GpuError(`it does not take a shader: ${said.join('; ') || String(cause)}`, { cause });
    }
  }

  /** What the device does, or why it never will. */
  async until<T>(work: Promise<T>, most = HUNG_MS): Promise<T> {
    if (this.#lost) throw this.#lost;
    let end: ((error: GpuError) => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      this.#waiting.add((end = reject));
    });
    const timer = setTimeout(() => {
      end?.(new GpuError(`the device did not answer for ${most / 1000} s`));
    }, most);
    try {
      return await Promise.race([work, ended]);
    } finally {
      clearTimeout(timer);
      if (end) this.#waiting.delete(end);
    }
  }

  #last: Promise<unknown> = Promise.resolve();

  /** Runs one work after another: two tiles may need the same buffers, and what the device says is of what runs. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Runs what makes things on the device; what it refuses is an error here. */
  async checked<T>(make: () => T): Promise<T> {
    const { device } = this;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    const made = make();
    const errors = await this.until(Promise.all([device.popErrorScope(), device.popErrorScope()]));
    const error = errors.find((error) => error !== null);
    if (error) throw new GpuError(error.message);
    return made;
  }

  close(): void {
    this.device.destroy();
  }
}
