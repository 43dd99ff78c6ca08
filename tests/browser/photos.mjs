// Small photos that are drawn in a moment and are all different.
import { readFileSync } from 'node:fs';

const NAMES = ['asters', 'colosseum', 'dog', 'lake', 'shore'];
/** Each photo is cut into 4 × 4 parts that overlap, and yet look different. */
const PARTS = 16;

/** So many files for an input, `photo-01.jpg` and so on, with `side` as their longer side (80 photos at most). */
export async function differentPhotos(browser, count, side = 160) {
  const page = await browser.newPage();
  const cut = await page.evaluate(
    async ([photos, count, side]) => {
      const bitmaps = await Promise.all(
        photos.map(async (photo) =>
          createImageBitmap(new Blob([Uint8Array.from(atob(photo), (sign) => sign.charCodeAt(0))])),
        ),
      );
      return Array.from({ length: count }, (_, i) => {
        const whole = bitmaps[i % bitmaps.length];
        const part = Math.floor(i / bitmaps.length);
        const [width, height] = [whole.width * 0.6, whole.height * 0.6];
        const scale = side / Math.max(width, height);
        const canvas = Object.assign(document.createElement('canvas'), {
          width: Math.round(width * scale),
          height: Math.round(height * scale),
        });
        const [x, y] = [part % 4, Math.floor(part / 4)].map((place) => (place / 3) * 0.4);
        canvas
          .getContext('2d')
          .drawImage(whole, x * whole.width, y * whole.height, width, height, 0, 0, canvas.width, canvas.height);
        return canvas.toDataURL('image/jpeg', 0.9).split(',')[1];
      });
    },
    [
      NAMES.map((name) => readFileSync(`tests/fixtures/photos/${name}.jpg`, 'base64')),
      Math.min(count, 5 * PARTS),
      side,
    ],
  );
  await page.close();
  return cut.map((base64, i) => ({
    name: `photo-${String(i + 1).padStart(2, '0')}.jpg`,
    mimeType: 'image/jpeg',
    buffer: Buffer.from(base64, 'base64'),
  }));
}

/** A file of the fixtures for an input. */
export const fixture = (path, mimeType = 'image/jpeg') => ({
  name: path.split('/').at(-1),
  mimeType,
  buffer: readFileSync(`tests/fixtures/${path}`),
});
