//! The pictures that a worker keeps, as JavaScript sees them. Keys, fingerprints and records are texts that it only passes on.

mod entry;
mod indexed_db;
mod level;
mod levels;
mod news;
mod store;

use std::rc::Rc;

use js_sys::{Array, Object, Promise};
use wasm_bindgen::prelude::*;

use self::{
    entry::{Photograph, Pictures},
    levels::{DatabaseHost, Levels},
};
use super::interop::{caught, parsed};

/// What cannot be read where it cannot.
const SETTINGS: &str = "cache's settings";

/// This worker's cache.
#[wasm_bindgen]
pub struct Cache(Rc<Levels>);

#[wasm_bindgen]
impl Cache {
    /// Without a database it lasts as long as the worker; one that opens late is taken all the same.
    pub async fn open(
        #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: JsValue,
        host: DatabaseHost,
    ) -> Result<Cache, JsValue> {
        let opened = async { Levels::open(parsed(&settings, SETTINGS)?, host).await.map(Cache) };
        caught(opened).await
    }

    /// Takes over settings that changed. A database that is gone is made anew only now that it is needed.
    pub async fn change(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Partial<CacheSettings>")] settings: JsValue,
    ) -> Result<(), JsValue> {
        caught(async { self.0.change(parsed(&settings, SETTINGS)?).await }).await
    }

    /// The best entry for a photo, if there is one: the very file's, or once it was seen, the nearest.
    #[wasm_bindgen(unchecked_return_type = "Answer | undefined")]
    pub async fn find(&self, photo: Photograph) -> Result<JsValue, JsValue> {
        caught(self.0.find(&photo)).await
    }

    /// Whether what is kept outlives this worker; where nothing is, nothing is lost with it.
    #[wasm_bindgen(getter)]
    pub fn lasting(&self) -> bool {
        self.0.lasts() || self.0.is_empty()
    }

    /// Resolves when nothing is being stored.
    pub fn stored(&self) -> Promise {
        self.0.stored()
    }

    /// Stores what was made of a photo; false if it cannot be stored: then it is made again another time. What is stored of
    /// `supersedes` goes once it is.
    #[wasm_bindgen(unchecked_return_type = "Promise<boolean>")]
    pub fn put(&self, photo: Photograph, pictures: Pictures, supersedes: Option<Photograph>) -> Promise {
        self.0.store(photo, pictures, supersedes)
    }

    /// All entries, the newest first.
    #[wasm_bindgen(unchecked_return_type = "(Listed & { thumbnail: Blob })[]")]
    pub async fn entries(&self) -> Result<Array, JsValue> {
        caught(self.0.listed()).await
    }

    /// What an entry holds.
    #[wasm_bindgen(unchecked_return_type = "Pictures | undefined")]
    pub async fn pictures(&self, id: String) -> Result<JsValue, JsValue> {
        caught(self.0.pictures(&id)).await
    }

    /// Removes entries here and in every tab.
    pub async fn remove(&self, ids: Vec<String>) -> Result<(), JsValue> {
        caught(self.0.remove(ids)).await
    }

    /// Those that this worker does not know go, too, and those that are just being stored.
    pub async fn clear(&self) -> Result<(), JsValue> {
        caught(self.0.clear()).await
    }

    /// How much there is, and whether it lasts.
    #[wasm_bindgen(unchecked_return_type = "{ entries: number; bytes: number; lasting: boolean }")]
    pub fn usage(&self) -> Object {
        self.0.usage()
    }
}
