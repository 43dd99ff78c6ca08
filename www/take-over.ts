/**
 * Where photos lie that the system shared, until a page takes them; the header that has their names, encoded for URLs;
 * what the page is opened with, and what where some could not be stored.
 */
export const SHARED = { cache: 'nijigen-shared', name: 'x-name', hash: '#shared', lost: '#shared-lost' } as const;
/** What a page says to a version that waits: take over from the one at work, if no other page uses it. */
export const TAKE_OVER = 'take-over';
