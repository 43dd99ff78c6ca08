import { DEFAULTS, FORMATS, LANGUAGES, LEAST_MARKED, RANGES } from '../../client/core.js';
import type { ConvertOptions, ModelEntry, OutputFormat } from '../../client/index.js';
import { optionsOf, type Framing, type Size } from '../crop/framing.js';
import { remember, remembered } from '../shell/remember.js';

const KEY = 'nijigen.choices';
export const SIZES = [512, 768, 1024, 2048] as const;
/** Below it a photo falls to pieces. */
export const QUALITIES = { least: 40, most: RANGES.quality[1] } as const;
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
  /** The picture is as large as the photo, whatever it is drawn at. */
  readonly fullSize: boolean;
  readonly format: OutputFormat;
  /** Of a JPEG or WebP, 1–100. */
  readonly quality: number;
  /** How much of the drawing shows over the photo, 0–1. */
  readonly strength: number;
  /** Whether the corner says how the picture was made. */
  readonly mark: boolean;
  /** What of the photo is drawn, and which way up; missing where it is all, as it is. */
  readonly framing?: Framing;
}

/** Where no format was chosen each photo has its usual one. */
export type Beginning = Omit<Choices, 'format'> & Partial<Pick<Choices, 'format'>>;

/** What was chosen last; strength and framing are each photo's own. */
export function lastChoices(): Beginning {
  try {
    const { maxSide, fullSize, format, quality, mark } = JSON.parse(remembered(KEY) ?? '{}') as Record<string, unknown>;
    const chosen = FORMATS.find((known) => known === format);
    return {
      maxSide: SIZES.find((size) => size === maxSide) ?? DEFAULTS.maxSide,
      fullSize: fullSize === true,
      ...(chosen && { format: chosen }),
      quality: isQuality(quality) ? quality : DEFAULTS.quality,
      strength: 1,
      mark: mark !== false,
    };
  } catch {
    const { maxSide, fullSize, quality } = DEFAULTS;
    return { maxSide, fullSize, quality, strength: 1, mark: true };
  }
}

const isQuality = (value: unknown): value is number =>
  typeof value === 'number' && value >= RANGES.quality[0] && value <= RANGES.quality[1];

/** What else was chosen before stays. */
export function rememberChoices(chosen: Partial<Choices>): void {
  const { maxSide, fullSize, format, quality, mark } = { ...lastChoices(), ...chosen };
  remember(KEY, JSON.stringify({ maxSide, fullSize, format, quality, mark }));
}

/** What a file is made by: all that needs no drawing anew. What is the default is not asked for, so that a kept or sample picture is found by it. */
export const finishOf = ({
  format,
  quality,
  strength,
  mark,
}: Choices): Pick<ConvertOptions, 'format' | 'quality' | 'strength' | 'label'> => ({
  ...(format !== DEFAULTS.format && { format }),
  // A WebP without it is lossless.
  ...((format === 'webp' || (format === 'jpeg' && quality !== DEFAULTS.quality)) && { quality }),
  ...(strength < 1 && { strength }),
  label: mark ? markLanguage() : null,
});

/** The mark is in the page's language, where the core has it. */
function markLanguage(): (typeof LANGUAGES)[number] {
  const language = document.documentElement.lang.split('-')[0];
  return LANGUAGES.find((known) => known === language) ?? 'en';
}

/** What the drawing itself is made by. */
export const drawnBy = ({ maxSide, fullSize, framing }: Choices): ConvertOptions => ({
  ...(framing && optionsOf(framing)),
  ...(maxSide !== DEFAULTS.maxSide && { maxSide }),
  ...(fullSize && { fullSize }),
});

/** Whether a photo of this size gives a picture too small for the mark. */
export function tooSmallToMark({ width, height }: Size, { maxSide, fullSize }: Choices): boolean {
  const scale = fullSize ? 1 : Math.min(1, maxSide / Math.max(width, height));
  return Math.round(Math.min(width, height) * scale) < LEAST_MARKED;
}

/** Whether the device has the memory for this size, as far as the browser says; some say nothing. */
export function fits(maxSide: number, model: ModelEntry | undefined): boolean {
  const { deviceMemory } = navigator as Navigator & { readonly deviceMemory?: number };
  if (deviceMemory === undefined) return true;
  const whole = model?.receptive_field === 'global';
  const bytes = whole ? (WHOLE_BYTES * maxSide ** 2) / 2048 ** 2 : TILED_BYTES * (maxSide / 2048);
  return bytes <= deviceMemory * GIGABYTE * SHARE;
}
