//! Entries in the browser's database.
//!
//! A module with threads wakes a future a task later than its event, and by then the event's transaction is over. So what
//! follows from an answer is asked for in the answer's own event, and futures wait for the end.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
};

use futures_util::FutureExt;
use idb::{
    Database, DatabaseEvent, Event as _, Factory, KeyPath, ObjectStore, ObjectStoreParams, Request, StoreEvent,
    Transaction, TransactionMode, event::VersionChangeEvent,
};
use js_sys::{Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Event, IdbDatabase, IdbTransaction};

use super::{
    super::interop::{blob, object_of, property},
    entry::{Answer, Pictures, Stored},
};
use crate::{cache::Fault, objects::DATABASE};

const VERSION: u32 = 1;
/// Small, all read at the start.
const RECORDS: &str = "records";
/// Read one at a time.
const PICTURES: &str = "pictures";
/// The files of an entry's pictures.
const FILES: [&str; 3] = ["result", "thumbnail", "original"];

pub struct IndexedDb {
    database: Database,
    /// WebKit's private windows store no Blobs. Bytes they do.
    as_bytes: Cell<bool>,
}

impl IndexedDb {
    /// Fails where there is no database to be had, as in private browsing; waits while an older tab blocks an upgrade.
    /// `on_lost` is called when it is gone: somebody deletes it, or the browser cleared the site's data.
    pub async fn open(on_lost: impl Fn() + Clone + 'static) -> Result<IndexedDb, Fault> {
        let mut request = Factory::new().and_then(|factory| factory.open(DATABASE, Some(VERSION))).map_err(fault)?;
        request.on_upgrade_needed(|event| {
            if upgrade(&event).is_err()
                && let Some(transaction) = event.target().ok().and_then(|request| request.transaction())
            {
                // Or there would be a database without its stores for good.
                drop(transaction.abort());
            }
        });
        let opened = Rc::new(RefCell::new(None));
        let ended = Promise::new(&mut |resolve, reject| {
            let (opened, on_lost) = (opened.clone(), on_lost.clone());
            request.on_success(move |event| {
                let database = event.target().and_then(|request| request.database());
                opened.replace(database.ok().map(|database| IndexedDb::watched(database, on_lost)));
                drop(resolve.call0(&JsValue::NULL));
            });
            request.on_error(move |event| {
                let why = event.target().and_then(|request| request.error());
                drop(reject.call1(&JsValue::NULL, &why.ok().flatten().into()));
            });
        });
        JsFuture::from(ended).await.map_err(|why| refused(&why))?;
        opened.take().ok_or_else(|| Fault::Broken("there is no database".into()))
    }

    fn watched(mut database: Database, on_lost: impl Fn() + Clone + 'static) -> IndexedDb {
        let lost = on_lost.clone();
        database.on_version_change(move |event| {
            // Somebody deletes it, or a newer version of the site wants to change the schema: they must not wait for this tab.
            if let Some(database) = target::<IdbDatabase>(&event) {
                database.close();
            }
            lost();
        });
        database.on_close(move |_| on_lost());
        IndexedDb { database, as_bytes: Cell::new(false) }
    }

    pub async fn load(&self) -> Result<Vec<Stored>, Fault> {
        let sound = Rc::new(RefCell::new(vec![]));
        let found = sound.clone();
        self.transact([RECORDS, PICTURES], TransactionMode::ReadWrite, |[records, pictures]| {
            let all = records.get_all(None, None)?;
            let mut names = pictures.get_all_keys(None, None)?;
            // Answers come in the order of their questions.
            names.on_success(move |event| {
                if let (Ok(all), Ok(names)) = (all.result(), event.result()) {
                    found.replace(matched(&records, &pictures, all.unchecked_ref(), &names));
                }
            });
            Ok(Box::new(names))
        })
        .await?;
        Ok(sound.take())
    }

