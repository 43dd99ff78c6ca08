//! Entries in this worker's memory, and in the browser's database where there is one.

use std::{
    cell::{Cell, RefCell},
    collections::{BinaryHeap, HashMap},
    rc::Rc,
};

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

use super::{
    super::{
        interop::{caught, internal, number, object, object_of, parsed_text, text},
        keys::{self, Record},
    },
    entry::{Photograph, Pictures, Stored},
    indexed_db::IndexedDb,
    level::{Level, now},
    news::{Channel, News},
    store::Store,
};
use crate::{
    cache::{Fault, Id, Key, Settings},
    fingerprint::Fingerprint,
    objects::Listed,
};

/// The share of what the browser grants this origin that the cache may take at most.
const SHARE: f64 = 0.2;
const SWEEP_MS: u32 = 60 * 60 * 1000;
/// How long a slow disk, or an older tab, may hold up the database before the cache goes on without it for now.
const PATIENCE_MS: u32 = 2000;

#[wasm_bindgen]
extern "C" {
    /// What only the browser knows of the database.
    #[wasm_bindgen(typescript_type = "DatabaseHost")]
    pub type DatabaseHost;
    /// Whether there is one, as far as the browser tells.
    #[wasm_bindgen(method, catch)]
    pub async fn exists(this: &DatabaseHost) -> Result<JsValue, JsValue>;
    /// Bytes that this origin is granted, or nothing.
    #[wasm_bindgen(method, catch)]
    pub async fn quota(this: &DatabaseHost) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &Function, ms: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
    #[wasm_bindgen(js_name = setInterval)]
    fn set_interval(call: &Function, ms: u32);
}

pub struct Levels {
    memory: Rc<Level>,
    /// While it is open.
    database: RefCell<Option<Rc<Level>>>,
    host: DatabaseHost,
    channel: Channel,
    settings: Cell<Settings>,
    /// Resolves when nothing is being stored.
    storing: RefCell<Promise>,
    /// When all was cleared last, here or in another tab; in ms since 1970, as times of entries.
    cleared: Cell<u64>,
    /// Whether the database may still open.
    opening: Cell<bool>,
    /// Whether the database is yet to be opened: it was not asked for, or is gone since.
    lost: Cell<bool>,
    /// Resolves when the database is open, or no longer waited for.
    reached: RefCell<Promise>,
}

impl Levels {
    /// Without a database it lasts as long as the worker; one that opens late is taken all the same.
    pub async fn open(settings: Settings, host: DatabaseHost) -> Result<Rc<Levels>, JsValue> {
        let memory = Level::open(Store::Memory(RefCell::default()), settings).await.map_err(failed)?;
        let resolved = Promise::resolve(&JsValue::UNDEFINED);
        let levels = Rc::new(Levels {
            memory,
            database: RefCell::default(),
            host,
            channel: Channel::open(),
            settings: Cell::new(settings),
            storing: RefCell::new(resolved.clone()),
            cleared: Cell::new(0),
            opening: Cell::new(true),
            lost: Cell::new(true),
            reached: RefCell::new(resolved),
        });
        let hearing = levels.clone();
        levels.channel.listen(move |news| hearing.hear(news));
        let sweeping = levels.clone();
        let sweep = Closure::<dyn Fn()>::new(move || spawn_local(sweeping.clone().sweep()));
        set_interval(sweep.as_ref().unchecked_ref(), SWEEP_MS);
        sweep.forget();
        levels.reach().await;
        Ok(levels)
    }

    pub fn lasts(&self) -> bool {
        self.database.borrow().is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.all().iter().all(|level| level.records().is_empty())
    }

    pub fn stored(&self) -> Promise {
        self.storing.borrow().clone()
    }

    pub fn store(self: &Rc<Self>, photo: Photograph, pictures: Pictures, supersedes: Option<Photograph>) -> Promise {
        let (levels, before) = (self.clone(), self.stored());
        let storing = async move { Ok(caught(levels.put(&photo, &pictures)).await.unwrap_or(false).into()) };
        let storing = future_to_promise(storing);
        let (levels, stored) = (self.clone(), storing.clone());
        let done = future_to_promise(async move {
            let stored = JsFuture::from(stored).await?;
            JsFuture::from(before).await?;
            if let Some(superseded) = supersedes.filter(|_| stored.is_truthy()) {
                // Then it stays until it is too old.
                drop(caught(levels.replace(&superseded)).await);
            }
            Ok(JsValue::UNDEFINED)
        });
        *self.storing.borrow_mut() = done;
        storing
    }

    pub async fn pictures(&self, id: &str) -> Result<JsValue, JsValue> {
        for level in self.all() {
            if let Some(pictures) = level.read(id).await {
                return Ok(pictures.into());
            }
        }
        Ok(JsValue::UNDEFINED)
    }

