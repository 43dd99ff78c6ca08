//! A cache that many machines fill at the same time.
//!
//! [`super::Level`] knows every entry of its store, which here would be too many, and old as soon as they are read. So the
//! store is asked each time; which of its entries answers is [`Policy`]'s to say, as everywhere. How many are kept is the
//! server's to say, by its own memory limit, and how long by its own clock.

use super::{Fault, Found, Id, Key, Payload, Policy, Record, Settings, Store};
use crate::fingerprint::Likeness;

/// A [`Store`] that finds entries by itself.
pub trait Finds<F>: Store<F> {
    /// An entry; `None` when there is none of this name (any more), or it is damaged.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn find(&mut self, id: &Id) -> Result<Option<(Record<F>, Payload)>, Fault>;

    /// The entries of `key` whose hash is within `threshold` bits of `hash`; the nearest, if there are very many.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn alike(&mut self, key: &Key, hash: u64, threshold: u32) -> Result<Vec<Record<F>>, Fault>;
}

/// A level over a store that finds by itself.
#[derive(Debug)]
pub struct Shared<S> {
    settings: Settings,
    store: S,
}

impl<S> Shared<S> {
    /// Of the settings, those count that are about one entry: the age, the threshold, and for the largest entry that is
    /// stored `max_bytes`.
    pub fn new(settings: Settings, store: S) -> Shared<S> {
        Shared { settings, store }
    }

    /// What was made of the very file with this SHA-256.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn exact<F>(&mut self, key: &Key, sha256: &[u8; 32], now: u64) -> Result<Option<Found<F>>, Fault>
    where
        F: Likeness + Clone,
        S: Finds<F>,
    {
        let Some((record, pictures)) = self.store.find(&Id::new(key, sha256))? else { return Ok(None) };
        let young = Policy::knowing(self.settings, [record.clone()], now).exact(key, sha256, now).is_some();
        Ok(young.then_some(Found { record, distance: None, pictures }))
    }

    /// What was made of the same picture in another file.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn near<F>(&mut self, key: &Key, fingerprint: &F, now: u64) -> Result<Option<Found<F>>, Fault>
    where
        F: Likeness + Clone,
        S: Finds<F>,
    {
        if !fingerprint.tells() {
            return Ok(None);
        }
        let threshold = self.settings.threshold.min(Settings::MAX_THRESHOLD);
        let alike = self.store.alike(key, fingerprint.phash(), threshold)?;
        let mut policy = Policy::knowing(self.settings, alike, now);
        // One whose pictures are gone is forgotten, and the next best has its turn.
        while let Some(hit) = policy.near(key, fingerprint, now) {
            if let Some((record, pictures)) = self.store.find(&hit.id)? {
                return Ok(Some(Found { record, distance: hit.distance, pictures }));
            }
            policy.forget(&hit.id);
        }
        Ok(None)
    }

    /// Keeps an entry, unless it is larger than any that is stored: that is no fault, and says nothing of the next.
    ///
    /// # Errors
    /// Why it is not kept.
    pub fn put<F>(&mut self, record: Record<F>, pictures: &Payload) -> Result<(), Fault>
    where
        S: Finds<F>,
    {
        let record = Record { bytes: pictures.bytes(), ..record };
        if record.bytes > self.settings.max_bytes {
            return Ok(());
        }
        self.store.write(&record, pictures)
    }
}
