//! What the program says: to a person on stderr, to another program on stdout.

use std::{
    fmt::Display,
    io::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

/// Says a sentence. A disk that is full or a reader that has gone is no reason to stop drawing, so unlike with `eprintln!`
/// nothing comes of it.
pub fn tell(sentence: impl Display) {
    // Whole lines, whichever thread writes.
    let _ = io::stderr().write_all(format!("nijigen: {sentence}\n").as_bytes());
}

/// Prints what is asked for, and knows whether all of it arrived.
#[derive(Default)]
pub struct Printer {
    lost: AtomicBool,
}

impl Printer {
    /// Prints whole lines, whichever thread does; gives whether more of them are of use.
    pub fn print(&self, lines: impl AsRef<[u8]>) -> bool {
        let mut out = io::stdout().lock();
        match out.write_all(lines.as_ref()).and_then(|()| out.flush()) {
            Ok(()) => true,
            // A reader that has seen enough closes the pipe; that is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => false,
            Err(error) => {
                if !self.lost.swap(true, Ordering::Relaxed) {
                    tell(format_args!("standard output cannot be written: {error}"));
                }
                false
            }
        }
    }

    /// Whether something did not arrive that somebody waits for.
    pub fn lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}
