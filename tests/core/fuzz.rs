//! Every input that the fuzzers kept, or that once broke a check (`fuzz/README.md`), goes through the same checks again.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use nijigen::options::Limits;
use targets::{decode, fingerprint, load, record};

fn replay(target: &str, check: impl Fn(&[u8])) {
    let files = |folder| crate::path(folder).join(target).read_dir().into_iter().flatten().map(|f| f.unwrap().path());
    let corpus: Vec<_> = files("fuzz/corpus").collect();
    assert!(corpus.len() >= 10, "{target}: only {} files", corpus.len());
    for file in corpus.into_iter().chain(files("fuzz/regressions")) {
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
