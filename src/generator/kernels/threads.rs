//! Threads that share the bands of an operator.
//!
//! Ours, for a generator's operators follow each other within microseconds: the threads of a pool for everything fall
//! asleep in between, and waking them takes as long as a small operator. These look out for the next one before they do.

use std::{
    any::Any,
    cell::{RefCell, UnsafeCell},
    marker::PhantomData,
    mem::transmute,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
};

/// Looks at whether there is work before falling asleep: a tenth of a millisecond, on slow machines perhaps one.
const SPINS: u32 = if cfg!(target_arch = "wasm32") { 1 << 18 } else { 1 << 12 };

/// A piece of work that several threads may do at once, until nothing is left of it.
type Work<'a> = dyn Fn() + Sync + 'a;

/// How many threads are within the present turn.
const WITHIN: u32 = 0xFF;
/// More threads may enter.
const OPEN: u32 = 1 << 8;
/// There will be no other turn.
const OVER: u32 = 1 << 9;
/// One turn; its bits are the turn's number.
const TURN: u32 = 1 << 10;

/// One thread's work is open to others, a turn at a time.
pub struct Pool {
    /// The number of the turn and the flags above.
    state: AtomicU32,
    /// That of the turn; only threads within it read it.
    work: UnsafeCell<Option<*const Work<'static>>>,
    opened: AtomicBool,
    /// How many threads are in [`help`](Self::help).
    helpers: AtomicU32,
    helped: AtomicU32,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// What somebody may sleep for happens while this is locked.
    asleep: Mutex<Asleep>,
    begun: Condvar,
    left: Condvar,
}

#[derive(Default)]
struct Asleep {
    /// How many sleep until a turn has begun.
    helpers: usize,
    /// Whether the one whose work it is sleeps until all others have left.
    owner: bool,
}

// SAFETY: `work` is written by the one thread that has opened its work to the pool, while no other is within a turn, and
// read by those that have entered; entering and leaving order the two. What it points to is `Sync`.
unsafe impl Sync for Pool {}
// SAFETY: as above.
unsafe impl Send for Pool {}

impl Default for Pool {
    fn default() -> Pool {
        Pool {
            state: AtomicU32::new(0),
            work: UnsafeCell::new(None),
            opened: AtomicBool::new(false),
            helpers: AtomicU32::new(0),
            helped: AtomicU32::new(0),
            panic: Mutex::default(),
            asleep: Mutex::default(),
            begun: Condvar::new(),
            left: Condvar::new(),
        }
    }
}

thread_local! {
    /// The pool to which this thread's work is open.
    static OWN: RefCell<Option<Arc<Pool>>> = const { RefCell::new(None) };
}

impl Pool {
    /// Opens this thread's work to those in [`help`](Self::help).
    ///
    /// # Panics
    /// When a thread's is already.
    pub fn open(self: Arc<Pool>) {
        assert!(!self.opened.swap(true, SeqCst), "a pool is open to one thread's work");
        OWN.set(Some(self));
    }

    /// How many turns others have helped with, each of them counted.
    pub fn helped(&self) -> u32 {
        self.helped.load(SeqCst)
    }

    /// Helps with all work until the pool is over.
    pub fn help(&self) {
        self.helpers.fetch_add(1, SeqCst);
        let mut seen = 0;
        while let Some(turn) = self.enter(seen) {
            seen = turn;
            self.helped.fetch_add(1, SeqCst);
            // SAFETY: this thread is within the turn: its work is there, and stays until it has left.
            let work = unsafe { (*self.work.get()).map(|work| &*work) };
            if let Some(work) = work
                && let Err(panic) = catch_unwind(AssertUnwindSafe(work))
            {
                lock(&self.panic).get_or_insert(panic);
            }
            let state = self.state.fetch_sub(1, SeqCst) - 1;
            if state & (OPEN | WITHIN) == 0 && lock(&self.asleep).owner {
                self.left.notify_one();
            }
        }
    }

