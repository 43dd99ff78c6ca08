//! Every input that the fuzzers kept (`fuzz/README.md`) goes through the same checks again.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use nijigen::options::Limits;
use targets::{decode, fingerprint, load, record};

fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = crate::path("fuzz/corpus").join(target);
    let files: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 10, "only {} files in {}", files.len(), folder.display());
    for file in files {
        // Shown where the check fails.
        println!("{}", file.display());
        check(&std::fs::read(&file).unwrap());
    }
}

#[test]
fn decode_replays() {
    replay("decode", decode::check);
    replay("decode", |file| decode::check_within(file, &Limits::default()));
}

#[test]
fn fingerprint_replays() {
    replay("fingerprint", fingerprint::check);
}

#[test]
fn load_replays() {
    replay("load", load::check);
}

#[test]
fn record_replays() {
    replay("record", record::check);
}
