/** How far outside the view an element's photo is begun, as browsers do with lazy images. */
const MARGIN = '300px';

const waiting = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | undefined;

/** Calls back once when the element comes near the view. Calling the result gives up. */
export function whenSeen(element: Element, seen: () => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        const callback = waiting.get(target);
        observer?.unobserve(target);
        waiting.delete(target);
        callback?.();
      }
    },
    { rootMargin: MARGIN },
  );
  waiting.set(element, seen);
  observer.observe(element);
  return () => {
    observer?.unobserve(element);
    waiting.delete(element);
  };
}
