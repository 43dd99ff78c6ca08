const SIDE = 8;
/** Levels, of 255: what some browsers change of a few pixels nobody sees. */
const UNSEEN = 8;

let known: boolean | undefined;

/**
 * Whether what is read from a canvas is what was painted. Against fingerprinting some browsers, or their settings, give noise
 * or white in its place, and do not say so.
 */
export const readsBack = (): boolean => (known ??= isAsPainted());

function isAsPainted(): boolean {
  // Node has none.
  if (!('OffscreenCanvas' in globalThis)) return false;
  const context = new OffscreenCanvas(SIDE, SIDE).getContext('2d', { willReadFrequently: true });
  // That there is none is said where one is needed.
  if (!context) return true;
  const painted = new ImageData(SIDE, SIDE);
  for (let at = 0; at < painted.data.length; at++) painted.data[at] = at % 4 === 3 ? 255 : (at * 37) % 256;
  context.putImageData(painted, 0, 0);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return data.every((value, at) => Math.abs(value - (painted.data[at] ?? 0)) <= UNSEEN);
}
