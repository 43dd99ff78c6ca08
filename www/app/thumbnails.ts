/** Longer side in pixels: sharp on a card, and a tenth of what a camera's photo takes. */
const SIDE = 1024;
/** How far from being seen a photo is when its thumbnail is made. */
const MARGIN = '100%';

const waiting = new WeakMap<Element, () => void>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      waiting.get(target)?.();
    }
  },
  { rootMargin: MARGIN },
);
let last: Promise<unknown> = Promise.resolve();

/**
 * A small copy of a photo, made when `element` comes near to being seen. One photo is decoded at a time, in the
 * browser's background. A photo that is small is its own copy, and so is one that the browser cannot decode.
 */
export async function thumbnail(photo: File, element: Element): Promise<Blob> {
  await new Promise<void>((resolve) => {
    waiting.set(element, resolve);
    observer.observe(element);
  });
  const copy = last.then(() => shrink(photo)).catch(() => photo);
  last = copy;
  return copy;
}

async function shrink(photo: File): Promise<Blob> {
  const { width, height } = await sizeOf(photo);
  const scale = SIDE / Math.max(width, height);
  if (scale >= 1) return photo;
  const short = (side: number) => Math.max(1, Math.round(side * scale));
  const size = { resizeWidth: short(width), resizeHeight: short(height) };
  const bitmap = await createImageBitmap(photo, { ...size, resizeQuality: 'medium' });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap);
  // Lossless where there may be transparency.
  return canvas.convertToBlob(photo.type === 'image/jpeg' ? { type: 'image/jpeg', quality: 0.9 } : {});
}

/** Read from the photo's header: an image that is not shown is not decoded. */
async function sizeOf(photo: File): Promise<{ width: number; height: number }> {
  const image = new Image();
  const url = URL.createObjectURL(photo);
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = reject;
      image.src = url;
    });
    return { width: image.naturalWidth, height: image.naturalHeight };
  } finally {
    URL.revokeObjectURL(url);
  }
}
