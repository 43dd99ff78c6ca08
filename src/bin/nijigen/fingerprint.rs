//! `nijigen fingerprint`: what the cache knows photos by.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use nijigen::{Error, checksum, fingerprint::phash::phash, options::Limits, picture::decode::decode};

use crate::inputs;

/// Prints `PHASH SHA256 FILE` for every input; gives the exit code.
pub fn run(names: &[OsString]) -> ExitCode {
    let found = inputs::expand(names, &[], Path::new(""));
    let mut failed = !found.missing.is_empty();
    found.tell();
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
    let explain = |error: Error| format!("{error} [{}]", error.code());
    let limits = Limits::default();
    let file = inputs::read(photo, &limits)?;
    let picture = decode(&file, &limits).map_err(explain)?;
    Ok(format!("{:016x} {}", phash(picture.width(), picture.rgba()), checksum::hex(&checksum::sha256(&file))))
}
