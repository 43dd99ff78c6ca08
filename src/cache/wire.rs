//! Names and bytes that all who share a server agree on: the program on whichever machine, and the package in Node.
//!
//! ```text
//! nijigen:entry:ID                     value: the entry's file, as on disk (`frame`)
//! nijigen:band:KEY:BAND:BITS           sorted set: hash and name of each entry, 40 bytes; score: when it ends, ms
//! ```

use std::{cmp::Reverse, collections::BinaryHeap};

use super::bands::Band;
use super::{Id, Key};

pub(crate) const ENTRY: &str = "nijigen:entry:";
/// Entries near a photo that are looked at: the nearest.
const MOST: usize = 64;

/// The name of an entry's value.
pub(crate) fn entry(id: &Id) -> String {
    format!("{ENTRY}{id}")
}

/// The name of a band's set.
pub(crate) fn set(key: &Key, (band, bits): Band) -> String {
    // The name of no photo's entry stands for the key: the same length for each, and different.
    let group = Id::new(key, &[0; 32]).to_string();
    format!("nijigen:band:{}:{band}:{bits:x}", &group[..16])
}

/// What names an entry in a set.
pub(crate) fn member(hash: u64, id: &Id) -> Vec<u8> {
    [&hash.to_be_bytes()[..], id.bytes()].concat()
}

fn hash_and_id(member: &[u8]) -> Option<(u64, Id)> {
    let (hash, id) = member.split_first_chunk()?;
    Some((u64::from_be_bytes(*hash), Id::from_bytes(id.try_into().ok()?)))
}

/// The entries that members of sets name within `threshold` bits of `hash`, the nearest first, each once.
pub(crate) fn nearest<'a>(members: impl Iterator<Item = &'a [u8]>, hash: u64, threshold: u32) -> Vec<(u64, Id)> {
    let mut near: BinaryHeap<_> = members
        .filter_map(hash_and_id)
        .map(|(other, id)| Reverse(((other ^ hash).count_ones(), other, id)))
        .filter(|Reverse((distance, ..))| *distance <= threshold)
        .collect();
    let mut nearest = vec![];
    while nearest.len() < MOST
        && let Some(Reverse((_, hash, id))) = near.pop()
    {
        if nearest.last() != Some(&(hash, id)) {
            nearest.push((hash, id));
        }
    }
    nearest
}
