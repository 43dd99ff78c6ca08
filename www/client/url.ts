import { loaded } from './loaded.js';
import { absolute } from '#platform';
import type { FileUrl } from './protocol.js';

/** The absolute URL of a file that is not fetched for it. */
export const urlOf = async (url: FileUrl): Promise<string> =>
  absolute(typeof url === 'function' ? await loaded(url()) : url);
