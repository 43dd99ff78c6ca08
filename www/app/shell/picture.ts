const SAVED_MS = 10_000;

/** What each element is to show last. */
const wanted = new WeakMap<HTMLImageElement, string>();

/**
 * Shows a picture once it is decoded, so that painting it holds nothing up; what was there stays until then. Resolves to
 * false if the browser cannot decode it, or if something else is wanted by then.
 */
export async function show(img: HTMLImageElement, blob: Blob): Promise<boolean> {
  const url = URL.createObjectURL(blob);
  wanted.set(img, url);
  // Where nothing is to be seen yet it is decoded in place, and only once.
  const ahead = img.hasAttribute('src') ? new Image() : img;
  ahead.src = url;
  const decoded = await ahead.decode().then(
    () => true,
    () => false,
  );
  if (wanted.get(img) !== url) {
    if (img.src !== url) URL.revokeObjectURL(url);
    return false;
  }
  if (ahead !== img || !decoded) clear(img);
  if (ahead !== img && decoded) img.src = url;
  img.hidden = !decoded;
  return decoded;
}

export function clear(img: HTMLImageElement): void {
  wanted.delete(img);
  img.hidden = true;
  if (img.src) URL.revokeObjectURL(img.src);
  img.removeAttribute('src');
}

/** Lets a link save a file. The URL stays valid until the link gets another. */
export function offer(link: HTMLAnchorElement, blob: Blob, name: string): void {
  if (link.href) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(blob);
  link.download = name;
}

/** What a result's file name ends with. */
export const extensionOf = ({ type }: Blob): string => (type === 'image/jpeg' ? 'jpg' : type.replace(/^.*\//, ''));

/** Has the browser save a file. */
export function saveAs(file: Blob, download: string): void {
  const href = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href, download }).click();
  // The browser has begun to read it by then.
  setTimeout(() => {
    URL.revokeObjectURL(href);
  }, SAVED_MS);
}
