//! Large pieces of memory, each at the lowest place it fits. What is free is kept as runs in the order of their
//! addresses, and neighbours become one, so the memory need not grow while the free parts of it lie together.
//! First fit by address (Knuth, The Art of Computer Programming 1, 2.5); a run holds its own length and the next's place.
#![allow(unsafe_code)]

use std::{
    num::NonZeroUsize,
    ptr::{self, null_mut},
};

/// Lengths and places are multiples of this.
pub const PAGE: usize = 1 << 12;

/// Where memory comes from.
pub trait Ground {
    /// The place after the last byte there is.
    fn end(&self) -> usize;

    /// At least so many bytes more, as they begin and how many; nothing when there are no more.
    fn more(&mut self, bytes: usize) -> Option<(NonZeroUsize, usize)>;
}

struct Run {
    bytes: usize,
    next: *mut Run,
}

pub struct Pages<G> {
    first: *mut Run,
    ground: G,
}

impl<G: Ground> Pages<G> {
    pub const fn new(ground: G) -> Self {
        Pages { first: null_mut(), ground }
    }

    /// A piece of `bytes`, a multiple of a page, or null. What it holds is not known.
    pub fn take(&mut self, bytes: usize) -> *mut u8 {
        let mut piece = self.first_fit(bytes);
        if piece.is_null() {
            // What is free at the end need not come again; should other hands have let the memory grow, all of it must.
            for missing in [bytes - self.at_the_end().min(bytes - PAGE), bytes] {
                let Some((start, more)) = self.ground.more(missing) else { break };
                // SAFETY: nobody else has what has just come.
                unsafe { self.give(ptr::with_exposed_provenance_mut(start.get()), more) };
                piece = self.first_fit(bytes);
                if !piece.is_null() {
                    break;
                }
            }
        }
        piece
    }

    /// Takes a piece back, or a part of one.
    ///
    /// # Safety
    /// `start` and `bytes` are multiples of a page, and nobody uses what is between.
    pub unsafe fn give(&mut self, start: *mut u8, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let mut run = start.cast::<Run>();
        let (mut before, mut after) = (null_mut::<Run>(), self.first);
        // SAFETY: runs are memory that nobody uses, and so is this piece.
        unsafe {
            while !after.is_null() && after < run {
                (before, after) = (after, (*after).next);
            }
            run.write(Run { bytes, next: after });
            if before.is_null() {
                self.first = run;
            } else if before.byte_add((*before).bytes) == run {
                (*before).bytes += bytes;
                run = before;
            } else {
                (*before).next = run;
            }
            if run.byte_add((*run).bytes) == after {
                (*run).bytes += (*after).bytes;
                (*run).next = (*after).next;
            }
        }
    }

    /// Makes a piece longer where it is, if what follows is free.
    ///
    /// # Safety
    /// The piece was taken with `bytes`, and is to have `longer`; both are multiples of a page.
    pub unsafe fn stretch(&mut self, start: *mut u8, bytes: usize, longer: usize) -> bool {
        let mut link = &raw mut self.first;
        // SAFETY: links are ours; runs are memory that nobody uses.
        unsafe {
            while !(*link).is_null() && (*link).cast() < start {
                link = &raw mut (**link).next;
            }
            let fits = (*link).cast() == start.add(bytes) && (**link).bytes >= longer - bytes;
            if fits {
                cut(link, longer - bytes);
            }
            fits
        }
    }

    fn first_fit(&mut self, bytes: usize) -> *mut u8 {
        let mut link = &raw mut self.first;
        // SAFETY: links are ours; runs are memory that nobody uses.
        unsafe {
            while !(*link).is_null() {
                if (**link).bytes >= bytes {
                    return cut(link, bytes);
                }
                link = &raw mut (**link).next;
            }
        }
        null_mut()
    }

    /// Free bytes that the memory ends with.
    fn at_the_end(&self) -> usize {
        let mut run = self.first;
        // SAFETY: runs are memory that nobody uses.
        unsafe {
            while !run.is_null() {
                if run.addr() + (*run).bytes == self.ground.end() {
                    return (*run).bytes;
                }
                run = (*run).next;
            }
        }
        0
    }
}

