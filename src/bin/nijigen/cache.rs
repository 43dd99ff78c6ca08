//! What earlier runs made, so that the same photo is not drawn twice.

use std::{
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use etcetera::BaseStrategy as _;
use nijigen::{
    cache::{Disk, Fault, Found, Key, Level, Payload, Record, Settings},
    fingerprint::Fingerprint,
    lookup::Caching,
};

use crate::{Convert, shared::Shared};

/// Of those used last, about 5,000 results at the usual size: as much as compilers' caches keep of what can be made again.
const MAX_BYTES: u64 = 5_000_000_000;
/// Each run reads the head of every one.
const MAX_ENTRIES: usize = 20_000;

type Pictures = Level<Fingerprint, Disk>;

/// What all threads look up in: this computer's folder, and behind it a cache that others share, if one is named. Without
/// either the photos are all drawn.
pub struct Cache {
    key: Key,
    near: bool,
    level: Mutex<Option<Pictures>>,
    shared: Option<Shared>,
    /// Whether it was said that something found no room.
    full: AtomicBool,
    /// The folder cannot be written; what is in it answers all the same.
    unwritable: AtomicBool,
}

/// The folder to keep results in: the one that is named, or the computer's usual one for what can be made again.
fn folder(named: Option<&PathBuf>) -> Result<PathBuf, String> {
    let usual = || Ok(etcetera::choose_base_strategy()?.cache_dir().join("nijigen").join("pictures"));
    named.cloned().map_or_else(usual, Ok).map_err(|error: etcetera::HomeDirError| error.to_string())
}

impl Cache {
    /// Opens what the command line names, for what `key` says. Pictures of another file do only with `--near`. A folder that
    /// can be neither read nor made is told of with `say`.
    pub fn open(arguments: &Convert, key: Key, shared: Option<Shared>, say: impl Fn(&str)) -> Cache {
        let settings = settings(arguments.near);
        let opened = folder(arguments.cache_dir.as_ref()).and_then(|folder| {
            let level = Level::open(settings, Disk::new(folder.clone()), now());
            level.map_err(|fault| format!("{}: {fault}", folder.display()))
        });
        let level = opened.inspect_err(|why| say(&format!("results are not kept: {why}"))).ok();
        Cache::new(key, arguments.near.is_some(), level, shared)
    }

    fn new(key: Key, near: bool, level: Option<Pictures>, shared: Option<Shared>) -> Cache {
        let (full, unwritable) = (AtomicBool::new(false), AtomicBool::new(false));
        Cache { key, near, level: Mutex::new(level), shared, full, unwritable }
    }

    /// What it is asked for.
    pub fn caching(&self) -> Caching {
        Caching { near: self.near, ..Caching::ON }
    }

    /// What was made of the very file with this SHA-256.
    pub fn exact(&self, sha256: &[u8; 32]) -> Option<Vec<u8>> {
        let own = self.level().as_mut().and_then(|level| level.exact(&self.key, sha256, now()));
        let found = own.or_else(|| self.taken(self.shared.as_ref()?.exact(&self.key, sha256, now())))?;
        Some(found.pictures.result)
    }

    /// The distance in bits of another file that looks the same, and what was made of it.
    pub fn near(&self, fingerprint: &Fingerprint) -> Option<(u32, Vec<u8>)> {
        let own = self.level().as_mut().and_then(|level| level.near(&self.key, fingerprint, now()));
        let found = own.or_else(|| self.taken(self.shared.as_ref()?.near(&self.key, fingerprint, now())))?;
        Some((found.distance?, found.pictures.result))
    }

    /// What the others' cache answered is in this computer's the next time.
    fn taken(&self, found: Option<Found<Fingerprint>>) -> Option<Found<Fingerprint>> {
        if let (Some(found), Some(level)) = (&found, self.writable(&mut self.level())) {
            let _ = level.put(found.record.clone(), found.pictures.clone(), now());
        }
        found
    }

    /// Keeps a result.
    ///
    /// # Errors
    /// The first time that there is no room for one, which says nothing of the next; and when the folder cannot be written,
    /// after which none is tried.
    pub fn put(&self, sha256: [u8; 32], fingerprint: Fingerprint, result: &[u8]) -> Result<(), Fault> {
        let pictures = Payload { result: result.to_vec(), ..Payload::default() };
        let record = Record::new(self.key.clone(), sha256, fingerprint, &pictures, now());
        if let Some(shared) = &self.shared {
            shared.put(&record, &pictures);
        }
        let mut held = self.level();
        let Some(level) = self.writable(&mut held) else { return Ok(()) };
        let kept = level.put(record, pictures, now());
        match &kept {
            Err(Fault::Full) if self.full.swap(true, Ordering::Relaxed) => return Ok(()),
            Err(Fault::Broken(_)) => self.unwritable.store(true, Ordering::Relaxed),
            _ => {}
        }
        kept
    }

    fn writable<'a>(&self, held: &'a mut Option<Pictures>) -> Option<&'a mut Pictures> {
        held.as_mut().filter(|_| !self.unwritable.load(Ordering::Relaxed))
    }

    /// A thread that panicked has left it whole.
    fn level(&self) -> MutexGuard<'_, Option<Pictures>> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The program's choices: `near` is the threshold that was asked for.
pub fn settings(near: Option<u32>) -> Settings {
    let defaults = Settings::default();
    Settings {
        max_bytes: MAX_BYTES,
        max_entries: MAX_ENTRIES,
        threshold: near.unwrap_or(defaults.threshold),
        ..defaults
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use nijigen::{Options, cache::Id, picture::Picture};

    use super::*;

    #[test]
    fn a_result_without_room_is_said_once_and_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let entry = crate::generators::load("meadow", None).unwrap().entry().clone();
        let settings = Settings { max_bytes: 100_000, ..Settings::default() };
        let level = Level::open(settings, Disk::new(folder.path()), now()).unwrap();
        let cache = Cache::new(Key::new(&entry, &Options::default()), false, Some(level), None);
        let print = || Fingerprint::new(&Picture::new(8, 8, vec![0; 256]).unwrap());
        assert_eq!(cache.put([1; 32], print(), &[0; 200_000]), Err(Fault::Full));
        assert_eq!(cache.put([2; 32], print(), &[0; 200_000]), Ok(()));
        assert_eq!(cache.put([3; 32], print(), b"small"), Ok(()));
        assert_eq!(cache.exact(&[2; 32]), None);
        assert_eq!(cache.exact(&[3; 32]).as_deref(), Some(&b"small"[..]));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_read_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let entry = crate::generators::load("meadow", None).unwrap().entry().clone();
        let level = Level::open(Settings::default(), Disk::new(folder.path()), now()).unwrap();
        let cache = Cache::new(Key::new(&entry, &Options::default()), false, Some(level), None);
        let print = || Fingerprint::new(&Picture::new(8, 8, vec![0; 256]).unwrap());
        assert_eq!(cache.put([1; 32], print(), b"one"), Ok(()));
        // Nothing can be written where a folder is in the way.
        let place = folder.path().join(format!("{}.entry", Id::new(&cache.key, &[2; 32])));
        std::fs::create_dir_all(place.join("in the way")).unwrap();
        assert!(matches!(cache.put([2; 32], print(), b"two"), Err(Fault::Broken(_))));
        assert_eq!(cache.put([3; 32], print(), b"three"), Ok(()), "it is said once");
        assert_eq!(cache.exact(&[1; 32]).as_deref(), Some(&b"one"[..]));
        assert_eq!(cache.exact(&[3; 32]), None, "and not tried again");
    }
}
