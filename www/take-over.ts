/** What a page says to a version that waits: take over from the one at work, if no other page uses it. */
export const TAKE_OVER = 'take-over';
