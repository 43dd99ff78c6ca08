//! What crosses to JavaScript and back, beside pictures and the options themselves: plain objects. TypeScript's types of
//! them are made by `types.rs`.

use serde::{Deserialize, Serialize};

use crate::{
    cache::{Life, Record},
    fingerprint::Fingerprint,
    lookup::Caching,
};

/// The browser's database of kept pictures.
pub const DATABASE: &str = "nijigen";

/// `use` looks up and stores, `refresh` only stores: the picture is made anew; `off` does neither.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CacheMode {
    Use,
    Refresh,
    Off,
}

impl From<CacheMode> for Caching {
    fn from(mode: CacheMode) -> Caching {
        match mode {
            CacheMode::Use => Caching::ON,
            CacheMode::Refresh => Caching::REFRESH,
            CacheMode::Off => Caching::OFF,
        }
    }
}

/// An entry as the list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Listed {
    pub id: String,
    /// The model's `id`.
    pub model: String,
    pub created: u64,
    pub used: u64,
    /// How many photos it has answered.
    pub hits: u64,
    pub bytes: u64,
}

impl From<&Record<Fingerprint>> for Listed {
    fn from(record: &Record<Fingerprint>) -> Listed {
        let Life { created, used, hits } = record.life;
        let model = record.key.model().to_owned();
        Listed { id: record.id().to_string(), model, created, used, hits, bytes: record.bytes }
    }
}
