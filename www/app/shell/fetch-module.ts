/**
 * Imports a module of this site. Some browsers remember as long as the page lives that one could not be fetched, and never ask
 * for it again. So it is imported only when it is known to be there: in the service worker's store by then, or the browser's.
 */
export async function fetchModule(url: string, load: (url: string) => Promise<unknown> = imported): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered with status ${String(response.status)}`);
  // To its end, or it might break off when it is imported.
  await response.arrayBuffer();
  return load(url);
}

const imported = (url: string): Promise<unknown> => import(url);
