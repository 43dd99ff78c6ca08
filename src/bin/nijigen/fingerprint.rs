//! `nijigen fingerprint`: what the cache knows photos by.

use std::{ffi::OsString, path::Path, process::ExitCode};

use nijigen::{Error, checksum, fingerprint::phash::phash, options::Limits, picture::decode::decode};

use crate::{
    inputs,
    streams::{Printer, tell},
};

/// Prints `PHASH SHA256 FILE` for every input; gives the exit code.
pub fn run(names: &[OsString]) -> ExitCode {
    let found = inputs::expand(names, &[], Path::new(""));
    let mut failed = !found.missing.is_empty();
    found.tell();
    let out = Printer::default();
    for input in &found.inputs {
        match hashes(&input.path) {
            Ok(hashes) => {
                if !out.print(format!("{hashes} {}\n", input.path.display())) {
                    break;
                }
            }
            Err(sentence) => {
                failed = true;
                tell(format_args!("{}: {sentence}", input.path.display()));
            }
        }
    }
    if failed || out.lost() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn hashes(photo: &Path) -> Result<String, String> {
    let explain = |error: Error| format!("{error} [{}]", error.code());
    let limits = Limits::default();
    let file = inputs::read(photo, &limits)?;
    let picture = decode(&file, &limits).map_err(explain)?;
    Ok(format!("{:016x} {}", phash(picture.width(), picture.rgba()), checksum::hex(&checksum::sha256(&file))))
}
