import { SHARED } from '../../take-over.js';

/** What browsers that open files with installed pages hand them over by. */
interface LaunchQueue {
  setConsumer(take: (launch: { readonly files: readonly FileSystemFileHandle[] }) => void): void;
}

/** The ways in from outside: photos that the system shared or opened, and the app's shortcuts. */
export function takeLaunches(
  take: (files: readonly File[]) => void,
  lost: () => void,
  shortcuts: Readonly<Record<string, () => void>>,
): void {
  const follow = async () => {
    const { hash } = location;
    if (hash === SHARED.hash || hash === SHARED.lost) take(await shared());
    if (hash === SHARED.lost) lost();
    else if (Object.hasOwn(shortcuts, hash)) shortcuts[hash]?.();
    else if (hash !== SHARED.hash) return;
    // Else loading the page anew would do it again.
    history.replaceState(null, '', location.pathname + location.search);
  };
  addEventListener('hashchange', () => void follow());
  void follow();

  const { launchQueue } = window as typeof window & { readonly launchQueue?: LaunchQueue };
  launchQueue?.setConsumer(({ files }) => {
    if (files.length > 0) void Promise.all(files.map((handle) => handle.getFile())).then(take);
  });
}

/** In the order they were shared. Nobody else gets them again. */
async function shared(): Promise<File[]> {
  const cache = await caches.open(SHARED.cache);
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    if (!response || !(await cache.delete(request))) continue;
    const blob = await response.blob();
    files.push(new File([blob], decodeURIComponent(response.headers.get(SHARED.name) ?? ''), { type: blob.type }));
  }
  return files;
}