    pub async fn read(&self, id: &str) -> Result<Option<Pictures>, Fault> {
        let found = Rc::new(RefCell::new(None));
        let slot = found.clone();
        self.transact([PICTURES], TransactionMode::ReadOnly, |[pictures]| {
            let mut asked = pictures.get(JsValue::from(id))?;
            asked.on_success(move |event| *slot.borrow_mut() = event.result().ok().flatten());
            Ok(Box::new(asked))
        })
        .await?;
        let found = found.take();
        match found {
            Some(found) => sound(found).await.map_err(|why| refused(&why)),
            None => Ok(None),
        }
    }

    pub async fn write(&self, entry: &Stored, pictures: &Pictures) -> Result<(), Fault> {
        if !self.as_bytes.get() {
            match self.put(entry, pictures).await {
                Err(Fault::Broken(_)) => {}
                written => return written,
            }
        }
        let bytes = in_bytes(pictures).await.map_err(|why| refused(&why))?;
        self.put(entry, &bytes).await?;
        self.as_bytes.set(true);
        Ok(())
    }

    fn put(&self, entry: &Stored, pictures: &JsValue) -> Answer<'_, ()> {
        let named = Object::assign(&object_of(&[("id", (&entry.id).into())]), pictures.unchecked_ref());
        self.transact([RECORDS, PICTURES], TransactionMode::ReadWrite, |[records, pictures]| {
            records.put(&entry.object(), None)?;
            pictures.put(&named, None)?;
            Ok(Box::new(()))
        })
    }

    pub fn touch(&self, entry: &Stored) -> Answer<'_, ()> {
        self.transact([RECORDS], TransactionMode::ReadWrite, |[records]| {
            let mut there = records.get_key(JsValue::from(&entry.id))?;
            let entry = entry.object();
            there.on_success(move |event| {
                if matches!(event.result(), Ok(Some(_))) {
                    drop(records.put(&entry, None));
                }
            });
            Ok(Box::new(there))
        })
    }

    pub fn remove(&self, ids: &[String]) -> Answer<'_, ()> {
        self.transact([RECORDS, PICTURES], TransactionMode::ReadWrite, |stores| {
            for (id, store) in ids.iter().flat_map(|id| stores.iter().map(move |store| (id, store))) {
                store.delete(JsValue::from(id))?;
            }
            Ok(Box::new(()))
        })
    }

    pub fn clear(&self) -> Answer<'_, ()> {
        self.transact([RECORDS, PICTURES], TransactionMode::ReadWrite, |stores| {
            stores.iter().try_for_each(|store| store.clear().map(drop))?;
            Ok(Box::new(()))
        })
    }

    /// One transaction: all that `asked` asks for is done, or nothing. What it gives lives until then.
    fn transact<const N: usize>(
        &self,
        names: [&str; N],
        mode: TransactionMode,
        asked: impl FnOnce([ObjectStore; N]) -> Result<Box<dyn Any>, idb::Error>,
    ) -> Answer<'_, ()> {
        let begun = self.database.transaction(&names, mode).and_then(|transaction| {
            let stores: Result<Vec<_>, _> = names.iter().map(|name| transaction.object_store(name)).collect();
            let Ok(stores) = stores?.try_into() else { unreachable!("as many stores as names") };
            match asked(stores) {
                Ok(requests) => Ok((transaction, requests)),
                Err(why) => {
                    drop(transaction.abort());
                    Err(why)
                }
            }
        });
        complete(begun).boxed_local()
    }
}

impl Drop for IndexedDb {
    fn drop(&mut self) {
        // With it go those that would hear that somebody waits for it.
        self.database.close();
    }
}

async fn in_bytes(pictures: &Pictures) -> Result<Object, JsValue> {
    let pieces = Object::assign(&Object::new(), pictures.unchecked_ref());
    for name in FILES {
        if let Ok(file) = property(pictures, name).dyn_into::<Blob>() {
            let data = JsFuture::from(file.array_buffer()).await?;
            let piece = object_of(&[("data", data), ("type", file.type_().into())]);
            Reflect::set(&pieces, &name.into(), &piece)?;
        }
    }
    Ok(pieces)
}

