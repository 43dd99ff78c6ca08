//! Remembers a failed allocation, which wasm otherwise reports like any other trap, and can refuse large ones.
#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    arch::wasm32::memory_size,
    ptr::null_mut,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

const PAGE: usize = 1 << 16;
/// Allocations from so many bytes on are looked at; what adds up to much is made of such.
const LARGE: usize = 1 << 20;

static FAILED: AtomicBool = AtomicBool::new(false);
/// Bytes that the memory may have with a large allocation.
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Does `work` with so many bytes more than there are now; beyond them allocations fail, as they do when there is no
/// memory.
pub fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    MOST.store(held().saturating_add(bytes), Ordering::Relaxed);
    let result = work();
    MOST.store(usize::MAX, Ordering::Relaxed);
    result
}

fn held() -> usize {
    memory_size(0).saturating_mul(PAGE)
}

fn refused(bytes: usize) -> bool {
    bytes >= LARGE && held().saturating_add(bytes) > MOST.load(Ordering::Relaxed)
}

#[global_allocator]
static ALLOCATOR: Remembering = Remembering;

struct Remembering;

// SAFETY: every call is handed on to the system's allocator unchanged, or refused, which keeps the contract.
unsafe impl GlobalAlloc for Remembering {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise, handed on.
        remember(if refused(layout.size()) { null_mut() } else { unsafe { System.alloc(layout) } })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise, handed on.
        remember(if refused(layout.size()) { null_mut() } else { unsafe { System.alloc_zeroed(layout) } })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise, handed on.
        remember(if refused(size) { null_mut() } else { unsafe { System.realloc(pointer, layout, size) } })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn remember(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() {
        FAILED.store(true, Ordering::Relaxed);
    }
    pointer
}

pub fn allocation_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}