    pub fn usage(&self) -> Object {
        let entries = self.entries();
        let bytes: u64 = entries.values().map(|(_, record)| record.bytes).sum();
        object_of(&[("entries", entries.len().into()), ("bytes", number(bytes)), ("lasting", self.lasts().into())])
    }

    /// The memory's, and the database's while it is open.
    fn all(&self) -> Vec<Rc<Level>> {
        [Some(self.memory.clone()), self.database.borrow().clone()].into_iter().flatten().collect()
    }

    async fn reach(self: &Rc<Self>) {
        if self.lost.replace(false) {
            self.opening.set(true);
            let mut timer = JsValue::UNDEFINED;
            let late = Promise::new(&mut |resolve, _| timer = set_timeout(&resolve, PATIENCE_MS));
            let levels = self.clone();
            let opened = future_to_promise(async move {
                // Without it the memory answers.
                drop(caught(async { levels.open_database().await.map_err(failed) }).await);
                levels.opening.set(false);
                // Node would wait for it before it ends.
                clear_timeout(&timer);
                Ok(JsValue::UNDEFINED)
            });
            *self.reached.borrow_mut() = Promise::race(&Array::of2(&opened, &late));
        }
        let reached = self.reached.borrow().clone();
        drop(JsFuture::from(reached).await);
    }

    async fn open_database(self: &Rc<Self>) -> Result<(), Fault> {
        // Of this one; another may have been opened since.
        let gone = Rc::new(Cell::new(false));
        let (levels, lost) = (self.clone(), gone.clone());
        let on_lost = move || {
            lost.set(true);
            levels.lost.set(true);
            levels.database.take();
        };
        let database = IndexedDb::open(on_lost).await?;
        let settings = self.settings.get();
        let level = Level::open(Store::Database(database), settings).await?;
        if let Some(quota) = self.host.quota().await.ok().and_then(|quota| quota.as_f64()) {
            level.cap((quota * SHARE) as u64).await?;
        }
        if self.settings.get() != settings {
            level.change(self.settings.get()).await?;
        }
        if !gone.get() {
            self.database.replace(Some(level));
        }
        Ok(())
    }

    pub async fn change(self: &Rc<Self>, settings: Settings) -> Result<(), JsValue> {
        self.reach().await;
        if self.settings.replace(settings) != settings {
            for level in self.all() {
                // What fails here is made up for at the next start.
                drop(level.change(settings).await);
            }
        }
        Ok(())
    }

    pub async fn find(&self, photo: &Photograph) -> Result<JsValue, JsValue> {
        let key: Key = parsed_text(&photo.key(), "key")?;
        let sha256 = keys::digest(&photo.sha256())?;
        let print = photo.print();
        let print: Option<Fingerprint> = print.map(|print| parsed_text(&print, "fingerprint")).transpose()?;
        loop {
            let all = self.all();
            let hits = all.iter().filter_map(|level| Some((level.find(&key, &sha256, print.as_ref())?, level)));
            let Some((hit, level)) = hits.min_by(|(one, _), (other, _)| one.cmp(other)) else {
                return Ok(JsValue::UNDEFINED);
            };
            // An entry whose pictures are gone is struck out by now: the next best may do.
            let Some((record, pictures)) = level.take(&hit.id).await else { continue };
            self.answered(&hit.id, level, &record, &pictures).await;
            let answer = [
                ("pictures", pictures.into()),
                ("distance", hit.distance.map_or(JsValue::NULL, JsValue::from)),
                ("created", number(hit.created.0)),
            ];
            return Ok(object_of(&answer).into());
        }
    }

    pub async fn listed(&self) -> Result<Array, JsValue> {
        let mut entries = self.entries();
        let mut newest: BinaryHeap<_> = entries.iter().map(|(id, (_, record))| (record.life.created, *id)).collect();
        let listed = Array::new();
        while let Some((level, record)) = newest.pop().and_then(|(_, id)| entries.remove(&id)) {
            let entry = async move {
                let Some(pictures) = level.read(&record.id().to_string()).await else { return Ok(JsValue::UNDEFINED) };
                let entry = object(&Listed::from(&record));
                Reflect::set(&entry, &"thumbnail".into(), &pictures.thumbnail())?;
                Ok(entry)
            };
            listed.push(&future_to_promise(caught(entry)));
        }
        let listed = JsFuture::from(Promise::all(&listed)).await?;
        Ok(Array::from(&listed).filter(&mut |entry, _, _| entry.is_truthy()))
    }

