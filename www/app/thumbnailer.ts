// A worker of its own: browsers may decode a photo in the background, but shrink it on the thread that asked.

/** Longer side in pixels: sharp on a card, and a tenth of what a camera's photo takes. */
const SIDE = 1024;

/** The copy; nothing for a photo that is small already, or that this browser cannot decode. */
async function shrink(photo: File): Promise<Blob | undefined> {
  const bitmap = await createImageBitmap(photo).catch(() => undefined);
  if (!bitmap) return undefined;
  const scale = SIDE / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return undefined;
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width ?? 1, height ?? 1);
  const context = canvas.getContext('2d');
  if (context) context.imageSmoothingQuality = 'medium';
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  // Lossless where there may be transparency.
  return canvas.convertToBlob(photo.type === 'image/jpeg' ? { type: 'image/jpeg', quality: 0.9 } : {});
}

self.onmessage = ({ data }: MessageEvent<File>) => {
  void shrink(data)
    .catch(() => undefined)
    .then((copy) => {
      self.postMessage(copy);
    });
};
