//! Which entry answers a photo, and which entries are kept.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::index::Index;
use super::{Id, Key, Life, Record, Settings, Since};
use crate::fingerprint::Likeness;

/// The state of a cache without its pictures. It decides; whoever drives it has its store do so.
///
/// Several may share one store: each learns of the others' entries by [`Policy::load`] or
/// [`Policy::insert`], and of those gone by [`Policy::forget`], at the latest when it cannot be read.
#[derive(Debug)]
pub struct Policy<F> {
    settings: Settings,
    cap: u64,
    records: HashMap<Id, Record<F>>,
    index: Index,
    bytes: u64,
    /// Making room did not help the last time that the store had none.
    pub(super) helpless: bool,
}

/// An entry that answers a photo. The smallest of several hits is the best: exact, else nearest, else newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Distance in bits; `None` for the very file.
    pub distance: Option<u32>,
    /// When the entry was stored.
    pub created: Reverse<u64>,
    /// The entry's name.
    pub id: Id,
}

/// What the store has to be told. The policy has done its part already; what the store does not do
/// comes up again at the next [`Policy::load`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Upkeep {
    /// Entries to remove.
    pub remove: Vec<Id>,
    /// Entries whose [`Life`] changed.
    pub touch: Vec<(Id, Life)>,
}

impl<F: Likeness> Policy<F> {
    /// Knows of no entry yet.
    pub fn new(settings: Settings) -> Policy<F> {
        let (records, index) = (HashMap::new(), Index::default());
        Policy { settings, cap: u64::MAX, records, index, bytes: 0, helpless: false }
    }

    /// Knows these entries alone, of a store that finds them by itself and removes what is too old or too much.
    #[cfg(any(feature = "redis", target_arch = "wasm32"))]
    pub(crate) fn knowing(settings: Settings, records: impl IntoIterator<Item = Record<F>>, now: u64) -> Policy<F> {
        let mut policy = Policy::new(Settings { max_bytes: u64::MAX, max_entries: usize::MAX, ..settings });
        let _ = policy.load(records, now);
        policy
    }

    /// The choices made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Makes other choices.
    pub fn set_settings(&mut self, settings: Settings, now: u64) -> Upkeep {
        self.settings = settings;
        self.sweep(now)
    }

    /// Sets a limit in bytes beside [`Settings::max_bytes`], such as a share of what the browser grants.
    pub fn set_cap(&mut self, bytes: u64, now: u64) -> Upkeep {
        self.cap = bytes;
        self.sweep(now)
    }

    /// Starts from what a store holds, in place of all that was known.
    pub fn load(&mut self, records: impl IntoIterator<Item = Record<F>>, now: u64) -> Upkeep {
        self.records.clear();
        self.index = Index::default();
        self.bytes = 0;
        records.into_iter().for_each(|record| self.insert(record));
        self.sweep(now)
    }

    /// All entries, in no order.
    pub fn records(&self) -> impl Iterator<Item = &Record<F>> {
        self.records.values()
    }

    /// The entry of this name.
    pub fn get(&self, id: &Id) -> Option<&Record<F>> {
        self.records.get(id)
    }

    /// Bytes of all entries.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The entry made of the very file with this SHA-256.
    pub fn exact(&self, key: &Key, sha256: &[u8; 32], now: u64) -> Option<Hit> {
        let id = Id::new(key, sha256);
        let record = self.records.get(&id).filter(|record| !self.expired(record, now))?;
        Some(Hit { distance: None, created: Reverse(record.life.created), id })
    }

    /// The entry made of the same picture in another file: the nearest, of several the newest.
    pub fn near(&self, key: &Key, fingerprint: &F, now: u64) -> Option<Hit> {
        let threshold = self.settings.threshold.min(Settings::MAX_THRESHOLD);
        let hits = self.index.near(key, fingerprint.phash(), threshold).into_iter().filter_map(|(distance, id)| {
            let created = Reverse(self.records.get(&id)?.life.created);
            Some(Reverse(Hit { distance: Some(distance), created, id }))
        });
        // A heap, not a sort: mostly the first one answers.
        let mut hits: BinaryHeap<_> = hits.collect();
        while let Some(Reverse(hit)) = hits.pop() {
            let same = |record: &&Record<F>| fingerprint.same(&record.fingerprint, threshold).is_some();
            if self.records.get(&hit.id).filter(|record| !self.expired(record, now)).is_some_and(|r| same(&r)) {
                return Some(hit);
            }
        }
        None
    }

    /// The store was asked for the pictures of an entry that is to answer. Where they are gone it is struck out, and the
    /// next best has its turn; else it has answered, as [`Policy::used`] says.
    pub fn answered(&mut self, id: &Id, there: bool, now: u64) -> Option<Life> {
        if !there {
            self.forget(id);
        }
        self.used(id, now)
    }

