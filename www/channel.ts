/** Tells all pages and workers of this origin; none where the page may store nothing, as in Firefox with cookies blocked. */
export function channelNamed(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}