    /// The other levels, and other tabs, learn that an entry answered.
    async fn answered(&self, id: &Id, level: &Rc<Level>, record: &Record, pictures: &Pictures) {
        let in_memory = Rc::ptr_eq(level, &self.memory);
        let used = if in_memory {
            let database = self.database.borrow().clone();
            database.and_then(|database| database.answered(id, true))
        } else {
            Some(record.clone())
        };
        if let Some(used) = used {
            self.channel.tell(&News::Used(Stored::from(&used)));
        }
        if !in_memory {
            self.memory.put(record, pictures).await;
        }
    }

    async fn put(self: &Rc<Self>, photo: &Photograph, pictures: &Pictures) -> Result<bool, JsValue> {
        let (created, before) = (now(), self.cleared.get());
        self.reach().await;
        let print = photo.print().unwrap_or_default();
        let record = keys::record(&photo.key(), &photo.sha256(), &print, pictures.bytes(), created)?;
        let (mut stored, mut lasting) = (false, false);
        let all = self.all();
        for level in &all {
            stored = level.put(&record, pictures).await;
            lasting = stored && !Rc::ptr_eq(level, &self.memory);
        }
        // Meanwhile: a clock that was set back since says nothing of what is made now.
        if self.cleared.get() != before && created <= self.cleared.get() {
            for level in &all {
                level.remove(&[record.id().to_string()]).await.map_err(failed)?;
            }
            return Ok(false);
        }
        if lasting {
            self.channel.tell(&News::Stored { record: text(&record), created });
        }
        Ok(stored)
    }

    async fn replace(&self, superseded: &Photograph) -> Result<(), JsValue> {
        let (key, sha256) = (parsed_text(&superseded.key(), "key")?, keys::digest(&superseded.sha256())?);
        let all = self.all();
        let Some(hit) = all.iter().find_map(|level| level.find(&key, &sha256, None)) else { return Ok(()) };
        self.remove(vec![hit.id.to_string()]).await
    }

    pub async fn remove(&self, ids: Vec<String>) -> Result<(), JsValue> {
        self.check_reach().await?;
        for level in self.all() {
            level.remove(&ids).await.map_err(failed)?;
        }
        self.channel.tell(&News::Removed(ids));
        Ok(())
    }

    pub async fn clear(&self) -> Result<(), JsValue> {
        self.check_reach().await?;
        let cleared = now();
        self.cleared.set(cleared);
        JsFuture::from(self.stored()).await?;
        for level in self.all() {
            level.clear().await.map_err(failed)?;
        }
        self.channel.tell(&News::Cleared(cleared));
        Ok(())
    }

    /// What the database has of an entry counts, for it is what other tabs see.
    fn entries(&self) -> HashMap<Id, (Rc<Level>, Record)> {
        let all = self.all();
        let entries = all.iter().flat_map(|level| level.records().into_iter().map(|record| (level.clone(), record)));
        entries.map(|(level, record)| (record.id(), (level, record))).collect()
    }

    /// Fails while there may be entries out of reach: what is said to be gone would come back.
    async fn check_reach(&self) -> Result<(), JsValue> {
        if self.database.borrow().is_some() {
            return Ok(());
        }
        let exists = || async { self.host.exists().await.is_ok_and(|exists| exists.is_truthy()) };
        if self.opening.get() || exists().await {
            return Err(internal("the database cannot be reached now"));
        }
        Ok(())
    }

    fn hear(&self, news: News) {
        let database = self.database.borrow().clone();
        match news {
            // The news of it may come after all was cleared.
            News::Stored { record, created } if created > self.cleared.get() || self.cleared.get() > now() => {
                database.inspect(|database| database.learn(&record));
            }
            News::Stored { .. } => {}
            // One that is removed meanwhile does not come back.
            News::Used(Stored { id, record }) => {
                database.filter(|database| database.holds(&id)).inspect(|database| database.learn(&record));
            }
            News::Removed(ids) => {
                // From the database it is gone already; what the memory holds is this worker's own.
                database.inspect(|database| database.forget(&ids));
                let memory = self.memory.clone();
                memory.forget(&ids);
                spawn_local(async move { drop(memory.remove(&ids).await) });
            }
            News::Cleared(cleared) => {
                self.cleared.set(self.cleared.get().max(cleared));
                // What was being stored when the database was cleared may be in it.
                for level in self.all() {
                    let old = level.records().into_iter().filter(|record| record.life.created <= cleared);
                    let old: Vec<String> = old.map(|record| record.id().to_string()).collect();
                    level.forget(&old);
                    spawn_local(async move { drop(level.remove(&old).await) });
                }
            }
        }
    }

    async fn sweep(self: Rc<Self>) {
        for level in self.all() {
            drop(level.sweep().await);
        }
    }
}

fn failed(fault: Fault) -> JsValue {
    internal(&fault.to_string())
}
