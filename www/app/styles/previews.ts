import type { Converter, ConvertOptions } from '../../client/index.js';
import { busy, onActivity } from '../shell/activity.js';
import { isMetered } from '../shell/connection.js';
import { theConverter } from '../shell/converter.js';

/** The longer side of a preview, in pixels: a glance at the style, drawn in a moment. */
const SIDE = 192;
/** How long nothing else must be drawn before previews are. */
const QUIET_MS = 400;

/** Wants a photo's preview in each of these styles. */
export interface Viewing {
  readonly photo: Blob;
  /** The photo or a copy, as small as there is: browsers shrink on the thread that asks. */
  readonly small: Blob;
  readonly landscape: boolean;
  /** The choices under which the site has it drawn ahead in each of its styles. */
  readonly ahead?: ConvertOptions;
  /** Those that it has no preview in. */
  styles(): readonly string[];
  show(style: string, preview: Blob): void;
}

/** The one that came into view last is the first. */
const waiting = new Set<Viewing>();
let timer: ReturnType<typeof setTimeout> | undefined;
let drawing = false;
/** Ends what is being fetched; what is being drawn is done sooner than it could be ended. */
let fetching: AbortController | undefined;

/** Asks for previews, which come one by one while nothing else is drawn; not where each model that is fetched is dear. */
export function want(viewing: Viewing): void {
  if (isMetered()) return;
  waiting.delete(viewing);
  waiting.add(viewing);
  soon();
}

/** Takes that back; a photo that is no longer seen needs none. */
export function forgo(viewing: Viewing): void {
  waiting.delete(viewing);
}

onActivity((busy) => {
  if (busy) fetching?.abort();
  else soon();
});

function soon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void next(), QUIET_MS);
}

async function next(): Promise<void> {
  const viewing = [...waiting].at(-1);
  if (drawing || busy() || !viewing) return;
  const style = viewing.styles()[0];
  drawing = true;
  try {
    const preview = style === undefined ? undefined : await draw(await theConverter(), viewing, style);
    if (style === undefined) forgo(viewing);
    else if (preview) viewing.show(style, preview);
  } catch {
    // The photo shows nothing, or the network is gone: the style's name says enough.
    forgo(viewing);
  } finally {
    drawing = false;
  }
  if (busy()) return;
  await new Promise<void>((idle) => {
    setTimeout(idle);
  });
  await next();
}

/** Undefined where it had to make way. */
async function draw(converter: Converter, viewing: Viewing, style: string): Promise<Blob | undefined> {
  const { photo, small, landscape, ahead } = viewing;
  const models = converter.styles().filter((model) => model.style === style);
  if (ahead && models.some(({ own }) => !own)) return (await converter.convert(photo, { ...ahead, style })).blob;
  const size = landscape ? { resizeWidth: SIDE } : { resizeHeight: SIDE };
  const bitmap = await createImageBitmap(small, { ...size, resizeQuality: 'medium' });
  const abort = (fetching = new AbortController());
  const { signal } = abort;
  try {
    const fast = models.some(({ tier }) => tier === 'fast');
    const { blob } = await converter.convert(bitmap, {
      style,
      ...(fast && { tier: 'fast' }),
      format: 'jpeg',
      label: null,
      cache: 'off',
      signal,
      onProgress: ({ stage, loaded, total }) => {
        if (stage !== 'download' || loaded >= total) fetching = undefined;
      },
    });
    return blob;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    fetching = undefined;
    bitmap.close();
  }
}
