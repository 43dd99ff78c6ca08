//! What a program's own store holds, in Node: the very names and bytes that the command line has on its servers.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::{
    interop::{parsed, parsed_text, to_js},
    keys::{Record, digest, record},
};
use crate::{
    Error,
    cache::{Hit, Id, Key, Payload, Policy, Settings, bands, frame, wire},
    fingerprint::{Fingerprint, Likeness},
};

/// An entry on its way into such a store.
#[wasm_bindgen(getter_with_clone)]
pub struct SharedEntry {
    /// The value's name.
    #[wasm_bindgen(readonly)]
    pub name: String,
    /// The entry.
    #[wasm_bindgen(readonly)]
    pub value: Vec<u8>,
    /// The names of the sets that `member` joins.
    #[wasm_bindgen(readonly)]
    pub sets: Vec<String>,
    /// Stands for the entry in them.
    #[wasm_bindgen(readonly)]
    pub member: Vec<u8>,
    /// How long it is to be kept, in milliseconds.
    #[wasm_bindgen(readonly)]
    pub lifetime: f64,
}

#[wasm_bindgen]
impl SharedEntry {
    /// Of a result's file; nothing where it is larger than the settings allow.
    pub fn of(
        #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: &JsValue,
        key: &str,
        sha256: &[u8],
        fingerprint: &str,
        result: Vec<u8>,
        now: f64,
    ) -> Result<Option<SharedEntry>, JsValue> {
        let settings: Settings = parsed(settings, "cache's settings")?;
        let record = record(key, sha256, fingerprint, result.len() as u64, now as u64)?;
        if record.bytes > settings.max_bytes {
            return Ok(None);
        }
        let pictures = Payload { result, ..Payload::default() };
        let value = frame::encode(&record, &pictures).map_err(|why| to_js(Error::Internal(why.to_string())))?;
        let (id, hash) = (record.id(), record.fingerprint.phash());
        let sets = bands::of(hash).filter(|_| record.fingerprint.tells()).map(|band| wire::set(&record.key, band));
        Ok(Some(SharedEntry {
            name: wire::entry(&id),
            value,
            sets: sets.collect(),
            member: wire::member(hash, &id),
            lifetime: settings.max_age as f64,
        }))
    }
}

/// An entry that answers a photo.
#[wasm_bindgen(getter_with_clone)]
pub struct SharedAnswer {
    /// The result's file.
    #[wasm_bindgen(readonly)]
    pub result: Vec<u8>,
    /// In pixels.
    #[wasm_bindgen(readonly)]
    pub width: u32,
    /// In pixels.
    #[wasm_bindgen(readonly)]
    pub height: u32,
    /// In bits of the hash; nothing for the very file.
    #[wasm_bindgen(readonly)]
    pub distance: Option<u32>,
    /// Milliseconds since 1970.
    #[wasm_bindgen(readonly)]
    pub created: f64,
}

#[wasm_bindgen]
impl SharedAnswer {
    /// What a store's value says to the very file; nothing where it is damaged, too old, or of another.
    pub fn exact(
        #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: &JsValue,
        value: &[u8],
        key: &str,
        sha256: &[u8],
        now: f64,
    ) -> Result<Option<SharedAnswer>, JsValue> {
        let (key, sha256): (Key, _) = (parsed_text(key, "key")?, digest(sha256)?);
        answer(settings, value, now as u64, |policy| policy.exact(&key, &sha256, now as u64))
    }

    /// What it says to the same picture in another file.
    pub fn near(
        #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: &JsValue,
        value: &[u8],
        key: &str,
        fingerprint: &str,
        now: f64,
    ) -> Result<Option<SharedAnswer>, JsValue> {
        let key: Key = parsed_text(key, "key")?;
        let fingerprint: Fingerprint = parsed_text(fingerprint, "fingerprint")?;
        answer(settings, value, now as u64, |policy| policy.near(&key, &fingerprint, now as u64))
    }
}

fn answer(
    settings: &JsValue,
    value: &[u8],
    now: u64,
    find: impl FnOnce(&Policy<Fingerprint>) -> Option<Hit>,
) -> Result<Option<SharedAnswer>, JsValue> {
    let settings = parsed(settings, "cache's settings")?;
    let Some((record, Payload { result, .. })) = frame::decode::<Fingerprint>(value) else { return Ok(None) };
    let Ok(size) = imagesize::blob_size(&result) else { return Ok(None) };
    let policy = Policy::knowing(settings, [record as Record], now);
    Ok(find(&policy).map(|Hit { distance, created, .. }| SharedAnswer {
        result,
        width: size.width as u32,
        height: size.height as u32,
        distance,
        created: created.0 as f64,
    }))
}

/// The name of what was made of the file with this SHA-256.
#[wasm_bindgen]
pub fn shared_name(key: &str, sha256: &[u8]) -> Result<String, JsValue> {
    Ok(wire::entry(&Id::new(&parsed_text(key, "key")?, &digest(sha256)?)))
}

/// The names of the sets in which whatever may look like the photo is found.
#[wasm_bindgen]
pub fn shared_sets(
    #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: &JsValue,
    key: &str,
    fingerprint: &str,
) -> Result<Vec<String>, JsValue> {
    let key: Key = parsed_text(key, "key")?;
    let fingerprint: Fingerprint = parsed_text(fingerprint, "fingerprint")?;
    let threshold = threshold(settings)?;
    let near = bands::near(fingerprint.phash(), threshold).filter(|_| fingerprint.tells());
    Ok(near.map(|band| wire::set(&key, band)).collect())
}

/// The names of what members of sets stand for, the nearest first; those that are none of ours stand for nothing.
#[wasm_bindgen]
pub fn shared_nearest(
    #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: &JsValue,
    fingerprint: &str,
    members: Vec<Uint8Array>,
) -> Result<Vec<String>, JsValue> {
    let fingerprint: Fingerprint = parsed_text(fingerprint, "fingerprint")?;
    let members: Vec<Vec<u8>> = members.iter().map(Uint8Array::to_vec).collect();
    let near = wire::nearest(members.iter().map(Vec::as_slice), fingerprint.phash(), threshold(settings)?);
    Ok(near.iter().map(|(_, id)| wire::entry(id)).collect())
}

fn threshold(settings: &JsValue) -> Result<u32, JsValue> {
    let Settings { threshold, .. } = parsed(settings, "cache's settings")?;
    Ok(threshold.min(Settings::MAX_THRESHOLD))
}
