//! Rayon's threads in a browser: workers that run this module on the same memory. JavaScript starts them, the engine's
//! own worker is the first of them.

use std::sync::{
    Arc, Condvar, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use rayon::ThreadBuilder;
use wasm_bindgen::prelude::*;

use super::interop::to_js;
use crate::Error;

static WAITING: Mutex<Vec<ThreadBuilder>> = Mutex::new(Vec::new());
static ARRIVED: Condvar = Condvar::new();

/// While one lives, the other threads look for work without falling asleep. Between two operators there is hardly
/// any time, and being woken takes longer; worse, a system may wake a thread on the very core that it is to relieve (twice
/// the time for a generator at 256 × 256 pixels on two cores of a virtual machine).
pub struct Alert(Arc<AtomicBool>);

impl Alert {
    /// Calls the others.
    pub fn new() -> Alert {
        let over = Arc::new(AtomicBool::new(false));
        let alert = Alert(over.clone());
        rayon::spawn_broadcast(move |thread| {
            // The first is the one that has the work.
            while thread.index() != 0 && !over.load(Ordering::Relaxed) {
                rayon::yield_now();
            }
        });
        alert
    }
}

impl Drop for Alert {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

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
