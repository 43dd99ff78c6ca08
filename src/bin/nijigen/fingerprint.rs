//! `nijigen fingerprint`: what the cache knows photos by.

use std::{ffi::OsString, path::Path, process::ExitCode};

use nijigen::{Options, checksum, options::Limits, pipeline::fingerprint};

use crate::{
    inputs,
    report::Failure,
    streams::{Printer, tell},
};

/// Prints `PHASH SHA256 FILE` for every input; gives the exit code.
pub fn run(names: &[OsString], limits: Limits) -> ExitCode {
    let options = Options { limits, ..Options::default() };
    let found = inputs::expand(names, &[], Path::new(""));
    let mut failed = !found.missing.is_empty();
    found.tell();
    let out = Printer::default();
    for input in &found.inputs {
        match hashes(&input.path, &options) {
            Ok(hashes) => {
                if !out.print(format!("{hashes} {}\n", input.path.display())) {
                    break;
                }
            }
            Err(failure) => {
                failed = true;
                tell(format_args!("{}: {}", input.path.display(), failure.explain()));
            }
        }
    }
    if failed || out.lost() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn hashes(photo: &Path, options: &Options) -> Result<String, Failure> {
    let file = inputs::read(photo, &options.limits)?;
    let seen = fingerprint(&file, options)?;
    Ok(format!("{:016x} {}", seen.phash(), checksum::hex(&checksum::sha256(&file))))
}
