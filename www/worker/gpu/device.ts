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
  /** Rejects once the device is lost. */
  readonly #lost: Promise<never>;

  private constructor(
    readonly device: GPUDevice,
    /** What tells one adapter from another. */
    readonly name: string,
  ) {
    this.#lost = device.lost.then(({ message }) => {
      throw new GpuError(`the device was lost${message && ` (${message})`}`);
    });
    this.#lost.catch(() => undefined);
  }

  /** `software`: also one that is computed by the processor, which is slower than what we have ourselves. */
  static async open(gpu: GPU, software: boolean): Promise<Gpu> {
    const adapter =
      (await gpu.requestAdapter({ powerPreference: 'high-performance' })) ??
      (software ? await gpu.requestAdapter({ forceFallbackAdapter: true }) : null);
    if (!adapter) throw new GpuError('this machine has no GPU for it');
    // Older browsers say less of it, and some of that elsewhere.
    const older = adapter as { readonly info?: GPUAdapterInfo; readonly isFallbackAdapter?: boolean };
    const { vendor, architecture, device: model, description, isFallbackAdapter } = older.info ?? {};
    if ((isFallbackAdapter ?? older.isFallbackAdapter) && !software)
      throw new GpuError('the only adapter is computed by the processor');
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
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
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hung = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new GpuError(`the device did not answer for ${most / 1000} s`));
      }, most);
    });
    try {
      return await Promise.race([work, this.#lost, hung]);
    } finally {
      clearTimeout(timer);
    }
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