    /// Waits for another turn than the one seen last; none once the pool is over.
    fn enter(&self, seen: u32) -> Option<u32> {
        let mut spins = 0;
        loop {
            let state = self.state.load(SeqCst);
            if state & OVER != 0 {
                return None;
            }
            if beckons(state, seen) {
                if self.state.compare_exchange(state, state + 1, SeqCst, SeqCst).is_ok() {
                    return Some(state / TURN);
                }
            } else if spins < SPINS {
                spins += 1;
                std::hint::spin_loop();
            } else {
                spins = 0;
                let mut asleep = lock(&self.asleep);
                let state = self.state.load(SeqCst);
                if state & OVER == 0 && !beckons(state, seen) {
                    asleep.helpers += 1;
                    asleep = self.begun.wait(asleep).unwrap_or_else(PoisonError::into_inner);
                    asleep.helpers -= 1;
                }
            }
        }
    }

    /// Does the work with all that help, until nothing of it is left.
    fn share(&self, work: &Work<'_>) {
        // SAFETY: only the lifetime changes; the turn ends before this function does, even by a panic.
        let lasting = unsafe { transmute::<*const Work<'_>, *const Work<'static>>(work) };
        // One that came with the owner's own.
        drop(lock(&self.panic).take());
        // SAFETY: the last turn is closed, and nobody is within it.
        unsafe { *self.work.get() = Some(lasting) };
        let turn = Turn(self);
        self.begin(|state| state.wrapping_add(TURN) | OPEN);
        work();
        drop(turn);
        if let Some(panic) = lock(&self.panic).take() {
            resume_unwind(panic);
        }
    }

    /// Whether this thread is within a turn already: what it shares out then it does alone.
    fn is_open(&self) -> bool {
        self.state.load(SeqCst) & OPEN != 0
    }

    /// Changes the state, while no other is within a turn, and wakes whoever sleeps.
    fn begin(&self, change: impl Fn(u32) -> u32) {
        let asleep = lock(&self.asleep);
        self.state.store(change(self.state.load(SeqCst)), SeqCst);
        let sleepers = asleep.helpers;
        drop(asleep);
        if sleepers > 0 {
            self.begun.notify_all();
        }
    }
}

/// Whether a thread can enter that was within turn `seen` last.
fn beckons(state: u32, seen: u32) -> bool {
    state & OPEN != 0 && state & WITHIN != WITHIN && state / TURN != seen
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A turn that is open. Dropping it waits until all have left.
struct Turn<'a>(&'a Pool);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Turn(pool) = self;
        let mut state = pool.state.fetch_and(!OPEN, SeqCst);
        for _ in 0..SPINS {
            if state & WITHIN == 0 {
                return;
            }
            std::hint::spin_loop();
            state = pool.state.load(SeqCst);
        }
        let mut asleep = lock(&pool.asleep);
        asleep.owner = true;
        while pool.state.load(SeqCst) & WITHIN != 0 {
            asleep = pool.left.wait(asleep).unwrap_or_else(PoisonError::into_inner);
        }
        asleep.owner = false;
    }
}

/// While it lives, other threads help with what this one draws.
pub struct Threads {
    pool: Arc<Pool>,
    helpers: Vec<JoinHandle<()>>,
    /// What helped this thread until then, and does again afterwards.
    before: Option<Arc<Pool>>,
    /// It belongs to the thread that started it.
    here: PhantomData<*const ()>,
}

impl Threads {
    /// `count` threads, this one among them; fewer where no more can be started.
    #[must_use]
    pub fn start(count: usize) -> Threads {
        let pool = Arc::new(Pool::default());
        let spawn = |_| {
            let pool = pool.clone();
            thread::Builder::new().spawn(move || pool.help()).ok()
        };
        let helpers: Vec<_> = (1..count).map_while(spawn).collect();
        let before = OWN.take();
        if !helpers.is_empty() {
            pool.clone().open();
        }
        Threads { pool, helpers, before, here: PhantomData }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        OWN.set(self.before.take());
        self.pool.begin(|state| state | OVER);
        for helper in self.helpers.drain(..) {
            // Its panics were handed on.
            let _ = helper.join();
        }
    }
}

/// How many threads do this one's work: itself, and those that help by now.
pub fn workers() -> usize {
    1 + OWN.with_borrow(|own| own.as_ref().map_or(0, |pool| pool.helpers.load(SeqCst) as usize))
}

