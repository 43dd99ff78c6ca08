import type { ConvertOptions, ModelEntry, OutputFormat } from '../client/index.js';
import { remember, remembered } from './memory.js';

const KEY = 'nijigen.choices';
export const SIZES = [512, 768, 1024, 2048] as const;
export const FORMATS = ['png', 'jpeg', 'webp'] as const satisfies readonly OutputFormat[];
export const QUALITIES = { least: 40, most: 100 } as const;
/** The core's own; what equals them is not asked for, so that a kept or sample picture is found by it. */
const STANDARD = { maxSide: 1024, format: 'png', quality: 90 } as const;
const GIGABYTE = 2 ** 30;
/** What a generator takes that cannot work in tiles, at 2048 × 2048 pixels; it grows with the area. */
const WHOLE_BYTES = 3 * GIGABYTE;
/** The same of one in tiles, measured at 6000 × 4000: it hardly depends on the size. */
const TILED_BYTES = 0.4 * GIGABYTE;
/** The share of a device's memory that a page can count on. Browsers say 8 GB of whatever is more. */
const SHARE = 0.4;

/** How one photo is drawn and saved, beside its style. */
export interface Choices {
  /** Longer side in pixels, one of `SIZES`. */
  readonly maxSide: number;
  readonly format: OutputFormat;
  /** Of a JPEG, 1–100. */
  readonly quality: number;
  /** How much of the drawing shows over the photo, 0–1. */
  readonly strength: number;
}

/** What was chosen last; the strength is each photo's own. */
export function lastChoices(): Choices {
  try {
    const { maxSide, format, quality } = JSON.parse(remembered(KEY) ?? '{}') as Record<string, unknown>;
    return {
      maxSide: SIZES.find((size) => size === maxSide) ?? STANDARD.maxSide,
      format: FORMATS.find((known) => known === format) ?? STANDARD.format,
      quality: typeof quality === 'number' && quality >= 1 && quality <= 100 ? quality : STANDARD.quality,
      strength: 1,
    };
  } catch {
    return { ...STANDARD, strength: 1 };
  }
}

export function rememberChoices({ maxSide, format, quality }: Choices): void {
  remember(KEY, JSON.stringify({ maxSide, format, quality }));
}

/** What a file is made by: all that needs no drawing anew. */
export const finishOf = ({
  format,
  quality,
  strength,
}: Choices): Pick<ConvertOptions, 'format' | 'quality' | 'strength'> => ({
  ...(format !== STANDARD.format && { format }),
  ...(format === 'jpeg' && quality !== STANDARD.quality && { quality }),
  ...(strength < 1 && { strength }),
});

/** What the drawing itself is made by. */
export const sizeOf = ({ maxSide }: Choices): Pick<ConvertOptions, 'maxSide'> =>
  maxSide === STANDARD.maxSide ? {} : { maxSide };

/** Whether the device has the memory for this size, as far as the browser says; some say nothing. */
export function fits(maxSide: number, model: ModelEntry | undefined): boolean {
  const { deviceMemory } = navigator as Navigator & { readonly deviceMemory?: number };
  if (deviceMemory === undefined) return true;
  const whole = model?.receptive_field === 'global';
  const bytes = whole ? (WHOLE_BYTES * maxSide ** 2) / 2048 ** 2 : TILED_BYTES * (maxSide / 2048);
  return bytes <= deviceMemory * GIGABYTE * SHARE;
}
