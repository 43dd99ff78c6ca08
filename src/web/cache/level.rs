//! A store and the policy that decides what it holds. Whatever goes wrong in the store costs entries, never a photo.

use std::{cell::RefCell, rc::Rc};

use futures_util::FutureExt;
use js_sys::Date;
use wasm_bindgen_futures::spawn_local;

use super::{
    super::keys::Record,
    entry::{Answer, Pictures, Stored},
    store::Store,
};
use crate::{
    cache::{Action, Fault, Hit, Id, Key, Policy, Put, Settings, Upkeep},
    fingerprint::Fingerprint,
};

pub struct Level {
    /// Borrowed for a call at a time, never while something is waited for.
    policy: RefCell<Policy<Fingerprint>>,
    store: Store,
}

impl Level {
    /// Starts from what the store holds.
    pub async fn open(store: Store, settings: Settings) -> Result<Rc<Level>, Fault> {
        let level = Level { policy: RefCell::new(Policy::new(level_settings(&store, settings))), store };
        let stored = level.store.load().await?;
        let records: Vec<Record> = stored.iter().filter_map(|entry| serde_json::from_str(&entry.record).ok()).collect();
        let upkeep = level.policy.borrow_mut().load(records, now());
        // Too old, too much, or not to be read.
        let gone: Vec<String> = stored.into_iter().map(|entry| entry.id).filter(|id| !level.holds(id)).collect();
        if !gone.is_empty() {
            level.store.remove(&gone).await?;
        }
        level.carry(Upkeep { remove: vec![], ..upkeep }).await?;
        Ok(Rc::new(level))
    }

    /// What answers: the very file's entry, or where there is a fingerprint the nearest.
    pub fn find(&self, key: &Key, sha256: &[u8; 32], fingerprint: Option<&Fingerprint>) -> Option<Hit> {
        let policy = self.policy.borrow();
        match fingerprint {
            None => policy.exact(key, sha256, now()),
            Some(fingerprint) => policy.near(key, fingerprint, now()),
        }
    }

    pub fn holds(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: Id| self.policy.borrow().get(&id).is_some())
    }

    /// The pictures of an entry that is to answer, and its new record; nothing if the store has lost them.
    pub async fn take(self: &Rc<Self>, id: &Id) -> Option<(Record, Pictures)> {
        let pictures = self.store.read(&id.to_string()).await.ok().flatten();
        let record = self.answered(id, pictures.is_some());
        Some((record?, pictures?))
    }

    /// An entry has answered, here or on another level; its new record if it is here.
    pub fn answered(self: &Rc<Self>, id: &Id, there: bool) -> Option<Record> {
        let record = {
            let mut policy = self.policy.borrow_mut();
            policy.answered(id, there, now())?;
            policy.get(id)?.clone()
        };
        let (level, entry) = (self.clone(), Stored::from(&record));
        // Nobody waits for this: what is lost is one use.
        spawn_local(async move { drop(level.store.touch(&entry).await) });
        Some(record)
    }

    /// Stores an entry if it fits; true when it is stored.
    pub async fn put(&self, record: &Record, pictures: &Pictures) -> bool {
        let mut put = Put::new(record.clone());
        let mut outcome = Ok(());
        loop {
            let action = self.policy.borrow_mut().put(&mut put, outcome, now());
            outcome = match action {
                Action::Apply(upkeep) => {
                    // What fails here is made up for at the next start.
                    drop(self.carry(upkeep).await);
                    Ok(())
                }
                Action::Write => self.store.write(&Stored::from(record), pictures).await,
                Action::Done(kept) => return kept.is_ok(),
            };
        }
    }

    /// Takes in what another tab has stored.
    pub fn learn(&self, record: &str) {
        if let Ok(record) = serde_json::from_str(record) {
            self.policy.borrow_mut().insert(record);
        }
    }

    pub fn forget(&self, ids: &[String]) {
        let mut policy = self.policy.borrow_mut();
        ids.iter().filter_map(|id| id.parse().ok()).for_each(|id: Id| drop(policy.forget(&id)));
    }

    pub fn remove(&self, ids: &[String]) -> Answer<'_, ()> {
        self.forget(ids);
        self.store.remove(ids)
    }

    pub fn clear(&self) -> Answer<'_, ()> {
        let ids: Vec<String> = self.records().iter().map(|record| record.id().to_string()).collect();
        self.forget(&ids);
        self.store.clear()
    }

    pub async fn read(&self, id: &str) -> Option<Pictures> {
        self.store.read(id).await.ok().flatten()
    }

    pub fn change(&self, settings: Settings) -> Answer<'_, ()> {
        let upkeep = self.policy.borrow_mut().set_settings(level_settings(&self.store, settings), now());
        self.carry(upkeep)
    }

    /// Sets a limit beside the settings' own.
    pub fn cap(&self, bytes: u64) -> Answer<'_, ()> {
        let upkeep = self.policy.borrow_mut().set_cap(bytes, now());
        self.carry(upkeep)
    }

    /// Lets go what has grown too old.
    pub fn sweep(&self) -> Answer<'_, ()> {
        let upkeep = self.policy.borrow_mut().sweep(now());
        self.carry(upkeep)
    }

    pub fn records(&self) -> Vec<Record> {
        self.policy.borrow().records().cloned().collect()
    }

    fn carry(&self, upkeep: Upkeep) -> Answer<'_, ()> {
        let carried = async move {
            if !upkeep.remove.is_empty() {
                let ids: Vec<String> = upkeep.remove.iter().map(Id::to_string).collect();
                self.store.remove(&ids).await?;
            }
            for (id, _) in &upkeep.touch {
                let entry = self.policy.borrow().get(id).map(Stored::from);
                if let Some(entry) = entry {
                    self.store.touch(&entry).await?;
                }
            }
            Ok(())
        };
        carried.boxed_local()
    }
}

/// In ms since 1970.
pub fn now() -> u64 {
    Date::now() as u64
}

fn level_settings(store: &Store, settings: Settings) -> Settings {
    match store {
        Store::Memory(_) => settings.in_memory(),
        Store::Database(_) => settings,
    }
}
