// Where the package's own files lie, for one of its entries. scripts/package.mjs writes the module.
declare module 'nijigen-files' {
  /** The engine's builds that there are. */
  export const builds: readonly import('./protocol.js').Variant[];
  /** Whether the scripts are part of this one: then no folder has others. */
  export const inlined: boolean;
  export function scripts(): Promise<{
    readonly worker: string | URL;
    readonly thread: string | URL;
    readonly gpu: string | URL;
  }>;
  /** What this entry offers without being told. */
  export function parts(): Promise<{
    readonly engines: readonly import('./protocol.js').ShippedEngine[];
    readonly models: readonly import('./protocol.js').ShippedGenerator[];
  }>;
}
