import { createConverter } from 'nijigen';

let made;
/** One for the whole app: engine and models are fetched once. To be called in the browser, as in an effect. */
export const converter = () =>
  (made ??= createConverter().catch((error) => {
    made = undefined; // the next photo tries again
    throw error;
  }));
