//! A panic while a photo is converted becomes that photo's error; any other is said, as is usual.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
};

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// From now on panics are silent in [`catch`], and only there.
pub fn say_others() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !CAUGHT.get() {
            usual(panic);
        }
    }));
}

/// Does `work`; if that panics, gives what was said.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    CAUGHT.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(false);
    done.map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        said.unwrap_or("a panic").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn only_what_is_caught_is_silent() {
        static SAID: AtomicUsize = AtomicUsize::new(0);
        let before = panic::take_hook();
        // Other tests, on other threads, may panic meanwhile.
        let here = std::thread::current().id();
        panic::set_hook(Box::new(move |_| {
            SAID.fetch_add(usize::from(std::thread::current().id() == here), Ordering::Relaxed);
        }));
        say_others();
        assert_eq!(catch(|| panic!("a fault in photo {}", 7)), Err::<(), _>("a fault in photo 7".to_owned()));
        assert_eq!(SAID.load(Ordering::Relaxed), 0);
        assert_eq!(catch(|| 7), Ok(7));
        assert!(panic::catch_unwind(|| panic!("elsewhere")).is_err());
        assert_eq!(SAID.load(Ordering::Relaxed), 1);
        panic::set_hook(before);
    }
}
