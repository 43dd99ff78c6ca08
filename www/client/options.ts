import type { CoreOptions, OutputFormat } from './protocol.js';

const FORMATS: readonly OutputFormat[] = ['png', 'jpeg', 'webp'];
const SIDES = { least: 256, most: 16384 };
const QUALITIES = { least: 1, most: 100 };
const LIMITS = { least: 1, most: Number.MAX_SAFE_INTEGER };

interface Range {
  readonly least: number;
  readonly most: number;
}

/** The core's part of the options, in whole numbers. Throws a TypeError or RangeError that names what is wrong. */
export function checked({ maxSide, fullSize, format, quality, maxBytes, maxPixels }: CoreOptions): CoreOptions {
  return {
    ...(maxSide !== undefined && { maxSide: whole('maxSide', maxSide, SIDES) }),
    ...(fullSize !== undefined && { fullSize: truth('fullSize', fullSize) }),
    ...(format !== undefined && { format: known(format) }),
    ...(quality !== undefined && { quality: whole('quality', quality, QUALITIES) }),
    ...(maxBytes !== undefined && { maxBytes: whole('maxBytes', maxBytes, LIMITS) }),
    ...(maxPixels !== undefined && { maxPixels: whole('maxPixels', maxPixels, LIMITS) }),
  };
}

// Programs without types may pass anything.
function whole(name: string, value: unknown, { least, most }: Range): number {
  if (typeof value !== 'number') throw new TypeError(`${name} is ${shown(value)}; it must be a number`);
  if (value >= least && value <= most) return Math.round(value);
  throw new RangeError(`${name} is ${value}; it must be a number from ${least} to ${most}`);
}

function truth(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name} is ${shown(value)}; it must be true or false`);
}

function known(format: OutputFormat): OutputFormat {
  if (FORMATS.includes(format)) return format;
  throw new RangeError(`format is ${shown(format)}; it must be one of ${FORMATS.join(', ')}`);
}

const shown = (value: unknown): string => (typeof value === 'string' ? `“${value}”` : String(value));
