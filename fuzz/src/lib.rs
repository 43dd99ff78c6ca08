//! What must hold for any input: one function for each target. The fuzzers call them (`fuzz_targets/`), and so does
//! `tests/core/fuzz.rs` with every file of the corpora.

pub mod decode;
pub mod fingerprint;
pub mod load;
pub mod record;

use nijigen::Error;

/// A person is told what is wrong with the input, and not that we failed.
fn assert_explained(error: &Error, codes: &[&str]) {
    assert!(codes.contains(&error.code()), "{}: {error}", error.code());
    let sentence = error.to_string();
    assert!(sentence.len() > 20 && sentence.ends_with('.'), "{sentence}");
}
