//! What pictures are kept under, as JavaScript sees it: texts that it only passes on.

use wasm_bindgen::prelude::*;

use super::interop::{entry, options, parsed_text, text, to_js};
use crate::{Error, cache, checksum, fingerprint::Fingerprint, manifest::Entry};

pub(super) type Record = cache::Record<Fingerprint>;

/// What a generator of the manifest makes with these options.
#[wasm_bindgen]
pub fn cache_key(
    #[wasm_bindgen(js_name = entry, unchecked_param_type = "object")] generator: &JsValue,
    #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
) -> Result<String, JsValue> {
    key(&entry(generator)?, chosen)
}

pub(super) fn key(generator: &Entry, chosen: &JsValue) -> Result<String, JsValue> {
    Ok(text(&cache::Key::new(generator, &options(chosen)?)))
}

/// The name of the entry of what `key` makes of the file with this SHA-256.
#[wasm_bindgen]
pub fn cache_id(key: &str, sha256: &[u8]) -> Result<String, JsValue> {
    Ok(cache::Id::new(&parsed_text(key, "key")?, &digest(sha256)?).to_string())
}

/// SHA-256 of bytes. The browser's own is missing on insecure origins.
#[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    checksum::sha256(bytes).to_vec()
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

pub(super) fn digest(sha256: &[u8]) -> Result<[u8; 32], JsValue> {
    sha256.try_into().map_err(|_| to_js(Error::Internal("a SHA-256 has 32 bytes".into())))
}
