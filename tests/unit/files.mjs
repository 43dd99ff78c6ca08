/** Stands in for where the package's files are: nowhere. */
export const builds = [];
export const inlined = false;
export const scripts = () => Promise.reject(new Error('no script was named'));
export const parts = async () => ({ engines: [], models: [] });