/// Splits `out` into bands of `length` and gives each to `work` with its number and a scratch that bands of one thread
/// share; what they return comes in order.
pub fn in_bands<T: Send, Scratch: Default>(
    out: &mut [f32],
    length: usize,
    work: impl Fn(&mut Scratch, usize, &mut [f32]) -> T + Sync,
) -> Vec<T> {
    let mut results: Vec<Option<T>> = std::iter::repeat_with(|| None).take(out.len().div_ceil(length)).collect();
    let several = results.len() > 1;
    let bands = Mutex::new(out.chunks_mut(length).zip(&mut results).enumerate());
    let next = || lock(&bands).next();
    let rest = || {
        let mut scratch = None;
        while let Some((band, (out, result))) = next() {
            *result = Some(work(scratch.get_or_insert_with(Scratch::default), band, out));
        }
    };
    match OWN.with_borrow(|own| own.clone().filter(|pool| several && !pool.is_open())) {
        Some(pool) => pool.share(&rest),
        None => rest(),
    }
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::AtomicUsize,
        thread::{ThreadId, current},
        time::Duration,
    };

    use super::*;

    /// Every band adds one to its values; who did it comes back.
    fn add_one(values: &mut [f32], length: usize) -> Vec<ThreadId> {
        in_bands(values, length, |(): &mut (), _, band| {
            band.iter_mut().for_each(|value| *value += 1.);
            current().id()
        })
    }

    #[test]
    fn every_band_is_done_once_and_results_come_in_order() {
        let _threads = Threads::start(4);
        let mut values: Vec<f32> = (0..1003).map(|value| value as f32).collect();
        for round in 0..2000 {
            let bands = in_bands(&mut values, 10, |bands: &mut usize, band, out| {
                *bands += 1;
                assert_eq!(out.len(), if band == 100 { 3 } else { 10 });
                out.iter_mut().for_each(|value| *value += 1.);
                (band, *bands)
            });
            assert!(bands.iter().map(|(band, _)| *band).eq(0..101));
            assert!(bands.iter().all(|(_, done)| (1..=101).contains(done)), "a scratch is one thread's");
            // Long enough now and then that all fall asleep.
            if round % 500 == 0 {
                thread::sleep(Duration::from_millis(5));
            }
        }
        assert!(values.iter().zip(0..).all(|(value, at)| *value == (at + 2000) as f32));
    }

    #[test]
    fn who_helps_is_counted() {
        assert_eq!(workers(), 1);
        let _threads = Threads::start(3);
        while workers() < 3 {
            thread::yield_now();
        }
    }

    #[test]
    fn others_help_whether_they_sleep_or_not() {
        let _threads = Threads::start(2);
        for pause in [0, 20] {
            thread::sleep(Duration::from_millis(pause));
            let both = AtomicUsize::new(0);
            // Each waits for the other, so that one thread alone would never be done.
            let by = in_bands(&mut [0.; 2], 1, |(): &mut (), _, _| {
                both.fetch_add(1, SeqCst);
                while both.load(SeqCst) < 2 {
                    thread::yield_now();
                }
                current().id()
            });
            assert_ne!(by[0], by[1]);
        }
    }

    #[test]
    fn without_others_and_within_a_band_a_thread_does_all_itself() {
        assert!(add_one(&mut [0.; 64], 1).iter().all(|&id| id == current().id()));
        let _threads = Threads::start(3);
        let mut values = [0.; 6];
        let alone =
            in_bands(&mut values, 2, |(): &mut (), _, band| add_one(band, 1).iter().all(|&id| id == current().id()));
        assert_eq!((alone, values), (vec![true; 3], [1.; 6]));
    }

    #[test]
    fn a_panic_in_any_thread_is_the_callers_and_the_next_turn_works() {
        let _threads = Threads::start(3);
        let mut values = [0.; 300];
        for _ in 0..200 {
            let here = current().id();
            for helper in [false, true] {
                let seen = AtomicBool::new(false);
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    in_bands(&mut values, 1, |(): &mut (), band, _| {
                        if (current().id() != here) == helper {
                            seen.store(true, SeqCst);
                            std::panic::resume_unwind(Box::new(band));
                        }
                    })
                }));
                assert_eq!(outcome.is_err(), seen.load(SeqCst));
            }
            let before = values[0];
            add_one(&mut values, 7);
            assert!(values.iter().all(|value| *value == before + 1.));
        }
    }

    #[test]
    fn threads_end_with_what_they_were_started_by_and_those_before_help_again() {
        let before = Threads::start(2);
        let threads = Threads::start(3);
        let pool = Arc::downgrade(&threads.pool);
        drop(threads);
        assert!(pool.upgrade().is_none(), "a thread still holds the pool");
        while before.pool.helped() == 0 {
            add_one(&mut [0.; 64], 1);
        }
    }
}
