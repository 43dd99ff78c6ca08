/** Size of the wasm file this worker was built with; servers that compress do not say it. Set by the build. */
declare const WASM_BYTES: number;
