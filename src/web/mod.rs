//! Bindings for a browser's worker: they convert arguments and call the core.

mod constructors;
mod converter;
mod interop;
mod memory;

use wasm_bindgen::prelude::*;

/// Panics are written to the console before the instance traps.
#[wasm_bindgen(start)]
pub fn start() {
    constructors::run();
    console_error_panic_hook::set_once();
}

/// SHA-256 of bytes, lower-case hexadecimal: what tells a user's models apart. The browser's own is missing on
/// insecure origins.
#[wasm_bindgen]
pub fn sha256(bytes: &[u8]) -> String {
    crate::manifest::sha256(bytes)
}

/// Whether an allocation ever failed. Asked after a trap, it tells running out of memory from a fault.
#[wasm_bindgen]
pub fn allocation_failed() -> bool {
    memory::allocation_failed()
}
