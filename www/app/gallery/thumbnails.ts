import { thumbnailUrl } from '../shell/build.js';
import { optionsOf, type Framing, type Size } from '../crop/framing.js';
import type { Asked, Shrunk } from './thumbnailer.js';

/** A photo or its copy, and the size of the photo itself, where the browser knows it. */
export interface Small {
  readonly small: Blob;
  readonly size?: Size;
}

/** How far from being seen a photo is when its thumbnail is made. */
const MARGIN = '100%';
/** A photo may come from a slow drive, and is to be seen in the list before. */
const SIZE_MS = 4000;

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

/** How large a photo is, which a browser that can show it knows without decoding it. */
export async function sizeOf(photo: Blob): Promise<Size | undefined> {
  const image = new Image();
  image.src = URL.createObjectURL(photo);
  await new Promise<unknown>((resolve) => {
    image.onload = image.onerror = resolve;
    setTimeout(resolve, SIZE_MS);
  });
  const { naturalWidth: width, naturalHeight: height } = image;
  URL.revokeObjectURL(image.src);
  image.removeAttribute('src');
  return width > 0 && height > 0 ? { width, height } : undefined;
}

let worker: Worker | undefined;
let wanted = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * A small copy of a photo, made when `element` comes near to being seen, one photo at a time. A photo that is small is
 * its own copy, and so is one that cannot be shrunk.
 */
export async function thumbnail(photo: Blob, element: Element, framing: Framing): Promise<Small> {
  await new Promise<void>((resolve) => {
    waiting.set(element, resolve);
    observer.observe(element);
  });
  return copyOf({ photo, framing });
}

/** The photo as it is framed, in its own size or in this one; itself where it is not framed. */
export async function framedCopy(photo: Blob, framing: Framing, side: number): Promise<Blob> {
  if (Object.keys(optionsOf(framing)).length === 0) return photo;
  return (await copyOf({ photo, framing, side })).small;
}

function copyOf(asked: Asked): Promise<Small> {
  wanted += 1;
  const copy = last.then(() => shrink(asked));
  last = copy;
  return copy;
}

async function shrink(asked: Asked): Promise<Small> {
  worker ??= new Worker(thumbnailUrl, { type: 'module' });
  const shrunk = await answer(worker, asked);
  wanted -= 1;
  // With it goes the memory in which photos were decoded.
  if (wanted === 0) end();
  return {
    small: shrunk?.copy ?? asked.photo,
    ...(shrunk && { size: { width: shrunk.width, height: shrunk.height } }),
  };
}

function answer(worker: Worker, asked: Asked): Promise<Shrunk | undefined> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Shrunk | undefined>) => {
      resolve(data);
    };
    worker.onerror = () => {
      // One that could not be loaded never answers.
      end();
      resolve(undefined);
    };
    worker.postMessage(asked);
  });
}

function end(): void {
  worker?.terminate();
  worker = undefined;
}
