//! The file of one entry on disk, as bytes.
//!
//! ```text
//!  0  8  magic
//!  8 24  life: created, used, hits; little-endian u64
//! 32  8  first bytes of the life's SHA-256
//! 40 32  SHA-256 of what follows, without the pictures
//! 72  4  length of the head, little-endian u32
//! 76     head, JSON: record, lengths and SHA-256 of the pictures
//!        result, thumbnail, original
//! ```
//! The life is overwritten in place; a broken one is replaced by the record's. Everything else is
//! written once and counts only if all of it is as it was written.

use std::io::Read;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Life, Payload, Record};

/// Where the life begins.
#[cfg(feature = "cli")]
pub(super) const LIFE_AT: u64 = 8;
const MAGIC: &[u8; 8] = b"NIJIGEN1";
const FIXED: usize = 76;
/// No head is as long: a length beyond it is damage, and not to be allocated.
const MAX_HEAD: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Head<R> {
    record: R,
    result: usize,
    thumbnail: usize,
    original: Option<usize>,
    sha256: [u8; 32],
}

impl<R> Head<R> {
    /// Where the file ends whose pictures begin at `body`.
    fn end(&self, body: usize) -> Option<usize> {
        body.checked_add(self.result)?.checked_add(self.thumbnail)?.checked_add(self.original.unwrap_or(0))
    }
}

/// The file's bytes.
pub(crate) fn encode<F: Serialize>(record: &Record<F>, pictures: &Payload) -> serde_json::Result<Vec<u8>> {
    let parts = [&pictures.result[..], &pictures.thumbnail, pictures.original.as_deref().unwrap_or_default()];
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    let head = serde_json::to_vec(&Head {
        record,
        result: pictures.result.len(),
        thumbnail: pictures.thumbnail.len(),
        original: pictures.original.as_ref().map(Vec::len),
        sha256: hash.finalize().into(),
    })?;
    let length = (head.len() as u32).to_le_bytes();
    let check = checksum(&length, &head);
    Ok([&MAGIC[..], &life_bytes(&record.life), &check, &length, &head, parts[0], parts[1], parts[2]].concat())
}

/// The 32 bytes at [`LIFE_AT`].
pub(super) fn life_bytes(life: &Life) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (place, value) in bytes.chunks_exact_mut(8).zip([life.created, life.used, life.hits]) {
        place.copy_from_slice(&value.to_le_bytes());
    }
    let check = Sha256::digest(&bytes[..24]);
    bytes[24..].copy_from_slice(&check[..8]);
    bytes
}

/// The record at the start of a file of `length` bytes; `None` when it is damaged, or the pictures
/// are not all there.
#[cfg(feature = "cli")]
pub(super) fn read_record<F: DeserializeOwned>(mut file: impl Read, length: u64) -> Option<Record<F>> {
    let (head, body) = read_head::<F>(&mut file)?;
    (length == head.end(body)? as u64).then_some(head.record)
}

/// All of a file; `None` when any of it is damaged.
pub(crate) fn decode<F: DeserializeOwned>(file: &[u8]) -> Option<(Record<F>, Payload)> {
    let (head, body) = read_head::<F>(file)?;
    let pictures = file.get(body..)?;
    if file.len() != head.end(body)? || Sha256::digest(pictures)[..] != head.sha256 {
        return None;
    }
    let (result, rest) = pictures.split_at_checked(head.result)?;
    let (thumbnail, original) = rest.split_at_checked(head.thumbnail)?;
    let original = head.original.map(|_| original.to_vec());
    Some((head.record, Payload { result: result.to_vec(), thumbnail: thumbnail.to_vec(), original }))
}

/// The head, and where the pictures begin.
fn read_head<F: DeserializeOwned>(mut file: impl Read) -> Option<(Head<Record<F>>, usize)> {
    let mut fixed = [0; FIXED];
    file.read_exact(&mut fixed).ok()?;
    let (magic, life) = (&fixed[..8], &fixed[8..40]);
    let (check, length) = (&fixed[40..72], &fixed[72..]);
    let head_length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    if magic != MAGIC || head_length > MAX_HEAD {
        return None;
    }
    let mut head = vec![0; head_length];
    file.read_exact(&mut head).ok()?;
    if checksum(length, &head) != check {
        return None;
    }
    let mut head: Head<Record<F>> = serde_json::from_slice(&head).ok()?;
    if let Some(life) = read_life(life) {
        head.record.life = life;
    }
    Some((head, FIXED + head_length))
}

fn read_life(bytes: &[u8]) -> Option<Life> {
    let number = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let life = Life { created: number(0)?, used: number(8)?, hits: number(16)? };
    (life_bytes(&life) == bytes).then_some(life)
}

fn checksum(length: &[u8], head: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(length).chain_update(head).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::samples::*;

    fn sample() -> (Record<Look>, Payload, Vec<u8>) {
        let pictures = Payload { original: Some(vec![9; 5]), ..pictures(7, 40) };
        let record = record(1, pictures.bytes(), NOW);
        let bytes = encode(&record, &pictures).unwrap();
        (record, pictures, bytes)
    }

    #[test]
    fn what_is_written_is_read() {
        let (record, pictures, bytes) = sample();
        assert_eq!(read_record(&bytes[..], bytes.len() as u64), Some(record.clone()));
        assert_eq!(decode(&bytes), Some((record, pictures)));
    }

    #[test]
    fn every_damage_is_told_and_a_broken_life_begins_anew() {
        let (record, pictures, bytes) = sample();
        let longer = [&bytes[..], &[0]].concat();
        for cut in (0..bytes.len()).map(|end| &bytes[..end]).chain([&longer[..]]) {
            assert_eq!(decode::<Look>(cut), None);
            assert_eq!(read_record::<Look>(cut, cut.len() as u64), None);
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            let expected = (8..40).contains(&at).then(|| (record.clone(), pictures.clone()));
            assert_eq!(decode(&damaged), expected, "byte {at}");
        }
    }
}
