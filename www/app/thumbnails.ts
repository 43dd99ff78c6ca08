import { thumbnailUrl } from './build.js';

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

let worker: Worker | undefined;
let wanted = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * A small copy of a photo, made when `element` comes near to being seen, one photo at a time. A photo that is small is
 * its own copy, and so is one that cannot be shrunk.
 */
export async function thumbnail(photo: File, element: Element): Promise<Blob> {
  await new Promise<void>((resolve) => {
    waiting.set(element, resolve);
    observer.observe(element);
  });
  wanted += 1;
  const copy = last.then(() => shrink(photo));
  last = copy;
  return copy;
}

async function shrink(photo: File): Promise<Blob> {
  worker ??= new Worker(thumbnailUrl, { type: 'module' });
  const copy = await answer(worker, photo);
  wanted -= 1;
  // With it goes the memory in which photos were decoded.
  if (wanted === 0) end();
  return copy ?? photo;
}

function answer(worker: Worker, photo: File): Promise<Blob | undefined> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Blob | undefined>) => {
      resolve(data);
    };
    worker.onerror = () => {
      // One that could not be loaded never answers.
      end();
      resolve(undefined);
    };
    worker.postMessage(photo);
  });
}

function end(): void {
  worker?.terminate();
  worker = undefined;
}
