// Where the package's own files lie beside the script. scripts/site.mjs writes the module: its URLs must stand there
// literally, or bundlers do not see the files.
declare module 'nijigen-files' {
  export function files(): {
    readonly worker: URL;
    readonly thread: URL;
    readonly wasm: Partial<Readonly<Record<import('./protocol.js').Variant, URL>>>;
  };
  export function models(): readonly import('./protocol.js').ShippedGenerator[];
}
