import type { Size } from './framing.js';

/** A part of a picture, in its pixels. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** Which edges are moved: -1 the left or upper one, 1 the right or lower one, 0 neither. */
export interface Grip {
  readonly x: -1 | 0 | 1;
  readonly y: -1 | 0 | 1;
}

/** The least that is left of a side, as a share of the shorter one, and in pixels. */
const LEAST_SHARE = 0.05;
const LEAST = 16;

export const whole = ({ width, height }: Size): Box => ({ left: 0, top: 0, width, height });

/** The largest part of this shape, width over height, in the middle. */
export function shaped({ width, height }: Size, ratio: number): Box {
  const across = Math.min(width, height * ratio);
  const down = across / ratio;
  return { left: (width - across) / 2, top: (height - down) / 2, width: across, height: down };
}

export function moved(box: Box, { width, height }: Size, x: number, y: number): Box {
  return {
    ...box,
    left: within(box.left + x, 0, width - box.width),
    top: within(box.top + y, 0, height - box.height),
  };
}

/** What is left when edges are moved by `x` and `y`; of the shape `ratio` where there is one. */
export function dragged(box: Box, size: Size, grip: Grip, x: number, y: number, ratio?: number): Box {
  const least = Math.min(size.width, size.height, Math.max(LEAST, LEAST_SHARE * Math.min(size.width, size.height)));
  if (ratio !== undefined) return draggedInShape(box, size, grip, x, y, ratio, least);
  const [left, width] = stretched(box.left, box.width, size.width, grip.x, x, least);
  const [top, height] = stretched(box.top, box.height, size.height, grip.y, y, least);
  return { left, top, width, height };
}

function stretched(from: number, length: number, room: number, edge: number, by: number, least: number) {
  const to = from + length;
  if (edge < 0) {
    const start = within(from + by, 0, to - least);
    return [start, to - start] as const;
  }
  const end = edge > 0 ? within(to + by, from + least, room) : to;
  return [from, end - from] as const;
}

/** What is not moved stays where it is: the corner across, or the middle of the edge across. */
function draggedInShape(
  box: Box,
  size: Size,
  { x: gx, y: gy }: Grip,
  x: number,
  y: number,
  ratio: number,
  least: number,
) {
  const wanted = Math.max(
    gx === 0 ? -Infinity : box.width + gx * x,
    gy === 0 ? -Infinity : (box.height + gy * y) * ratio,
  );
  const across = roomFor(box.left, box.width, size.width, gx);
  const down = roomFor(box.top, box.height, size.height, gy);
  const width = within(wanted, Math.max(least, least * ratio), Math.min(across, down * ratio));
  const height = width / ratio;
  const place = (from: number, length: number, now: number, edge: number) =>
    edge > 0 ? from : edge < 0 ? from + length - now : from + (length - now) / 2;
  return { left: place(box.left, box.width, width, gx), top: place(box.top, box.height, height, gy), width, height };
}

function roomFor(from: number, length: number, room: number, edge: number): number {
  if (edge > 0) return room - from;
  if (edge < 0) return from + length;
  return 2 * Math.min(from + length / 2, room - from - length / 2);
}

/** A quarter turn clockwise, or back, of a picture of this size, takes the part along. */
export function turnedBox({ left, top, width, height }: Box, size: Size, quarters: 1 | -1): Box {
  return quarters > 0
    ? { left: size.height - top - height, top: left, width: height, height: width }
    : { left: top, top: size.width - left - width, width: height, height: width };
}

export const mirroredBox = (box: Box, { width }: Size): Box => ({ ...box, left: width - box.left - box.width });

// Where there is no room the upper limit counts: a part never leaves its picture.
const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
