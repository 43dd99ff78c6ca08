const SAVED_MS = 10_000;

/**
 * Shows a picture once it is decoded, so that painting it holds nothing up. Resolves to false if the browser cannot
 * decode it. The URL stays valid until it is replaced.
 */
export async function show(img: HTMLImageElement, blob: Blob): Promise<boolean> {
  clear(img);
  const url = URL.createObjectURL(blob);
  img.src = url;
  const decoded = await img.decode().then(
    () => true,
    () => false,
  );
  // Replaced or cleared in the meantime.
  if (img.src !== url) return false;
  img.hidden = !decoded;
  return decoded;
}

export function clear(img: HTMLImageElement): void {
  img.hidden = true;
  if (img.src) URL.revokeObjectURL(img.src);
  img.removeAttribute('src');
}

/** What a result's file name ends with. */
export const extensionOf = ({ type }: Blob): string => (type === 'image/jpeg' ? 'jpg' : type.replace('image/', ''));

/** Has the browser save a file. */
export function saveAs(file: Blob, download: string): void {
  const href = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href, download }).click();
  // The browser has begun to read it by then.
  setTimeout(() => {
    URL.revokeObjectURL(href);
  }, SAVED_MS);
}
