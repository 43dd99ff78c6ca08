//! `nijigen fingerprint`: what the cache knows photos by.

use std::{
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use nijigen::{
    Error,
    fingerprint::{exact, phash::phash},
    options::Limits,
    picture::decode::{check_size, decode},
};

use crate::inputs;

/// Prints `PHASH SHA256 FILE` for every input; gives the exit code.
pub fn run(names: &[OsString]) -> ExitCode {
    let found = inputs::expand(names, Path::new(""));
    let mut failed = !found.missing.is_empty();
    found.missing.iter().for_each(|sentence| eprintln!("nijigen: {sentence}"));
    for input in &found.inputs {
        match hashes(&input.path) {
            Ok(hashes) => {
                // A reader that has seen enough closes the pipe; that is no failure.
                if writeln!(io::stdout(), "{hashes} {}", input.path.display()).is_err() {
                    break;
                }
            }
            Err(sentence) => {
                failed = true;
                eprintln!("nijigen: {}: {sentence}", input.path.display());
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn hashes(photo: &Path) -> Result<String, String> {
    let unreadable = |error| format!("it cannot be read: {error}");
    let explain = |error: Error| format!("{error} [{}]", error.code());
    let limits = Limits::default();
    // A file over the limit is not even read.
    check_size(fs::metadata(photo).map_err(unreadable)?.len(), &limits).map_err(explain)?;
    let file = fs::read(photo).map_err(unreadable)?;
    let picture = decode(&file, &limits).map_err(explain)?;
    Ok(format!("{:016x} {}", phash(picture.width(), picture.rgba()), exact::hex(&exact::sha256(&file))))
}