/// Takes the first `bytes` of the run that `link` leads to.
///
/// # Safety
/// The run has as many.
unsafe fn cut(link: *mut *mut Run, bytes: usize) -> *mut u8 {
    // SAFETY: the rest of a run is a run.
    unsafe {
        let run = *link;
        let Run { bytes: all, next } = run.read();
        *link = if all == bytes {
            next
        } else {
            let rest = run.byte_add(bytes);
            rest.write(Run { bytes: all - bytes, next });
            rest
        };
        run.cast()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A field of pages that becomes visible bit by bit.
    struct Field {
        memory: Vec<u64>,
        given: usize,
        /// Bytes that somebody else takes before the next piece of it.
        skip: usize,
    }

    impl Field {
        const PAGES: usize = 64;

        fn new() -> Self {
            Field { memory: vec![0; (Self::PAGES + 1) * PAGE / 8], given: 0, skip: 0 }
        }

        fn start(&self) -> usize {
            self.memory.as_ptr().expose_provenance().next_multiple_of(PAGE)
        }
    }

    impl Ground for Field {
        fn end(&self) -> usize {
            self.start() + self.given
        }

        fn more(&mut self, bytes: usize) -> Option<(NonZeroUsize, usize)> {
            self.given += std::mem::take(&mut self.skip);
            if self.given + bytes > Self::PAGES * PAGE {
                return None;
            }
            let start = NonZeroUsize::new(self.end());
            self.given += bytes;
            start.map(|start| (start, bytes))
        }
    }

    proptest! {
        /// Pieces are taken, stretched, shortened and given back; no two ever share a byte, and in the end all is one.
        #[test]
        fn pieces_never_overlap(steps in prop::collection::vec((0usize..4, 1usize..20, any::<prop::sample::Index>()), 1..200)) {
            let mut pages = Pages::new(Field::new());
            let mut held: Vec<(*mut u8, usize, u8)> = Vec::new();
            let fill = |start: *mut u8, bytes: usize, mark: u8| unsafe { start.write_bytes(mark, bytes) };
            for (i, (what, count, which)) in steps.into_iter().enumerate() {
                let mark = i as u8;
                if what == 0 || held.is_empty() {
                    let piece = pages.take(count * PAGE);
                    if !piece.is_null() {
                        prop_assert_eq!(piece.addr() % PAGE, 0);
                        fill(piece, count * PAGE, mark);
                        held.push((piece, count * PAGE, mark));
                    }
                    continue;
                }
                let at = which.index(held.len());
                let (start, bytes, _) = held[at];
                match what {
                    1 => {
                        held.swap_remove(at);
                        unsafe { pages.give(start, bytes) };
                    }
                    2 if unsafe { pages.stretch(start, bytes, bytes + count * PAGE) } => {
                        fill(start, bytes + count * PAGE, mark);
                        held[at] = (start, bytes + count * PAGE, mark);
                    }
                    3 if bytes > count * PAGE => {
                        unsafe { pages.give(start.add(count * PAGE), bytes - count * PAGE) };
                        held[at].1 = count * PAGE;
                    }
                    _ => pages.ground.skip = PAGE * usize::from(count == 1),
                }
                for &(start, bytes, mark) in &held {
                    let piece = unsafe { std::slice::from_raw_parts(start, bytes) };
                    prop_assert!(piece.iter().all(|&byte| byte == mark));
                }
            }
            let [kept, given] = [held.iter().map(|piece| piece.1).sum::<usize>(), pages.ground.given];
            prop_assert!(kept <= given);
            for (start, bytes, _) in held {
                unsafe { pages.give(start, bytes) };
            }
            let mut run = pages.first;
            while !run.is_null() {
                let Run { bytes, next } = unsafe { run.read() };
                prop_assert!(next.is_null() || run.addr() + bytes < next.addr(), "neighbours that are two runs");
                run = next;
            }
        }
    }

    #[test]
    fn the_lowest_place_is_taken_and_only_what_is_missing_comes() {
        let mut pages = Pages::new(Field::new());
        let pieces = [3, 1, 5, 1].map(|count| pages.take(count * PAGE));
        unsafe {
            pages.give(pieces[2], 5 * PAGE);
            pages.give(pieces[0], 3 * PAGE);
        }
        assert_eq!(pages.take(2 * PAGE), pieces[0]);
        assert_eq!(pages.take(4 * PAGE), pieces[2]);
        unsafe { pages.give(pieces[3], PAGE) };
        assert_eq!(pages.take(6 * PAGE), unsafe { pieces[2].add(4 * PAGE) }, "what is free at the end is a part");
        assert_eq!(pages.ground.given, 14 * PAGE);
        assert!(pages.take(60 * PAGE).is_null(), "there is no more");
    }
}
