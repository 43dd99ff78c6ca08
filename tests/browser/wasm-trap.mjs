/** A copy of a module in which calling the exported function traps, as a panic in it would. */
export function withTrap(wasm, exportName) {
  const patched = Buffer.from(wasm);
  const { start, size } = bodyOf(patched, exportName);
  // No locals, `unreachable`, `nop`s to keep the size, `end`.
  patched.fill(0x01, start, start + size);
  patched[start] = 0x00;
  patched[start + 1] = 0x00;
  patched[start + size - 1] = 0x0b;
  return patched;
}

/** Finds a function's body; sections as in the WebAssembly core specification, 5.5. */
function bodyOf(wasm, exportName) {
  const sections = new Map();
  const reader = read(wasm, 8);
  while (reader.at < wasm.length) {
    const id = reader.byte();
    const size = reader.number();
    sections.set(id, reader.at);
    reader.at += size;
  }
  const [IMPORT, EXPORT, CODE] = [2, 7, 10];
  const index =
    exported(read(wasm, sections.get(EXPORT)), exportName) - importedFunctions(read(wasm, sections.get(IMPORT)));
  const code = read(wasm, sections.get(CODE));
  code.number();
  for (let i = 0; ; i++) {
    const size = code.number();
    if (i === index) return { start: code.at, size };
    code.at += size;
  }
}

function exported(section, wanted) {
  for (let left = section.number(); left > 0; left--) {
    const name = section.name();
    section.byte();
    const index = section.number();
    if (name === wanted) return index;
  }
  throw new Error(`nothing exported is called ${wanted}`);
}

/** Modules import functions, and those with threads a memory. */
function importedFunctions(section) {
  const [FUNCTION, MEMORY] = [0, 2];
  let functions = 0;
  const count = section.number();
  for (let i = 0; i < count; i++) {
    section.name();
    section.name();
    const kind = section.byte();
    if (kind === MEMORY) for (let limits = (section.byte() & 1) + 1; limits > 0; limits--) section.number();
    else if (kind === FUNCTION) section.number();
    else throw new Error('an import that is neither function nor memory');
    if (kind === FUNCTION) functions++;
  }
  return functions;
}

function read(bytes, at) {
  return {
    at,
    byte() {
      return bytes[this.at++];
    },
    /** Unsigned LEB128. */
    number() {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = this.byte();
        value += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) return value;
      }
    },
    name() {
      const length = this.number();
      this.at += length;
      return bytes.toString('utf8', this.at - length, this.at);
    },
  };
}
