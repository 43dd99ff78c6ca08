//! The cache's policy as JavaScript sees it. The pictures are kept by the worker, in memory and in IndexedDB; records,
//! upkeep and hits cross as JSON.

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;

use super::interop::{options, to_js};
use crate::{
    Error,
    cache::{self, Id, Policy, Settings},
    fingerprint::{Fingerprint, exact},
    manifest::Entry,
};

type Record = cache::Record<Fingerprint>;

/// What a generator of the manifest makes with these options, as JSON.
#[wasm_bindgen]
pub fn cache_key(entry_json: &str, options_json: &str) -> Result<String, JsValue> {
    let entry = Entry::from_json(entry_json).map_err(to_js)?;
    Ok(text(&cache::Key::new(&entry, &options(options_json)?)))
}

/// The policy of one level.
#[wasm_bindgen]
pub struct Cache(Policy<Fingerprint>);

/// What the panel shows of an entry.
#[derive(Serialize)]
struct Listed<'a> {
    id: String,
    model: &'a str,
    created: u64,
    used: u64,
    hits: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Hit {
    id: String,
    distance: Option<u32>,
    created: u64,
}

/// `touch` holds records, whole.
#[derive(Serialize)]
struct Upkeep {
    remove: Vec<String>,
    touch: Vec<Stored>,
}

/// A record as a store keeps it.
#[derive(Serialize)]
struct Stored {
    id: String,
    record: String,
}

#[wasm_bindgen]
impl Cache {
    /// `in_memory` limits the settings to what may be held in memory.
    #[wasm_bindgen(constructor)]
    pub fn new(settings_json: &str, in_memory: bool) -> Result<Cache, JsValue> {
        let settings: Settings = parsed(settings_json, "settings")?;
        Ok(Cache(Policy::new(if in_memory { settings.in_memory() } else { settings })))
    }

    /// Starts from what a store holds; gives the upkeep. Records that cannot be read are not taken in:
    /// [`Cache::holds`] tells which.
    pub fn load(&mut self, records: Vec<String>, now: f64) -> String {
        let upkeep = self.0.load(records.iter().filter_map(|record| serde_json::from_str(record).ok()), now as u64);
        self.upkeep(upkeep)
    }

    /// Whether there is an entry of this name.
    pub fn holds(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: Id| self.0.get(&id).is_some())
    }

    /// The entry made of the very file, as a hit, or nothing.
    pub fn exact(&self, key: &str, sha256: &[u8], now: f64) -> Result<Option<String>, JsValue> {
        let hit = self.0.exact(&parsed(key, "key")?, &digest(sha256)?, now as u64);
        Ok(hit.map(|hit| show(&hit)))
    }

    /// The entry made of the same picture in another file, as a hit, or nothing.
    pub fn near(&self, key: &str, fingerprint: &str, now: f64) -> Result<Option<String>, JsValue> {
        let fingerprint: Fingerprint = parsed(fingerprint, "fingerprint")?;
        Ok(self.0.near(&parsed(key, "key")?, &fingerprint, now as u64).map(|hit| show(&hit)))
    }

    /// Notes that an entry answered; gives its new record.
    pub fn used(&mut self, id: &str, now: f64) -> Option<String> {
        let id: Id = id.parse().ok()?;
        self.0.used(&id, now as u64)?;
        self.0.get(&id).map(text)
    }

    /// The upkeep that makes room for an entry, or nothing when it is larger than all that may be kept.
    pub fn room(&mut self, id: &str, bytes: f64, now: f64) -> Option<String> {
        let upkeep = self.0.room(&id.parse().ok()?, bytes as u64, now as u64)?;
        Some(self.upkeep(upkeep))
    }

    /// The entries to remove after the store refused `bytes` for want of room, as a list of names.
    pub fn relieve(&mut self, bytes: f64) -> Vec<String> {
        self.0.relieve(bytes as u64).iter().map(Id::to_string).collect()
    }

    /// Takes a stored entry in.
    pub fn insert(&mut self, record: &str) -> Result<(), JsValue> {
        self.0.insert(parsed(record, "record")?);
        Ok(())
    }

    /// Strikes an entry out.
    pub fn forget(&mut self, id: &str) {
        if let Ok(id) = id.parse() {
            self.0.forget(&id);
        }
    }

    /// Strikes out what is too old or too much; gives the upkeep.
    pub fn sweep(&mut self, now: f64) -> String {
        let upkeep = self.0.sweep(now as u64);
        self.upkeep(upkeep)
    }

    /// Changes the settings; gives the upkeep.
    pub fn set_settings(&mut self, settings_json: &str, in_memory: bool, now: f64) -> Result<String, JsValue> {
        let settings: Settings = parsed(settings_json, "settings")?;
        let settings = if in_memory { settings.in_memory() } else { settings };
        let upkeep = self.0.set_settings(settings, now as u64);
        Ok(self.upkeep(upkeep))
    }

    /// Sets a limit in bytes beside the settings' own; gives the upkeep.
    pub fn set_cap(&mut self, bytes: f64, now: f64) -> String {
        let upkeep = self.0.set_cap(bytes as u64, now as u64);
        self.upkeep(upkeep)
    }

    /// All entries, without pictures.
    pub fn entries(&self) -> String {
        let listed = |record: &Record| {
            let cache::Life { created, used, hits } = record.life;
            serde_json::json!(Listed {
                id: record.id().to_string(),
                model: record.key.model(),
                created,
                used,
                hits,
                bytes: record.bytes
            })
        };
        text(&self.0.records().map(listed).collect::<Vec<_>>())
    }

    fn upkeep(&self, upkeep: cache::Upkeep) -> String {
        let touch = upkeep.touch.iter().filter_map(|(id, _)| {
            let record = self.0.get(id)?;
            Some(Stored { id: id.to_string(), record: text(record) })
        });
        text(&Upkeep { remove: upkeep.remove.iter().map(Id::to_string).collect(), touch: touch.collect() })
    }
}

/// A new entry's name and record, as `{ id, record }`.
#[wasm_bindgen]
pub fn cache_record(key: &str, sha256: &[u8], fingerprint: &str, bytes: f64, now: f64) -> Result<String, JsValue> {
    let now = now as u64;
    let record = Record {
        key: parsed(key, "key")?,
        sha256: digest(sha256)?,
        fingerprint: parsed(fingerprint, "fingerprint")?,
        bytes: bytes as u64,
        life: cache::Life { created: now, used: now, hits: 0 },
    };
    Ok(text(&Stored { id: record.id().to_string(), record: text(&record) }))
}

/// SHA-256 of bytes. The browser's own is missing on insecure origins.
#[wasm_bindgen]
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    exact::sha256(bytes).to_vec()
}

fn show(hit: &cache::Hit) -> String {
    text(&Hit { id: hit.id.to_string(), distance: hit.distance, created: hit.created.0 })
}

fn digest(sha256: &[u8]) -> Result<[u8; 32], JsValue> {
    sha256.try_into().map_err(|_| to_js(Error::Internal("a SHA-256 has 32 bytes".into())))
}

/// What we wrote ourselves can be written.
pub(super) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn parsed<T: DeserializeOwned>(json: &str, what: &str) -> Result<T, JsValue> {
    serde_json::from_str(json).map_err(|e| to_js(Error::Internal(format!("the cache's {what} cannot be read ({e})"))))
}
