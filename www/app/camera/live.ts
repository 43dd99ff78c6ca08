import { NijigenError, type Converter } from '../../client/index.js';
import { busy } from '../shell/activity.js';
import { theConverter } from '../shell/converter.js';
import { lastOf } from '../styles/last.js';
import { decimal, sentenceFor, text } from '../shell/text.js';

/** The longer side of what is drawn, in pixels. */
const SIDE = 256;
/** Frames per second are those of the last while. */
const SPAN_MS = 3000;
const AGAIN_MS = 200;
/** The same after a frame that failed. */
const RETRY_MS = 2000;
const TOLD_MS = 1000;

/** The styles that are fast enough to be drawn live. */
export const liveStyles = (converter: Converter): readonly string[] => [
  ...new Set(converter.styles().flatMap(({ style, tier, own }) => (tier === 'fast' && !own ? [style] : []))),
];

/**
 * Draws what the camera shows with the fast model, frame after frame, as long as `signal` is not aborted: always the
 * newest one, and none before the last is done; after one that failed it goes on. Not while the page is hidden or
 * photos wait. `say` is told how it goes, `drawn` of each frame that is there.
 */
export async function drawLive(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
  say: (words: string) => void,
  drawn: () => void,
): Promise<void> {
  say(text('camera.preparing'));
  let ends: number[] = [];
  let told = 0;
  const over = () => signal.aborted;
  while (!over()) {
    if (document.hidden || busy() || video.videoWidth === 0) {
      ends = [];
      if (busy()) say(text('camera.busy'));
      await after(AGAIN_MS);
      continue;
    }
    try {
      await drawFrame(await theConverter(), video, canvas, signal);
    } catch (error) {
      if (over()) return;
      ends = [];
      say(sentenceFor(error instanceof NijigenError ? error.code : 'internal'));
      // A network that comes back must not find the view ended.
      await after(RETRY_MS);
      continue;
    }
    drawn();
    const now = performance.now();
    ends = [...ends.filter((end) => now - end < SPAN_MS), now];
    if (now - told < TOLD_MS || ends.length < 2) continue;
    told = now;
    say(text('camera.rate', { rate: decimal(rateOf(ends), 1) }));
  }
}

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Frames per second, from when each was there. */
const rateOf = (ends: readonly number[]): number => ((ends.length - 1) * 1000) / ((ends.at(-1) ?? 0) - (ends[0] ?? 0));

/** The one chosen last, where it is one of them. */
export function liveStyle(converter: Converter): string | undefined {
  return lastOf(liveStyles(converter));
}

async function drawFrame(
  converter: Converter,
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
): Promise<void> {
  const size = video.videoWidth > video.videoHeight ? { resizeWidth: SIDE } : { resizeHeight: SIDE };
  const frame = await createImageBitmap(video, { ...size, resizeQuality: 'medium' });
  try {
    const style = liveStyle(converter);
    const { blob } = await converter.convert(frame, {
      ...(style !== undefined && { style, tier: 'fast' }),
      format: 'jpeg',
      label: null,
      cache: 'off',
      signal,
    });
    const drawn = await createImageBitmap(blob);
    if (!signal.aborted) {
      Object.assign(canvas, { width: drawn.width, height: drawn.height });
      canvas.getContext('2d')?.drawImage(drawn, 0, 0);
    }
    drawn.close();
  } finally {
    frame.close();
  }
}
