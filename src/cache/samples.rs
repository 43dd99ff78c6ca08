//! What the tests of this folder store and look up.

use serde::{Deserialize, Serialize};

use super::{Id, Key, Payload, Record, Store};
use crate::fingerprint::Likeness;

pub(super) const MINUTE: u64 = 60_000;
pub(super) const DAY: u64 = 24 * 60 * MINUTE;
/// Some day in 2026.
pub(super) const NOW: u64 = 20_500 * DAY;

/// Of the same picture when the subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Look {
    pub hash: u64,
    pub subject: u8,
}

impl Likeness for Look {
    fn phash(&self) -> u64 {
        self.hash
    }

    fn same(&self, other: &Look, threshold: u32) -> Option<u32> {
        let distance = (self.hash ^ other.hash).count_ones();
        (distance <= threshold && self.subject == other.subject).then_some(distance)
    }
}

pub(super) fn look(hash: u64) -> Look {
    Look { hash, subject: 0 }
}

pub(super) fn key() -> Key {
    Key::named("meadow-fast")
}

/// The SHA-256 of a photo's file.
pub(super) fn file(photo: u64) -> [u8; 32] {
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&photo.to_le_bytes());
    sha256
}

pub(super) fn id(photo: u64) -> Id {
    Id::new(&key(), &file(photo))
}

/// Pictures of `bytes` bytes, all of one value.
pub(super) fn pictures(value: u8, bytes: usize) -> Payload {
    Payload { result: vec![value; bytes - 1], thumbnail: vec![value], original: None }
}

/// A photo that looks like no other (its hash is its number, times a number with many bits).
pub(super) fn record(photo: u64, bytes: u64, now: u64) -> Record<Look> {
    let hash = photo.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Record { bytes, ..Record::new(key(), file(photo), look(hash), &Payload::default(), now) }
}

/// What every store, empty at first, keeps to.
pub(super) fn keeps_the_contract<S: Store<Look>>(store: &mut S) {
    assert_eq!(store.load(), Ok(vec![]));
    assert_eq!(store.read(&id(1)), Ok(None));

    let full = Payload { result: vec![1, 2], thumbnail: vec![3], original: Some(vec![4]) };
    store.write(&record(1, 4, NOW), &full).unwrap();
    store.write(&record(2, 10, NOW), &pictures(2, 10)).unwrap();
    assert_eq!(store.read(&id(1)), Ok(Some(full)));
    assert_eq!(store.load().map(|records| records.len()), Ok(2));

    store.write(&record(2, 20, NOW + 1), &pictures(3, 20)).unwrap();
    assert_eq!(store.read(&id(2)), Ok(Some(pictures(3, 20))), "a second write replaces the first");
    store.remove(&id(1)).unwrap();
    assert_eq!(store.read(&id(1)), Ok(None));
    assert_eq!(store.load(), Ok(vec![record(2, 20, NOW + 1)]));

    let mut touched = record(2, 20, NOW + 1);
    touched.life.hits = 7;
    touched.life.used = NOW + DAY;
    store.touch(&id(2), &touched.life).unwrap();
    assert_eq!(store.load(), Ok(vec![touched]));
    assert_eq!(store.read(&id(2)), Ok(Some(pictures(3, 20))));

    store.touch(&id(9), &record(9, 1, NOW).life).unwrap();
    store.remove(&id(9)).unwrap();
    assert_eq!(store.load().map(|records| records.len()), Ok(1), "what is not there is no fault");
}
