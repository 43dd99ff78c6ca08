//! The engine's threads in a browser: workers that run this module on the same memory. JavaScript starts them.

use std::sync::{Arc, LazyLock};

use wasm_bindgen::prelude::*;

use crate::generator::Pool;

static POOL: LazyLock<Arc<Pool>> = LazyLock::new(Arc::default);

/// From now on those in [`run_thread`] help the thread that calls this; only one may.
#[wasm_bindgen]
pub fn start_threads() {
    POOL.clone().open();
}

/// Becomes one of the threads that help; does not come back.
#[wasm_bindgen]
pub fn run_thread() {
    POOL.help();
}

/// How often another thread has helped with an operator.
#[wasm_bindgen]
pub fn helped() -> u32 {
    POOL.helped()
}
