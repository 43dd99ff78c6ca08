const SIDE = 64;

/** A small picture with every brightness in it: what a new model is tried on. */
export function probePicture(): ImageData {
  const pixels = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let at = 0; at < pixels.length; at += 4) {
    const [x, y] = [(at / 4) % SIDE, Math.floor(at / 4 / SIDE)];
    pixels.set([x * 4, y * 4, (x + y) * 2, 255], at);
  }
  return new ImageData(pixels, SIDE, SIDE);
}
