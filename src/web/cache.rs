//! The cache's policy as JavaScript sees it. The pictures are kept by the worker, in memory and in IndexedDB. Keys,
//! fingerprints and records are texts that it only passes on.

use wasm_bindgen::prelude::*;

use super::interop::{entry, object, options, parsed, parsed_text, text, to_js};
use crate::{
    Error,
    cache::{self, Id, Policy, Settings},
    checksum,
    fingerprint::Fingerprint,
    objects::{self, Hit, Listed, Stored, Upkeep, WriteOutcome},
};

pub(super) type Record = cache::Record<Fingerprint>;

/// What a generator of the manifest makes with these options.
#[wasm_bindgen]
pub fn cache_key(
    #[wasm_bindgen(js_name = entry, unchecked_param_type = "object")] generator: &JsValue,
    #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
) -> Result<String, JsValue> {
    key(&entry(generator)?, chosen)
}

pub(super) fn key(generator: &crate::manifest::Entry, chosen: &JsValue) -> Result<String, JsValue> {
    Ok(text(&cache::Key::new(generator, &options(chosen)?)))
}

/// The place of the best of several levels' hits.
#[wasm_bindgen]
pub fn best_hit(
    #[wasm_bindgen(unchecked_param_type = "readonly Hit[]")] hits: &JsValue,
) -> Result<Option<usize>, JsValue> {
    Ok(objects::best_hit(&parsed::<Vec<Hit>>(hits, "hits")?))
}

/// An entry on its way into a store; see `Cache.put`.
#[wasm_bindgen]
pub struct Put(cache::Put<Fingerprint>);

#[wasm_bindgen]
impl Put {
    /// Of an entry's record.
    #[wasm_bindgen(constructor)]
    pub fn new(record: &str) -> Result<Put, JsValue> {
        Ok(Put(cache::Put::new(parsed_text(record, "record")?)))
    }
}

/// The policy of one level.
#[wasm_bindgen]
pub struct Cache(Policy<Fingerprint>);

