//! What holds a level's pictures: this worker's memory, or the browser's database.

use std::{cell::RefCell, collections::HashMap, future::ready};

use futures_util::FutureExt;

use super::{
    entry::{Answer, Pictures, Stored},
    indexed_db::IndexedDb,
};

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
    pub fn write<'a>(&'a self, entry: &'a Stored, pictures: &'a Pictures) -> Answer<'a, ()> {
        match self {
            Store::Memory(all) => {
                all.borrow_mut().insert(entry.id.clone(), pictures.clone());
                ready(Ok(())).boxed_local()
            }
            Store::Database(database) => database.write(entry, pictures).boxed_local(),
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