    /// Notes that an entry has answered a photo, and returns what its store should remember.
    pub fn used(&mut self, id: &Id, now: u64) -> Option<Life> {
        let life = &mut self.records.get_mut(id)?.life;
        *life = Life { created: life.created.min(now), used: now, hits: life.hits.saturating_add(1) };
        Some(*life)
    }

    /// Makes room for an entry of `bytes` that is to be stored as `id`; when it has been,
    /// [`Policy::insert`] follows. `None` when it is larger than all that may be kept.
    pub fn room(&mut self, id: &Id, bytes: u64, now: u64) -> Option<Upkeep> {
        if bytes > self.budget() || self.settings.max_entries == 0 {
            return None;
        }
        let mut upkeep = self.sweep(now);
        // One of the same name will be replaced.
        let (old_bytes, old) = self.records.get(id).map_or((0, 0), |old| (old.bytes, 1));
        let limit = (self.budget() - bytes).saturating_add(old_bytes);
        upkeep.remove.extend(self.shrink(limit, self.settings.max_entries - 1 + old, Some(id)));
        upkeep.touch.retain(|(id, _)| self.records.contains_key(id));
        Some(upkeep)
    }

    /// The entries to remove after the store refused `bytes` for want of room; it may be asked once
    /// more then. None when there is nothing left to give.
    pub fn relieve(&mut self, bytes: u64) -> Vec<Id> {
        // How much is missing is unknown, and stores are slow to give room back: generously.
        let release = bytes.saturating_mul(2).max(self.bytes / 4);
        self.shrink(self.bytes.saturating_sub(release), usize::MAX, None)
    }

    /// Takes an entry in, in place of one of the same name.
    pub fn insert(&mut self, record: Record<F>) {
        let id = record.id();
        self.forget(&id);
        self.bytes = self.bytes.saturating_add(record.bytes);
        self.index.insert(&record.key, id, record.fingerprint.phash());
        self.records.insert(id, record);
    }

    /// Strikes an entry out.
    pub fn forget(&mut self, id: &Id) -> Option<Record<F>> {
        let record = self.records.remove(id)?;
        self.index.remove(&record.key, id);
        self.bytes = self.bytes.saturating_sub(record.bytes);
        Some(record)
    }

    /// Strikes out what is too old or too much. Called by itself whenever something is stored; a page
    /// that stays open calls it now and then, since age is also a promise.
    pub fn sweep(&mut self, now: u64) -> Upkeep {
        let touch = self.reset_future(now);
        let old: Vec<Id> = self.records.iter().filter(|(_, r)| self.expired(r, now)).map(|(id, _)| *id).collect();
        old.iter().for_each(|id| drop(self.forget(id)));
        let mut remove = old;
        remove.extend(self.shrink(self.budget(), self.settings.max_entries, None));
        Upkeep { touch: touch.into_iter().filter(|(id, _)| self.records.contains_key(id)).collect(), remove }
    }

    /// Entries from the future show that the clock was set back. How old they are is lost; they count
    /// as new, once, and are remembered so: neither are all thrown away, nor is any kept for ever.
    fn reset_future(&mut self, now: u64) -> Vec<(Id, Life)> {
        let future = self.records.iter_mut().filter(|(_, r)| r.life.created > now || r.life.used > now);
        future
            .map(|(id, record)| {
                record.life.created = record.life.created.min(now);
                record.life.used = record.life.used.min(now);
                (*id, record.life)
            })
            .collect()
    }

    fn expired(&self, record: &Record<F>, now: u64) -> bool {
        let since = match self.settings.since {
            Since::Creation => record.life.created,
            Since::Use => record.life.used,
        };
        now.saturating_sub(since) >= self.settings.max_age
    }

    fn budget(&self) -> u64 {
        self.settings.max_bytes.min(self.cap)
    }

    /// Strikes out the least recently used until the rest fits; `spared` is counted but stays.
    fn shrink(&mut self, max_bytes: u64, max_entries: usize, spared: Option<&Id>) -> Vec<Id> {
        let fits = |policy: &Self| policy.bytes <= max_bytes && policy.records.len() <= max_entries;
        if fits(self) {
            return Vec::new();
        }
        let others = self.records.iter().filter(|(id, _)| Some(*id) != spared);
        // A heap, not a sort: mostly few go.
        let mut order: BinaryHeap<_> = others.map(|(id, record)| Reverse((record.life.used, *id))).collect();
        let mut removed = Vec::new();
        while !fits(self)
            && let Some(Reverse((_, id))) = order.pop()
        {
            self.forget(&id);
            removed.push(id);
        }
        removed
    }
}

#[cfg(test)]
mod tests;
