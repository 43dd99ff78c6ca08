//! What a store holds, and how it answers.

use futures_util::future::LocalBoxFuture;
use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use super::super::{
    interop::{object_of, text},
    keys::Record,
};
use crate::cache::Fault;

#[wasm_bindgen]
extern "C" {
    /// What an entry holds besides its record: the result and its size in pixels, a small copy of the photo, and the
    /// photo's own file where that is asked for.
    #[wasm_bindgen(typescript_type = "Pictures")]
    #[derive(Clone)]
    pub type Pictures;

    #[wasm_bindgen(method, getter)]
    pub fn result(this: &Pictures) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub fn thumbnail(this: &Pictures) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub fn original(this: &Pictures) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub fn width(this: &Pictures) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub fn height(this: &Pictures) -> JsValue;
}

#[wasm_bindgen]
extern "C" {
    /// What a photo is looked up by: its key, SHA-256 and, once it was seen, its fingerprint.
    #[wasm_bindgen(typescript_type = "Photograph")]
    pub type Photograph;
    #[wasm_bindgen(method, getter)]
    pub fn key(this: &Photograph) -> String;
    #[wasm_bindgen(method, getter)]
    pub fn sha256(this: &Photograph) -> Vec<u8>;
    #[wasm_bindgen(method, getter)]
    pub fn print(this: &Photograph) -> Option<String>;
}

impl Pictures {
    /// Of all files.
    pub fn bytes(&self) -> u64 {
        let files = [self.result(), self.thumbnail(), self.original()];
        files.iter().filter_map(|file| file.dyn_ref::<Blob>()).map(|file| file.size() as u64).sum()
    }
}

/// An entry without its pictures; the record is JSON.
pub struct Stored {
    pub id: String,
    pub record: String,
}

impl Stored {
    pub fn object(&self) -> Object {
        object_of(&[("id", (&self.id).into()), ("record", (&self.record).into())])
    }
}

impl From<&Record> for Stored {
    fn from(record: &Record) -> Stored {
        Stored { id: record.id().to_string(), record: text(record) }
    }
}

/// What a store answers, once it is done. Boxed: each of them inlined into all that wait for it would be a download.
pub type Answer<'a, T> = LocalBoxFuture<'a, Result<T, Fault>>;
