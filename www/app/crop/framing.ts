import type { CoreOptions } from '../../client/index.js';

/** What of a photo is drawn, and which way up. What is missing is as it was. */
export type Framing = Pick<CoreOptions, 'rotate' | 'mirror' | 'crop'>;
type Rotation = NonNullable<Framing['rotate']>;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A quarter further, as it is seen: 1 clockwise, -1 the other way. What is mirrored turns the other way beneath. */
export function turned({ rotate = 0, mirror = false, ...rest }: Framing, quarters: 1 | -1): Framing {
  const by = (mirror ? -quarters : quarters) * 90;
  return { ...rest, mirror, rotate: ((rotate + by + 360) % 360) as Rotation };
}

/** As options of a conversion: only what changes something, so that a kept picture is found by it. */
export const optionsOf = ({ rotate = 0, mirror = false, crop }: Framing): Framing => ({
  ...(rotate !== 0 && { rotate }),
  ...(mirror && { mirror }),
  ...(crop && { crop }),
});

/** Whether they come to the same. */
export const sameFraming = (one: Framing, other: Framing): boolean =>
  JSON.stringify(optionsOf(one)) === JSON.stringify(optionsOf(other));

/** How large a photo is once it is turned. */
export const sizeTurned = ({ width, height }: Size, { rotate = 0 }: Framing): Size =>
  rotate % 180 === 0 ? { width, height } : { width: height, height: width };

/** The part that is left of a photo of this size, in its own pixels once it is turned, rounded as the core does. */
export function partOf(photo: Size, framing: Framing): Size & { readonly left: number; readonly top: number } {
  const { width, height } = sizeTurned(photo, framing);
  const { crop = { left: 0, top: 0, width: 1, height: 1 } } = framing;
  const [left, right] = [crop.left, crop.left + crop.width].map((share) => Math.round(Math.min(1, share) * width));
  const [top, bottom] = [crop.top, crop.top + crop.height].map((share) => Math.round(Math.min(1, share) * height));
  return { left: left ?? 0, top: top ?? 0, width: (right ?? 1) - (left ?? 0), height: (bottom ?? 1) - (top ?? 0) };
}

/** Paints a picture turned and mirrored, as large as `scale` says, and so that `left` and `top` of it come first. */
export function paint(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  picture: ImageBitmap,
  framing: Framing,
  scale: number,
  left = 0,
  top = 0,
): void {
  const { rotate = 0, mirror = false } = framing;
  const { width, height } = sizeTurned(picture, framing);
  context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  context.translate(width / 2, height / 2);
  if (mirror) context.scale(-1, 1);
  context.rotate((rotate * Math.PI) / 180);
  context.drawImage(picture, -picture.width / 2, -picture.height / 2);
}
