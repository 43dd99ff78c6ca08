// The script that is fetched where a GPU is tried.
export { Gpu } from './device.js';
export { Network } from './network.js';
