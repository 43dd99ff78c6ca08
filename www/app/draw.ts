import type { Conversion, Converter, ConvertOptions } from '../client/index.js';
import { busyWith } from './activity.js';
import { fetchAhead } from './ahead.js';
import { finishOf, sizeOf, type Choices } from './choices.js';
import { note } from './monitor.js';
import { drawing } from './settings.js';

/** How a person wants a photo. */
export interface Wish {
  /** The first there is where none is given. */
  readonly style?: string | undefined;
  readonly choices: Choices;
}

/** A picture as it is saved, and the whole drawing that the page blends with the photo while somebody chooses. */
export interface Drawn {
  readonly file: Conversion;
  readonly whole: Conversion;
}

export interface Listeners {
  readonly signal: AbortSignal;
  /** Told when a drawing that is no longer held has to be made again. */
  readonly onWaiting: () => void;
  readonly onProgress: NonNullable<ConvertOptions['onProgress']>;
  readonly onPreview?: NonNullable<ConvertOptions['onPreview']>;
}

/** What a drawing is asked for with before it is blended with its photo. */
export const wholeOf = (choices: Choices): ConvertOptions => ({
  ...sizeOf(choices),
  ...finishOf({ ...choices, strength: 1 }),
  ...drawing(),
});

/** Draws a photo; `anew` even if it is kept. */
export async function draw(
  converter: Converter,
  photo: File,
  wish: Wish,
  anew: boolean,
  { onWaiting, ...listeners }: Listeners,
): Promise<Drawn> {
  const { style, choices } = wish;
  const known = converter.styles();
  const name = style ?? known[0]?.style;
  const fine = known.some((model) => model.style === name && model.tier === 'fine');
  const whole = await busyWith(
    converter.convert(photo, {
      ...wholeOf(choices),
      ...listeners,
      ...(name !== undefined && { style: name }),
      ...(fine && { tier: 'fine' }),
      cache: anew ? 'refresh' : 'use',
      revisable: true,
    }),
  );
  note(converter, whole);
  fetchAhead(whole);
  return choices.strength < 1
    ? finish(converter, photo, whole, wish, { onWaiting, ...listeners })
    : { file: whole, whole };
}

/** Makes another file of a drawing. It is drawn again only where the engine no longer holds it. */
export async function finish(
  converter: Converter,
  photo: File,
  whole: Conversion,
  wish: Wish,
  listeners: Listeners,
): Promise<Drawn> {
  const chosen = { ...finishOf(wish.choices), ...drawing() };
  const revised = await converter.revise(whole, chosen, listeners);
  if (revised) return { file: revised, whole };
  const { signal, onWaiting, onProgress } = listeners;
  onWaiting();
  const same = { ...wish, choices: { ...wish.choices, strength: 1 } };
  // Without a preview: the finer picture is seen already.
  const again = await draw(converter, photo, same, true, { signal, onWaiting, onProgress });
  const file = await converter.revise(again.whole, chosen, listeners);
  return { file: file ?? again.file, whole: again.whole };
}
