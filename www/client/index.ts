import { models } from 'nijigen-files';
import { createConverter as create, type Converter, type ConverterOptions } from './slim.js';

export * from './slim.js';

/**
 * Makes a converter ready for use, with the models of the package. A bundler copies them all, but a page fetches only
 * what it uses; `nijigen/slim` has none and takes those that you import.
 */
export function createConverter(options: ConverterOptions = {}): Promise<Converter> {
  const given = options.models ?? options.modelsUrl ?? options.baseUrl;
  return create(given === undefined ? { ...options, models: models() } : options);
}
