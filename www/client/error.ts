import type { ErrorCode } from './protocol.js';

/**
 * What this package rejects with, save for options that are none, which are mistakes in the program: those are a
 * `TypeError` or `RangeError`. `code` is stable, `message` an English sentence for developers.
 */
export class NijigenError extends Error {
  override readonly name = 'NijigenError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @internal */
export const cancelled = (): NijigenError => new NijigenError('cancelled', 'the conversion was cancelled');
