import { parts } from 'nijigen-files';
import { createWith, type Converter, type ConverterOptions } from './slim.js';

export * from './slim.js';

/**
 * Makes a converter ready for use, with the engines and models that this entry of the package has: all in a plain page
 * and in Node; what most need where a bundler copies them. `nijigen/slim` has none and takes those that you import.
 */
export const createConverter = (options: ConverterOptions = {}): Promise<Converter> => createWith(parts, options);
