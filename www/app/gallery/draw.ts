import type { Conversion, Converter, ConvertOptions } from '../../client/index.js';
import { busyWith } from '../shell/activity.js';
import { fetchAhead } from '../offline/prefetch.js';
import { finishOf, drawnBy, type Choices } from '../finishing/choices.js';
import { note } from '../shell/monitor.js';
import { notePace } from '../finishing/pace.js';
import { lastOf } from '../styles/last.js';

/** How a person wants a photo. */
export interface Wish {
  /** The one chosen last where none is given. */
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
export const wholeOf = (choices: Choices): ConvertOptions => ({ ...drawnBy(choices), ...wholly(choices) });

const wholly = (choices: Choices) => finishOf({ ...choices, strength: 1 });

/** What a whole drawing's file was made with. */
const madeWith = new WeakMap<Blob, string>();

/** A whole drawing that an earlier page made, and what for. */
export function recall({ whole, wish }: { readonly whole: Conversion; readonly wish: Wish }): void {
  madeWith.set(whole.blob, JSON.stringify(wholly(wish.choices)));
}

/** Draws a photo; `anew` even if it is kept. */
export async function draw(
  converter: Converter,
  photo: File,
  wish: Wish,
  anew: boolean,
  { onWaiting, onPreview, ...others }: Listeners,
): Promise<Drawn> {
  const { style, choices } = wish;
  const noted = (picture: Conversion) => {
    if (!choices.fullSize) notePace(picture);
  };
  const listeners = {
    ...others,
    ...(onPreview && {
      onPreview: (preview: Conversion) => {
        noted(preview);
        onPreview(preview);
      },
    }),
  };
  const known = converter.styles();
  // A card may not know yet which there are.
  const name = style ?? lastOf(known.map((model) => model.style));
  const fine = known.some((model) => model.style === name && model.tier === 'fine');
  const chosen = { ...listeners, ...(name !== undefined && { style: name }), ...(fine && ({ tier: 'fine' } as const)) };
  const cache = anew ? 'refresh' : 'use';
  const whole = await busyWith(converter.convert(photo, { ...wholeOf(choices), ...chosen, cache, revisable: true }));
  madeWith.set(whole.blob, JSON.stringify(wholly(choices)));
  note(converter, whole);
  noted(whole);
  fetchAhead(whole);
  if (choices.strength === 1) return { file: whole, whole };
  if (whole.drawing !== undefined || whole.cached)
    return finish(converter, photo, whole, wish, { onWaiting, ...listeners });
  // There was no room to hold it.
  onWaiting();
  const options = { ...drawnBy(choices), ...finishOf(choices), ...chosen, cache: 'off' } as const;
  return { file: await busyWith(converter.convert(photo, options)), whole };
}

/** Makes another file of a drawing. It is drawn again only where the engine no longer holds it. */
export async function finish(
  converter: Converter,
  photo: File,
  whole: Conversion,
  wish: Wish,
  listeners: Listeners,
): Promise<Drawn> {
  const { choices } = wish;
  const entire = await entireOf(converter, whole, choices, listeners);
  const file = choices.strength < 1 ? entire && (await converter.revise(entire, finishOf(choices), listeners)) : entire;
  if (entire && file) return { file, whole: entire };
  const { signal, onWaiting, onProgress } = listeners;
  onWaiting();
  // Without a preview: the finer picture is seen already. A whole one may be kept; another has to be blended.
  return draw(converter, photo, wish, choices.strength < 1, { signal, onWaiting, onProgress });
}

/** The photo beside its drawing, in a file of the chosen kind. It is drawn again only where the engine no longer holds it. */
export async function compare(
  converter: Converter,
  photo: File,
  whole: Conversion,
  { choices }: Wish,
  comparison: Required<Pick<ConvertOptions, 'comparison' | 'split'>>,
  signal: AbortSignal,
): Promise<Conversion> {
  const options = { ...finishOf(choices), ...comparison };
  const revised = await converter.revise(whole, options, { signal });
  if (revised) return revised;
  const { style, tier } = whole;
  const drawn = { style, ...(tier && { tier }), ...drawnBy(choices), cache: 'off', signal } as const;
  return busyWith(converter.convert(photo, { ...drawn, ...options }));
}

/** The whole drawing as a file with what is chosen now; none where the drawing is no longer held. */
async function entireOf(
  converter: Converter,
  whole: Conversion,
  choices: Choices,
  listeners: Listeners,
): Promise<Conversion | undefined> {
  const finish = wholly(choices);
  const making = JSON.stringify(finish);
  if (madeWith.get(whole.blob) === making) return whole;
  const entire = await converter.revise(whole, finish, listeners);
  if (entire) madeWith.set(entire.blob, making);
  return entire;
}
