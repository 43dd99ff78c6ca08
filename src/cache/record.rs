//! An entry: its pictures, and what is known of it without them.

use serde::{Deserialize, Serialize};

use super::{Id, Key};

/// An entry's pictures, each as a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    /// The anime.
    pub result: Vec<u8>,
    /// The photo, small, for the list of entries.
    pub thumbnail: Vec<u8>,
    /// The photo itself, where [`super::Settings::keep_originals`] asks for it.
    pub original: Option<Vec<u8>>,
}

impl Payload {
    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        (self.result.len() + self.thumbnail.len() + self.original.as_ref().map_or(0, Vec::len)) as u64
    }
}

/// An entry without its pictures; `F` is the photo's fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record<F> {
    /// What the entry belongs to.
    pub key: Key,
    /// SHA-256 of the photo's file.
    pub sha256: [u8; 32],
    /// What near hits are judged by.
    pub fingerprint: F,
    /// Size of the pictures in bytes.
    pub bytes: u64,
    /// What changes while the entry is kept.
    pub life: Life,
}

/// The part of a [`Record`] that changes while the entry is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// When it was stored, in milliseconds.
    pub created: u64,
    /// When it last answered a photo, or was stored, in milliseconds.
    pub used: u64,
    /// How many photos it has answered.
    pub hits: u64,
}

impl<F> Record<F> {
    /// A new entry's record.
    pub fn new(key: Key, sha256: [u8; 32], fingerprint: F, pictures: &Payload, now: u64) -> Record<F> {
        let life = Life { created: now, used: now, hits: 0 };
        Record { key, sha256, fingerprint, bytes: pictures.bytes(), life }
    }

    /// The name it is stored under.
    pub fn id(&self) -> Id {
        Id::new(&self.key, &self.sha256)
    }
}
