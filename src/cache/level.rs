//! A cache over a store that answers at once.

use super::index::Likeness;
use super::{Fault, Hit, Id, Key, Payload, Policy, Record, Settings, Store, Upkeep};

/// A [`Policy`] and the [`Store`] it decides for.
#[derive(Debug)]
pub struct Level<F, S> {
    policy: Policy<F>,
    store: S,
}

/// An entry that answered a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<F> {
    /// What is known of it.
    pub record: Record<F>,
    /// Distance in bits; `None` for the very file.
    pub distance: Option<u32>,
    /// Its pictures.
    pub pictures: Payload,
}

impl<F: Likeness + Clone, S: Store<F>> Level<F, S> {
    /// Starts from what `store` holds.
    ///
    /// # Errors
    /// When there is no store to be had; the caller goes on without this level.
    pub fn open(settings: Settings, mut store: S, now: u64) -> Result<Level<F, S>, Fault> {
        let mut policy = Policy::new(settings);
        let upkeep = policy.load(store.load()?, now);
        let mut level = Level { policy, store };
        level.apply(upkeep);
        Ok(level)
    }

    /// What is held, without the pictures.
    pub fn policy(&self) -> &Policy<F> {
        &self.policy
    }

    /// Makes other choices.
    pub fn set_settings(&mut self, settings: Settings, now: u64) {
        let upkeep = self.policy.set_settings(settings, now);
        self.apply(upkeep);
    }

    /// What was made of the very file with this SHA-256.
    pub fn exact(&mut self, key: &Key, sha256: &[u8; 32], now: u64) -> Option<Found<F>> {
        let hit = self.policy.exact(key, sha256, now)?;
        self.fetch(hit, now)
    }

    /// What was made of the same picture in another file.
    pub fn near(&mut self, key: &Key, fingerprint: &F, now: u64) -> Option<Found<F>> {
        // One whose pictures are gone is forgotten, and the next best has its turn.
        while let Some(hit) = self.policy.near(key, fingerprint, now) {
            if let Some(found) = self.fetch(hit, now) {
                return Some(found);
            }
        }
        None
    }

    /// Keeps an entry. A store without room is given some, once.
    ///
    /// # Errors
    /// Why it is not kept; nothing else is lost by it.
    pub fn put(&mut self, record: Record<F>, mut pictures: Payload, now: u64) -> Result<(), Fault> {
        if !self.policy.settings().keep_originals {
            pictures.original = None;
        }
        let record = Record { bytes: pictures.bytes(), ..record };
        let upkeep = self.policy.room(&record.id(), record.bytes, now).ok_or(Fault::Full)?;
        self.apply(upkeep);
        let mut written = self.store.write(&record, &pictures);
        if written == Err(Fault::Full) {
            let remove = self.policy.relieve(record.bytes);
            if !remove.is_empty() {
                self.apply(Upkeep { remove, ..Upkeep::default() });
                written = self.store.write(&record, &pictures);
            }
        }
        written?;
        self.policy.insert(record);
        Ok(())
    }

    /// Removes an entry, if it is there.
    ///
    /// # Errors
    /// When the store cannot be written: the entry may come back with the next start.
    pub fn remove(&mut self, id: &Id) -> Result<(), Fault> {
        self.policy.forget(id);
        self.store.remove(id)
    }

    /// Removes every entry.
    ///
    /// # Errors
    /// As [`Level::remove`]; it goes on to the last entry first.
    pub fn clear(&mut self) -> Result<(), Fault> {
        // Not only the known ones: others may have stored more since.
        let stored = self.store.load();
        let mut ids: Vec<Id> = self.policy.records().map(Record::id).collect();
        ids.extend(stored.iter().flatten().map(Record::id));
        ids.iter().map(|id| self.remove(id)).fold(stored.map(drop), Result::and)
    }

    fn fetch(&mut self, hit: Hit, now: u64) -> Option<Found<F>> {
        let Hit { id, distance, .. } = hit;
        let Ok(Some(pictures)) = self.store.read(&id) else {
            self.policy.forget(&id);
            return None;
        };
        if let Some(life) = self.policy.used(&id, now) {
            // Only its place among the least recently used depends on it.
            let _ = self.store.touch(&id, &life);
        }
        Some(Found { record: self.policy.get(&id)?.clone(), distance, pictures })
    }

    fn apply(&mut self, upkeep: Upkeep) {
        // What fails here is tried again after the next start.
        for id in &upkeep.remove {
            let _ = self.store.remove(id);
        }
        for (id, life) in &upkeep.touch {
            let _ = self.store.touch(id, life);
        }
    }
}

#[cfg(test)]
mod tests;
