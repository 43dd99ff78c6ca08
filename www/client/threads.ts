/** Beyond this a photo of ordinary size gains nothing. */
const MOST = 8;

/** How many threads draw one photo: as many as were asked for, else one a core. */
export const threadsFor = (asked: number | undefined, cores: number): number => asked ?? Math.min(cores, MOST);
