//! What a person may choose about the cache.

use serde::Deserialize;

/// How much is kept, for how long, and how alike two photos must be. Turning the cache off is the
/// caller's: it then asks nothing and puts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CacheSettings"))]
pub struct Settings {
    /// How long an entry is kept, in milliseconds; default 7 days.
    pub max_age: u64,
    /// What the age is counted from; default `creation`.
    pub since: Since,
    /// Bytes of all entries; default 256 MiB, and in a browser never more than a fifth of what it grants.
    pub max_bytes: u64,
    /// How many entries; default 10,000.
    pub max_entries: usize,
    /// Largest distance of a near hit, in bits of 64, 0–16; default 5.
    pub threshold: u32,
    /// Whether the photo's file is kept beside its result; default false. Turning it off removes none that are kept.
    pub keep_originals: bool,
}

impl Settings {
    /// The largest threshold: beyond it, chance makes strangers alike.
    pub const MAX_THRESHOLD: u32 = 16;

    /// The same, within what may be held in memory: 1,000 entries and 32 MiB.
    pub fn in_memory(self) -> Settings {
        Settings { max_bytes: self.max_bytes.min(32 << 20), max_entries: self.max_entries.min(1000), ..self }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_age: 7 * 24 * 60 * 60 * 1000,
            since: Since::Creation,
            max_bytes: 256 << 20,
            max_entries: 10_000,
            threshold: 5,
            keep_originals: false,
        }
    }
}

/// What an entry's age is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Since {
    /// When it was stored.
    Creation,
    /// When it last answered a photo.
    Use,
}
