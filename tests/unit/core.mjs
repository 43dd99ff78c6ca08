/** Stands in for the engine's module; a test says what it does. */
export const Photo = {};
export default () => ({});
