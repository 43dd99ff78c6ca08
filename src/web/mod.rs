//! Bindings for a browser's worker: they convert arguments and call the core.

mod converter;
mod interop;
mod memory;

use wasm_bindgen::prelude::*;

/// Panics are written to the console before the instance traps.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Version of this module, which is the package's.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Whether an allocation ever failed. Asked after a trap, it tells running out of memory from a fault.
#[wasm_bindgen]
pub fn allocation_failed() -> bool {
    memory::allocation_failed()
}
