//! Bindings for a browser's worker: they convert arguments and call the core.

mod cache;
mod constructors;
mod converter;
mod interop;
mod memory;
mod photo;
mod trial;

use wasm_bindgen::prelude::*;

/// Panics are written to the console before the instance traps.
#[wasm_bindgen(start)]
pub fn start() {
    constructors::run();
    console_error_panic_hook::set_once();
}

/// Whether an allocation ever failed. Asked after a trap, it tells running out of memory from a fault.
#[wasm_bindgen]
pub fn allocation_failed() -> bool {
    memory::allocation_failed()
}
