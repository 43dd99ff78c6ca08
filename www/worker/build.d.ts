/** Sizes of the builds that there are, without the servers' compression, which they do not tell. Set by the build. */
declare const WASM_BYTES: Partial<Record<import('../client/protocol.js').Variant, number>>;
/** Pages of memory that a build with threads begins with. Set by the build. */
declare const SHARED_PAGES: number;
/** The package's. Set by the build. */
declare const VERSION: string;
