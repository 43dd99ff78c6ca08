//! The module's memory: small pieces by dlmalloc, which is what std has, large ones as whole pages (`pages.rs`). dlmalloc
//! alone leaves the large pieces of a run where they first happened to fit, and a memory that has grown never shrinks.
//! A failed allocation is remembered, since wasm reports it like any other trap, and large ones can be refused.
#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32::{memory_grow, memory_size, unreachable},
    cell::UnsafeCell,
    num::NonZeroUsize,
    ptr::{self, null_mut},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use dlmalloc::Dlmalloc;

use crate::pages::{Ground, PAGE, Pages};

/// What wasm's memory grows by.
const WASM_PAGE: usize = 1 << 16;
/// Allocations from so many bytes on have pages of their own.
const LARGE: usize = 1 << 16;
/// The small ones get memory in pieces of so many bytes.
const PORTION: usize = 1 << 18;

static FAILED: AtomicBool = AtomicBool::new(false);
/// Bytes that the memory may grow to.
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Does `work` with so many bytes more than there are now; beyond them allocations fail, as they do when there is no
/// memory.
pub fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    MOST.store(Grown.end().saturating_add(bytes), Ordering::Relaxed);
    let result = work();
    MOST.store(usize::MAX, Ordering::Relaxed);
    result
}

pub fn allocation_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// wasm's own memory.
struct Grown;

impl Ground for Grown {
    fn end(&self) -> usize {
        memory_size(0).saturating_mul(WASM_PAGE)
    }

    fn more(&mut self, bytes: usize) -> Option<(NonZeroUsize, usize)> {
        if self.end().saturating_add(bytes) > MOST.load(Ordering::Relaxed) {
            return None;
        }
        let count = bytes.div_ceil(WASM_PAGE);
        let before = memory_grow(0, count);
        if before == usize::MAX {
            return None;
        }
        // The last page of all stays unused: its end would be 0.
        let whole = (before + count).checked_mul(WASM_PAGE).map_or(count - 1, |_| count);
        Some((NonZeroUsize::new(before * WASM_PAGE)?, whole * WASM_PAGE))
    }
}

/// dlmalloc's source of memory: pages, like everything else.
struct Portions;

// SAFETY: dlmalloc is only called with the heap locked, so its pages are nobody else's at that time.
unsafe impl dlmalloc::Allocator for Portions {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        // SAFETY: the heap is locked.
        let pages = unsafe { &mut *HEAP.pages.get() };
        (pages.take(size), size, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        null_mut()
    }

    fn free_part(&self, start: *mut u8, size: usize, smaller: usize) -> bool {
        // SAFETY: the heap is locked, and the rest of the piece is dlmalloc's to give.
        unsafe { (*HEAP.pages.get()).give(start.add(smaller), size - smaller) };
        true
    }

    fn free(&self, start: *mut u8, size: usize) -> bool {
        self.free_part(start, size, 0)
    }

    fn can_release_part(&self, _: u32) -> bool {
        true
    }

    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

/// Stands for a thread without a place of its own; no memory lies so low, the stack comes first.
const STARTING: usize = 1 << 16;

thread_local! {
    /// Lies in another place for every thread, above [`STARTING`].
    static ME: u8 = const { 0 };
}

struct Heap {
    /// The thread that is at work, or 0.
    owner: AtomicUsize,
    pages: UnsafeCell<Pages<Grown>>,
    small: UnsafeCell<Dlmalloc<Portions>>,
}

// SAFETY: what is in the cells is only used with the lock.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap {
    owner: AtomicUsize::new(0),
    pages: UnsafeCell::new(Pages::new(Grown)),
    small: UnsafeCell::new({
        let mut small = Dlmalloc::new_with_allocator(Portions);
        assert!(small.set_granularity(PORTION));
        small
    }),
};

impl Heap {
    /// Does `work` while no other thread does. It spins, as std's does: a browser's main thread may not wait, and nothing
    /// that is done here takes long. A thread whose stack was at its end amid this never let go; it would wait for itself.
    fn alone<T>(&self, work: impl FnOnce(&mut Dlmalloc<Portions>) -> T) -> T {
        // wasm-bindgen allocates a thread's memory with this, too, when it lies nowhere yet.
        let me = ME.with(|me| ptr::from_ref(me).addr().max(STARTING));
        while let Err(owner) = self.owner.compare_exchange_weak(0, me, Ordering::Acquire, Ordering::Relaxed) {
            if owner == me && me != STARTING {
                unreachable();
            }
            std::hint::spin_loop();
        }
        // SAFETY: this thread has the lock. The pages are borrowed where they are used.
        let result = work(unsafe { &mut *self.small.get() });
        self.owner.store(0, Ordering::Release);
        result
    }

    fn take(&self, bytes: usize) -> *mut u8 {
        // SAFETY: the heap is locked, and dlmalloc not at work.
        self.alone(|_| unsafe { (*self.pages.get()).take(bytes) })
    }
}

/// The length of the pages for an allocation, when it has pages of its own.
fn paged(layout: Layout) -> Option<usize> {
    (layout.size() >= LARGE && layout.align() <= PAGE).then(|| layout.size().next_multiple_of(PAGE))
}

// SAFETY: pieces are what `Pages` and dlmalloc give, and go back to where they came from, which the layout says.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        remember(match paged(layout) {
            Some(bytes) => self.take(bytes),
            // SAFETY: the caller's promise, handed on.
            None => self.alone(|small| unsafe { small.malloc(layout.size(), layout.align()) }),
        })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        remember(match paged(layout) {
            Some(bytes) => {
                let piece = self.take(bytes);
                if !piece.is_null() {
                    // SAFETY: it has as many bytes.
                    unsafe { piece.write_bytes(0, layout.size()) };
                }
                piece
            }
            // SAFETY: the caller's promise, handed on.
            None => self.alone(|small| unsafe { small.calloc(layout.size(), layout.align()) }),
        })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that this is a layout.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the heap is locked, dlmalloc not at work while pages are; the caller's promise, handed on.
        unsafe {
            match (paged(layout), paged(new)) {
                (None, None) => {
                    let (size, align) = (layout.size(), layout.align());
                    return remember(self.alone(|small| small.realloc(pointer, size, align, new.size())));
                }
                (Some(before), Some(after)) => {
                    let stays = self.alone(|_| {
                        let pages = &mut *self.pages.get();
                        if after > before {
                            return pages.stretch(pointer, before, after);
                        }
                        pages.give(pointer.add(after), before - after);
                        true
                    });
                    if stays {
                        return pointer;
                    }
                }
                _ => {}
            }
            let moved = self.alloc(new);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(pointer, layout.size().min(size));
                self.dealloc(pointer, layout);
            }
            moved
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the heap is locked, dlmalloc not at work while pages are; the caller's promise, handed on.
        match paged(layout) {
            Some(bytes) => self.alone(|_| unsafe { (*self.pages.get()).give(pointer, bytes) }),
            None => self.alone(|small| unsafe { small.free(pointer, layout.size(), layout.align()) }),
        }
    }
}

fn remember(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() {
        FAILED.store(true, Ordering::Relaxed);
    }
    pointer
}
