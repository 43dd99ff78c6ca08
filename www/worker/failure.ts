import type { ErrorCode, Failure } from '../client/protocol.js';

/** A failure that the worker itself finds; the core throws its own, with the same `code`. */
export class WorkerError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const FATAL = ['internal', 'out-of-memory'];
/** How our codes are written; Node's own errors have others. */
const CODE = /^[a-z-]+$/;

/** Says what a thrown value means. `allocationFailed` is asked only after a trap. */
export function toFailure(thrown: unknown, allocationFailed: () => boolean): Failure {
  if (thrown instanceof WebAssembly.RuntimeError) {
    return allocationFailed()
      ? { code: 'out-of-memory', message: 'the photo needs more memory than there is', fatal: true }
      : { code: 'internal', message: `the engine stopped: ${thrown.message}`, fatal: true };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = (thrown as { code?: unknown } | null)?.code;
  // Only ending the worker gives memory back.
  if (typeof code === 'string' && CODE.test(code))
    return { code: code as ErrorCode, message, fatal: FATAL.includes(code) };
  return { code: 'internal', message, fatal: true };
}
