//! What holds a level's pictures: this worker's memory, or the browser's database.

use std::{cell::RefCell, collections::HashMap};

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use super::indexed_db::IndexedDb;
use crate::{
    cache::{Fault, Record},
    fingerprint::Fingerprint,
};

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
#[derive(Serialize, Deserialize)]
pub struct Stored {
    pub id: String,
    pub record: String,
}

impl From<&Record<Fingerprint>> for Stored {
    fn from(record: &Record<Fingerprint>) -> Stored {
        Stored { id: record.id().to_string(), record: super::text(record) }
    }
}

/// Holds entries by name. Other tabs may use the same database at the same time. What returns is done.
pub enum Store {
    /// Gone with the worker.
    Memory(RefCell<HashMap<String, Pictures>>),
    /// Outlives the page, shared by all tabs.
    Database(IndexedDb),
}

impl Store {
    pub async fn load(&self) -> Result<Vec<Stored>, Fault> {
        match self {
            Store::Memory(_) => Ok(vec![]),
            Store::Database(database) => database.load().await,
        }
    }

    pub async fn read(&self, id: &str) -> Result<Option<Pictures>, Fault> {
        match self {
            Store::Memory(pictures) => Ok(pictures.borrow().get(id).cloned()),
            Store::Database(database) => database.read(id).await,
        }
    }

    /// All of it or nothing is stored.
    pub async fn write(&self, entry: &Stored, pictures: &Pictures) -> Result<(), Fault> {
        match self {
            Store::Memory(all) => {
                all.borrow_mut().insert(entry.id.clone(), pictures.clone());
                Ok(())
            }
            Store::Database(database) => database.write(entry, pictures).await,
        }
    }

    /// Replaces the record of an entry that is there.
    pub async fn touch(&self, entry: &Stored) -> Result<(), Fault> {
        match self {
            Store::Memory(_) => Ok(()),
            Store::Database(database) => database.touch(entry).await,
        }
    }

    pub async fn remove(&self, ids: &[String]) -> Result<(), Fault> {
        match self {
            Store::Memory(pictures) => {
                let mut pictures = pictures.borrow_mut();
                ids.iter().for_each(|id| drop(pictures.remove(id)));
                Ok(())
            }
            Store::Database(database) => database.remove(ids).await,
        }
    }

    /// Removes all, whoever stored it.
    pub async fn clear(&self) -> Result<(), Fault> {
        match self {
            Store::Memory(pictures) => {
                pictures.borrow_mut().clear();
                Ok(())
            }
            Store::Database(database) => database.clear().await,
        }
    }
}