/// What is stored, with files for bytes; nothing where another program wrote it, or a version of long ago.
async fn sound(stored: JsValue) -> Result<Option<Pictures>, JsValue> {
    for name in FILES {
        let piece = property(&stored, name);
        if let Ok(data) = property(&piece, "data").dyn_into::<ArrayBuffer>() {
            let kind = property(&piece, "type").as_string().unwrap_or_default();
            Reflect::set(&stored, &name.into(), &blob(&Uint8Array::new(&data), &kind)?.into())?;
        }
    }
    let pictures: Pictures = stored.unchecked_into();
    let positive = |side: JsValue| side.as_f64().is_some_and(|side| side > 0.0);
    match pictures.result().dyn_into::<Blob>() {
        Ok(result) if positive(pictures.width()) && positive(pictures.height()) => {
            // Browsers keep the bytes in a file beside the database, which may be gone: then this fails.
            JsFuture::from(result.slice_with_i32_and_i32(0, 1)?.array_buffer()).await?;
            Ok(Some(pictures))
        }
        _ => Ok(None),
    }
}

fn upgrade(event: &VersionChangeEvent) -> Result<(), idb::Error> {
    let database = event.database()?;
    for name in [RECORDS, PICTURES] {
        let mut params = ObjectStoreParams::new();
        params.key_path(Some(KeyPath::new_single("id")));
        database.create_object_store(name, params)?;
    }
    Ok(())
}

/// Records that have pictures. Both are always written together: whatever came apart is of no use and goes, and so does what
/// another program wrote there.
fn matched(records: &ObjectStore, pictures: &ObjectStore, all: &Array, names: &[JsValue]) -> Vec<Stored> {
    let whole: HashSet<String> = names.iter().filter_map(JsValue::as_string).collect();
    let mut sound = vec![];
    for found in all.iter() {
        let id = property(&found, "id");
        match (id.as_string(), property(&found, "record").as_string()) {
            (Some(id), Some(record)) if whole.contains(&id) => sound.push(Stored { id, record }),
            _ => drop(records.delete(id)),
        }
    }
    let known: HashSet<&str> = sound.iter().map(|entry| entry.id.as_str()).collect();
    for name in names {
        if !name.as_string().is_some_and(|name| known.contains(name.as_str())) {
            drop(pictures.delete(name.clone()));
        }
    }
    sound
}

/// Returns once a transaction is complete: until then nothing of it is sure.
async fn complete(begun: Result<(Transaction, Box<dyn Any>), idb::Error>) -> Result<(), Fault> {
    let (mut transaction, _requests) = begun.map_err(fault)?;
    let ended = Promise::new(&mut |resolve, reject| {
        transaction.on_complete(move |_| drop(resolve.call0(&JsValue::NULL)));
        transaction.on_abort(move |event| {
            let why = target::<IdbTransaction>(&event).and_then(|transaction| transaction.error());
            drop(reject.call1(&JsValue::NULL, &why.into()));
        });
    });
    JsFuture::from(ended).await.map(drop).map_err(|why| refused(&why))
}

fn target<T: JsCast>(event: &Event) -> Option<T> {
    event.target()?.dyn_into().ok()
}

fn fault(error: idb::Error) -> Fault {
    match error {
        idb::Error::UpdateFailed(why) | idb::Error::TransactionOpenFailed(why) => refused(&why),
        idb::Error::DomException(why) => refused(&why),
        _ => Fault::Broken("the browser has no database for it".into()),
    }
}

/// What a browser throws where it has no room has a name of its own.
fn refused(why: &JsValue) -> Fault {
    let text = |name: &str| property(why, name).as_string().unwrap_or_default();
    if text("name") == "QuotaExceededError" { Fault::Full } else { Fault::Broken(text("message")) }
}