#[wasm_bindgen]
impl Cache {
    /// `in_memory` limits the settings to what may be held in memory.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: &JsValue,
        #[wasm_bindgen(js_name = inMemory)] in_memory: bool,
    ) -> Result<Cache, JsValue> {
        Ok(Cache(Policy::new(limited(settings, in_memory)?)))
    }

    /// Starts from what a store holds. Records that cannot be read are not taken in: `holds` tells which.
    #[wasm_bindgen(unchecked_return_type = "Upkeep")]
    pub fn load(&mut self, records: Vec<String>, now: f64) -> JsValue {
        let upkeep = self.0.load(records.iter().filter_map(|record| serde_json::from_str(record).ok()), now as u64);
        self.upkeep(&upkeep)
    }

    /// Whether there is an entry of this name.
    pub fn holds(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: Id| self.0.get(&id).is_some())
    }

    /// The entry made of the very file.
    #[wasm_bindgen(unchecked_return_type = "Hit | undefined")]
    pub fn exact(&self, key: &str, sha256: &[u8], now: f64) -> Result<JsValue, JsValue> {
        Ok(hit(self.0.exact(&parsed_text(key, "key")?, &digest(sha256)?, now as u64)))
    }

    /// The entry made of the same picture in another file.
    #[wasm_bindgen(unchecked_return_type = "Hit | undefined")]
    pub fn near(&self, key: &str, fingerprint: &str, now: f64) -> Result<JsValue, JsValue> {
        let fingerprint: Fingerprint = parsed_text(fingerprint, "fingerprint")?;
        Ok(hit(self.0.near(&parsed_text(key, "key")?, &fingerprint, now as u64)))
    }

    /// The store was asked for the pictures of an entry that is to answer. Gives its new record; nothing where they were
    /// not there: the entry is struck out.
    pub fn answered(&mut self, id: &str, there: bool, now: f64) -> Option<String> {
        let id: Id = id.parse().ok()?;
        self.0.answered(&id, there, now as u64)?;
        self.0.get(&id).map(text)
    }

    /// The next step of storing an entry.
    #[wasm_bindgen(unchecked_return_type = "Action")]
    pub fn put(
        &mut self,
        entry: &mut Put,
        #[wasm_bindgen(unchecked_param_type = "WriteOutcome")] outcome: &JsValue,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let outcome: WriteOutcome = parsed(outcome, "store's answer")?;
        let action = self.0.put(&mut entry.0, outcome.into(), now as u64);
        Ok(object(&objects::Action::new(&action, &self.0)))
    }

    /// Takes in an entry that somebody else has stored.
    pub fn insert(&mut self, record: &str) -> Result<(), JsValue> {
        self.0.insert(parsed_text(record, "record")?);
        Ok(())
    }

    /// Strikes an entry out.
    pub fn forget(&mut self, id: &str) {
        if let Ok(id) = id.parse() {
            self.0.forget(&id);
        }
    }

    /// Strikes out what is too old or too much.
    #[wasm_bindgen(unchecked_return_type = "Upkeep")]
    pub fn sweep(&mut self, now: f64) -> JsValue {
        let upkeep = self.0.sweep(now as u64);
        self.upkeep(&upkeep)
    }

    /// Changes the settings.
    #[wasm_bindgen(unchecked_return_type = "Upkeep")]
    pub fn set_settings(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: &JsValue,
        #[wasm_bindgen(js_name = inMemory)] in_memory: bool,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let upkeep = self.0.set_settings(limited(settings, in_memory)?, now as u64);
        Ok(self.upkeep(&upkeep))
    }

    /// Sets a limit in bytes beside the settings' own.
    #[wasm_bindgen(unchecked_return_type = "Upkeep")]
    pub fn set_cap(&mut self, bytes: f64, now: f64) -> JsValue {
        let upkeep = self.0.set_cap(bytes as u64, now as u64);
        self.upkeep(&upkeep)
    }

    /// All entries, without pictures.
    #[wasm_bindgen(unchecked_return_type = "Listed[]")]
    pub fn entries(&self) -> JsValue {
        object(&self.0.records().map(Listed::from).collect::<Vec<_>>())
    }

    fn upkeep(&self, upkeep: &cache::Upkeep) -> JsValue {
        object(&Upkeep::new(upkeep, &self.0))
    }
}

/// A new entry.
#[wasm_bindgen(unchecked_return_type = "Stored")]
pub fn cache_record(key: &str, sha256: &[u8], fingerprint: &str, bytes: f64, now: f64) -> Result<JsValue, JsValue> {
    Ok(object(&Stored::from(&record(key, sha256, fingerprint, bytes as u64, now as u64)?)))
}

pub(super) fn record(key: &str, sha256: &[u8], fingerprint: &str, bytes: u64, now: u64) -> Result<Record, JsValue> {
    Ok(Record {
        key: parsed_text(key, "key")?,
        sha256: digest(sha256)?,
        fingerprint: parsed_text(fingerprint, "fingerprint")?,
        bytes,
        life: cache::Life { created: now, used: now, hits: 0 },
    })
}

/// SHA-256 of bytes. The browser's own is missing on insecure origins.
#[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    checksum::sha256(bytes).to_vec()
}

fn hit(hit: Option<cache::Hit>) -> JsValue {
    hit.map_or(JsValue::UNDEFINED, |hit| object(&Hit::from(&hit)))
}

fn limited(settings: &JsValue, in_memory: bool) -> Result<Settings, JsValue> {
    let settings: Settings = parsed(settings, "cache's settings")?;
    Ok(if in_memory { settings.in_memory() } else { settings })
}

pub(super) fn digest(sha256: &[u8]) -> Result<[u8; 32], JsValue> {
    sha256.try_into().map_err(|_| to_js(Error::Internal("a SHA-256 has 32 bytes".into())))
}
