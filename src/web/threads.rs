//! Rayon's threads in a browser: workers that run this module on the same memory. JavaScript starts them, the engine's
//! own worker is the first of them.

use std::sync::{Condvar, Mutex, PoisonError};

use rayon::ThreadBuilder;
use wasm_bindgen::prelude::*;

use super::interop::to_js;
use crate::Error;

static WAITING: Mutex<Vec<ThreadBuilder>> = Mutex::new(Vec::new());
static ARRIVED: Condvar = Condvar::new();

/// Makes the pool of `count` threads, at least one. All but this one must be in [`run_thread`] or on their way there:
/// this blocks until they are at work.
#[wasm_bindgen]
pub fn start_threads(count: usize) -> Result<(), JsValue> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .use_current_thread()
        .spawn_handler(|thread| {
            WAITING.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
            ARRIVED.notify_one();
            Ok(())
        })
        .build_global()
        .map_err(|e| to_js(Error::Internal(format!("the threads cannot be started ({e})"))))
}

/// Becomes one of the pool's threads; does not come back while the pool lives, which is as long as the module.
#[wasm_bindgen]
pub fn run_thread() {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    let thread = loop {
        match waiting.pop() {
            Some(thread) => break thread,
            None => waiting = ARRIVED.wait(waiting).unwrap_or_else(PoisonError::into_inner),
        }
    };
    drop(waiting);
    thread.run();
}
