//! A cache over a store that answers at once.

use super::{Action, Fault, Hit, Key, Payload, Policy, Put, Record, Settings, Store, Upkeep};
use crate::fingerprint::Likeness;

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

    /// Keeps an entry, as [`Policy::put`] says.
    ///
    /// # Errors
    /// Why it is not kept; nothing else is lost by it.
    pub fn put(&mut self, record: Record<F>, mut pictures: Payload, now: u64) -> Result<(), Fault> {
        if !self.policy.settings().keep_originals {
            pictures.original = None;
        }
        let mut put = Put::new(Record { bytes: pictures.bytes(), ..record });
        let mut outcome = Ok(());
        loop {
            outcome = match self.policy.put(&mut put, outcome, now) {
                Action::Apply(upkeep) => {
                    self.apply(upkeep);
                    Ok(())
                }
                Action::Write => self.store.write(put.record(), &pictures),
                Action::Done(kept) => return kept,
            };
        }
    }

    fn fetch(&mut self, hit: Hit, now: u64) -> Option<Found<F>> {
        let Hit { id, distance, .. } = hit;
        let pictures = self.store.read(&id).ok().flatten();
        let life = self.policy.answered(&id, pictures.is_some(), now)?;
        // Only its place among the least recently used depends on it.
        let _ = self.store.touch(&id, &life);
        Some(Found { record: self.policy.get(&id)?.clone(), distance, pictures: pictures? })
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
