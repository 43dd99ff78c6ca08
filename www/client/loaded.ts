import { NijigenError } from './error.js';

/** What is imported when it is needed; without it there is no network, or a file is missing. */
export async function loaded<T>(part: Promise<T>): Promise<T> {
  try {
    return await part;
  } catch (cause) {
    throw new NijigenError(
      'network',
      `a script of the package could not be loaded (some browsers try again only after a reload): ${String(cause)}`,
      { cause },
    );
  }
}
