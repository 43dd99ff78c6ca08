//! Bindings for a browser's worker: they convert arguments and call the core.

mod bench;
mod cache;
mod constructors;
mod converter;
mod interop;
mod keys;
mod lookup;
mod memory;
mod photo;
mod shared;
#[cfg(feature = "threads")]
mod threads;

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

/// Which of the builds this is.
#[wasm_bindgen]
pub fn variant() -> String {
    let simd = if cfg!(feature = "relaxed") { "relaxed" } else { "simd" };
    if cfg!(feature = "threads") { format!("{simd}-threads") } else { simd.into() }
}
