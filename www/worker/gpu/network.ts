import type { GpuProgram } from '../../client/core.js';
import { GpuError, type Gpu } from './device.js';
import type { Shader } from './shader.js';
import { dispatches } from './steps.js';

/** Submissions of one run: as often can it be cancelled, and says how far it is. */
const PARTS = 12;
/** What few values take, as multiply-adds: a dispatch is not free. */
const LEAST_WORK = 100_000;

interface Bound {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly uniforms: GPUBuffer;
  readonly groups: readonly [number, number, number];
  readonly work: number;
}

/** A generator for tiles of one size, on the device. */
export class Network {
  /** Tiles that are on their way or wait. */
  #runs = 0;
  /** What its buffers take on the device. */
  readonly bytes: number;

  private constructor(
    readonly gpu: Gpu,
    readonly program: GpuProgram,
    readonly buffers: readonly GPUBuffer[],
    readonly bound: readonly Bound[],
    readonly values: number,
  ) {
    this.bytes = buffers.reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether its buffers take at most so many bytes, and none of them more than the device allows. */
  static fits({ device: { limits } }: Gpu, program: GpuProgram, most: number): boolean {
    const sizes = sizesOf(program);
    const each = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
    return sizes.every((size) => size <= each) && sizes.reduce((sum, size) => sum + size, 0) <= most;
  }

  /** `values` are what a tile has of them. */
  static async of(
    gpu: Gpu,
    program: GpuProgram,
    constants: Uint32Array<ArrayBuffer>,
    values: number,
  ): Promise<Network> {
    const { device } = gpu;
    const sizes = sizesOf(program);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffers = await gpu.checked(() => sizes.map((size) => device.createBuffer({ size, usage })));
    try {
      const [first] = buffers;
      if (first) device.queue.writeBuffer(first, 0, constants);
      const work = program.steps.flatMap((step) =>
        dispatches(step).map((dispatch) => ({ ...dispatch, work: step.kind === 'convolve' ? step.work : 0 })),
      );
      const pipelines = await Promise.all(work.map(({ text }) => gpu.pipeline(text)));
      const bound = await gpu.checked(() =>
        work.flatMap(({ shader, groups, work }, i) => {
          const pipeline = pipelines[i];
          return pipeline
            ? [{ pipeline, groups, work: work + LEAST_WORK, ...bind(gpu, pipeline, shader, buffers) }]
            : [];
        }),
      );
      return new Network(gpu, program, buffers, bound, values);
    } catch (error) {
      for (const buffer of buffers) buffer.destroy();
      throw error;
    }
  }

  /** Whether a tile is on its way. */
  get running(): boolean {
    return this.#runs > 0;
  }

  /** What the generator makes of a tile. `onPart` is told the share of the work that is done, and may throw. */
  run(tile: Float32Array<ArrayBuffer>, onPart: (share: number) => void): Promise<Float32Array<ArrayBuffer>> {
    this.#runs++;
    return this.gpu.inTurn(() => this.#run(tile, onPart)).finally(() => this.#runs--);
  }

  async #run(tile: Float32Array<ArrayBuffer>, onPart: (share: number) => void): Promise<Float32Array<ArrayBuffer>> {
    const { gpu, program, buffers } = this;
    const { device } = gpu;
    const [input, output] = [buffers[program.input.buffer], buffers[program.output.buffer]];
    if (!input || !output || tile.length !== this.values) throw new GpuError('the tile has another size');
    const size = this.values * 4;
    return await this.#scoped(async () => {
      device.queue.writeBuffer(input, program.input.offset * 4, tile);
      await this.#submit(onPart);
      const read = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      try {
        const encoder = device.createCommandEncoder();
        encoder.copyBufferToBuffer(output, program.output.offset * 4, read, 0, size);
        device.queue.submit([encoder.finish()]);
        await gpu.until(read.mapAsync(GPUMapMode.READ));
        return new Float32Array(read.getMappedRange().slice(0));
      } finally {
        read.destroy();
      }
    });
  }

  /** All dispatches, in parts: while one runs the next is submitted already. */
  async #submit(onPart: (share: number) => void): Promise<void> {
    const { gpu, bound } = this;
    const all = bound.reduce((sum, { work }) => sum + work, 0);
    let [begun, done, at] = [0, 0, 0];
    let running: Promise<unknown> = Promise.resolve();
    while (at < bound.length) {
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      const until = begun + all / PARTS;
      for (; at < bound.length && begun < until; at++) begun += dispatch(pass, bound[at]);
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
      const next = gpu.device.queue.onSubmittedWorkDone();
      // Nobody waits for it where `onPart` throws.
      next.catch(() => undefined);
      await gpu.until(running);
      onPart(done / all);
      [running, done] = [next, begun];
    }
    await gpu.until(running);
    onPart(1);
  }

  /** What the device refuses on the way is an error, not a wrong picture. */
  async #scoped<T>(work: () => Promise<T>): Promise<T> {
    const { device } = this.gpu;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    let result;
    try {
      result = await work();
    } finally {
      const scopes = [device.popErrorScope(), device.popErrorScope()];
      const errors = await this.gpu.until(Promise.all(scopes));
      const error = errors.find((error) => error !== null);
      // eslint-disable-next-line no-unsafe-finally -- what the device says comes first
      if (error) throw new GpuError(error.message);
    }
    return result;
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy();
    for (const { uniforms } of this.bound) uniforms.destroy();
  }
}

/** Bytes of each buffer; one that is empty could not be bound. */
const sizesOf = ({ buffers }: GpuProgram): number[] => buffers.map((words) => Math.max(words, 4) * 4);

function bind({ device }: Gpu, pipeline: GPUComputePipeline, shader: Shader, buffers: readonly GPUBuffer[]) {
  const numbers = new Uint32Array(Math.ceil(shader.numbers.length / 4) * 4);
  numbers.set(shader.numbers);
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const uniforms = device.createBuffer({ size: numbers.byteLength, usage });
  device.queue.writeBuffer(uniforms, 0, numbers);
  const bound = [uniforms, ...shader.bindings.flatMap(({ buffer }) => buffers[buffer] ?? [])];
  const entries = bound.map((buffer, binding) => ({ binding, resource: { buffer } }));
  return { uniforms, group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }) };
}

/** Gives what it takes. */
function dispatch(pass: GPUComputePassEncoder, bound: Bound | undefined): number {
  if (!bound) return 0;
  pass.setPipeline(bound.pipeline);
  pass.setBindGroup(0, bound.group);
  pass.dispatchWorkgroups(...bound.groups);
  return bound.work;
}
