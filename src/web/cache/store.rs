//! What holds a level's pictures: this worker's memory, or the browser's database.

use std::{cell::RefCell, collections::HashMap, future::ready};

use futures_util::future::{FutureExt, LocalBoxFuture};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use super::{
    super::{interop::text, keys::Record},
    indexed_db::IndexedDb,
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

impl From<&Record> for Stored {
    fn from(record: &Record) -> Stored {
        Stored { id: record.id().to_string(), record: text(record) }
    }
}

/// What a store answers, once it is done. Boxed: each of them inlined into all that wait for it would be a download.
pub type Answer<'a, T> = LocalBoxFuture<'a, Result<T, Fault>>;

/// Holds entries by name. Other tabs may use the same database at the same time.
pub enum Store {
    /// Gone with the worker.
    Memory(RefCell<HashMap<String, Pictures>>),
    /// Outlives the page, shared by all tabs.
    Database(IndexedDb),
}

impl Store {
    pub fn load(&self) -> Answer<'_, Vec<Stored>> {
        match self {
            Store::Memory(_) => ready(Ok(vec![])).boxed_local(),
            Store::Database(database) => database.load().boxed_local(),
        }
    }

    pub fn read<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Pictures>> {
        match self {
            Store::Memory(pictures) => ready(Ok(pictures.borrow().get(id).cloned())).boxed_local(),
            Store::Database(database) => database.read(id).boxed_local(),
        }
    }

    /// All of it or nothing is stored.
    pub fn write(&self, entry: &Stored, pictures: &Pictures) -> Answer<'_, ()> {
        match self {
            Store::Memory(all) => {
                all.borrow_mut().insert(entry.id.clone(), pictures.clone());
                ready(Ok(())).boxed_local()
            }
            Store::Database(database) => database.write(entry, pictures),
        }
    }

    /// Replaces the record of an entry that is there.
    pub fn touch(&self, entry: &Stored) -> Answer<'_, ()> {
        match self {
            Store::Memory(_) => ready(Ok(())).boxed_local(),
            Store::Database(database) => database.touch(entry),
        }
    }

    pub fn remove(&self, ids: &[String]) -> Answer<'_, ()> {
        match self {
            Store::Memory(pictures) => {
                let mut pictures = pictures.borrow_mut();
                ids.iter().for_each(|id| drop(pictures.remove(id)));
                ready(Ok(())).boxed_local()
            }
            Store::Database(database) => database.remove(ids),
        }
    }

    /// Removes all, whoever stored it.
    pub fn clear(&self) -> Answer<'_, ()> {
        match self {
            Store::Memory(pictures) => {
                pictures.borrow_mut().clear();
                ready(Ok(())).boxed_local()
            }
            Store::Database(database) => database.clear(),
        }
    }
}
